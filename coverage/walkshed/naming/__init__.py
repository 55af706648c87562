"""Chinese place names: written in one way, taken apart, compared, and addresses split.

What must never be merged (phases, zones, compass parts, building numbers) is told apart from what people
write in several ways (小区, 苑/园, width, numerals, traditional forms, former names). How a name sounds is
never evidence.
"""

from __future__ import annotations

from walkshed.naming.address import Address, split_address
from walkshed.naming.matching import ACCEPT, DOUBT, Decision, NameIndex, NameMatch, decide, match, same_estate
from walkshed.naming.normal import normalise, simplified
from walkshed.naming.parts import Form, Key, parse

__all__ = [
    "ACCEPT",
    "DOUBT",
    "Address",
    "Decision",
    "Form",
    "Key",
    "NameIndex",
    "NameMatch",
    "decide",
    "match",
    "normalise",
    "parse",
    "same_estate",
    "simplified",
    "split_address",
]
