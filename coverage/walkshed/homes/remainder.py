"""Whole numbers in proportion: the method of largest remainders, in exact arithmetic."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction


def largest_remainder(
    total: float, weights: Sequence[float | Fraction], *, names: Sequence[str]
) -> list[float]:
    """Spread a total over things in proportion to their weights, in whole numbers that add up to it exactly.

    Each thing gets the whole part of its quota ``total * weight / sum(weights)``; what is left goes one by one
    to the largest remainders, of equal ones to the heavier, then to the first by name (Hamilton's method). A total
    that is no whole number leaves its fraction with the next in that line. Computed with whole numbers, so that
    neither rounding nor the order of the things matters.

    Parameters
    ----------
    total
        0 or more.
    weights
        0 or more each; where all are 0 they count as equal.
    names
        What tells the things apart, one each.

    Returns
    -------
    list of float
        One number each, in the order of the weights; a heavier thing never gets less than a lighter one.

    References
    ----------
    M. L. Balinski, H. P. Young, *Fair Representation*, 2nd ed., Brookings 2001, chapter 3.

    Examples
    --------
    >>> largest_remainder(10, [1, 1, 1], names="cab")
    [3.0, 4.0, 3.0]
    >>> largest_remainder(2, [120.5, 80.0, 300.25], names="abc")
    [1.0, 0.0, 1.0]
    """
    if not weights:
        return []
    heavy = _whole(weights)
    if not any(heavy):
        heavy = [1] * len(heavy)
    count, parts = total.as_integer_ratio()
    everything = parts * sum(heavy)
    whole, rest = zip(*(divmod(count * one, everything) for one in heavy), strict=True)
    line = sorted(range(len(heavy)), key=lambda n: (-rest[n], -heavy[n], names[n]))
    given = list(whole)
    left, fraction = divmod(count - parts * sum(whole), parts)
    for n in line[:left]:
        given[n] += 1
    out = [float(one) for one in given]
    if fraction:
        out[line[left]] += fraction / parts
    return out


def _whole(weights: Sequence[float | Fraction]) -> list[int]:
    """Return whole numbers in exactly the proportion of the weights."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios]
