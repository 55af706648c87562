"""Judging one name against another: hard keys decide, soft parts only lower the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from walkshed.naming.parts import Form, Key

ENDING = {"same": 1.0, "generic": 0.97, "yuan": 0.95, "missing": 0.88, "other": 0.8}
"""Score of one core by how the endings compare."""
_FUZZY = 0.8
_EXTRA = 0.96
_CONFLICT = 0.6
_LACKING = 0.7
_MARKED = 0.75
_MARKS = frozenset("0123456789东南西北中上下前后左右内外大小新老旧高低甲乙丙丁")
_YUAN = str.maketrans("苑", "园")


class Verdict(NamedTuple):
    """How a name asked for and a name that is there compare; ``reason`` holds codes for the evidence."""

    score: float
    conflict: bool
    exact: bool
    reason: tuple[tuple[str, str], ...]


class Siblings(NamedTuple):
    """What tells apart the candidates of one core.

    ``finer``: kinds of keys of those that are parts of the place asked for; ``used``: kinds any of them has.
    """

    finer: frozenset[str]
    used: frozenset[str]


def judge(asked: Form, there: Form, likeness: float, siblings: Siblings) -> Verdict:
    """Compare two forms; ``likeness`` (0 to 100) is how alike their cores are spelled."""
    reason: list[tuple[str, str]] = []
    if asked.core == there.core:
        ending = _ending(asked, there)
        score = ENDING[ending]
        reason.append(("ending", ending))
        if asked.extra != there.extra:
            score *= _EXTRA
            reason.append(("extra", asked.extra + "|" + there.extra))
    else:
        from rapidfuzz import fuzz

        whole = fuzz.ratio(asked.core + asked.ending, there.core + there.ending)
        score = _FUZZY * (0.75 * likeness + 0.25 * whole) / 100
        reason.append(("spelling", f"{likeness:.0f}"))
    differ, lack = _keys_apart(asked.keys, there.keys)
    reason += [("differs", kind) for kind in differ] + [("lacks", kind) for kind in lack]
    conflict = bool(differ)
    if differ:
        score *= _CONFLICT
    elif lack:
        score *= _LACKING
    # What is lacking is a conflict only where it tells siblings apart: the part cannot be told from the whole.
    if siblings.finer or siblings.used.intersection(lack):
        conflict = True
        reason += [("siblings", kind) for kind in sorted(siblings.finer)]
    apart = places_apart(asked, there)
    if apart:
        conflict, score = True, score * _CONFLICT
        reason.append(("differs", "place"))
    if asked.extra and there.extra and asked.extra != there.extra:  # (公寓) is not (别墅)
        conflict, score = True, score * _CONFLICT
    if asked.core != there.core and _marked(asked.core, there.core):
        conflict, score = True, score * _MARKED
        reason.append(("marked", ""))
    exact = asked.text == there.text and not apart
    return Verdict(round(score, 4), conflict, exact, tuple(reason))


def _ending(asked: Form, there: Form) -> str:
    """Return how two endings compare."""
    one, other = asked.ending, there.ending
    if one == other:
        return "same" if asked.generic == there.generic else "generic" if one else "missing"
    if not one or not other:
        return "missing"
    if len(asked.core) > 1 and one.translate(_YUAN) == other.translate(_YUAN):
        return "yuan"
    return "other"


def _keys_apart(asked: tuple[Key, ...], there: tuple[Key, ...]) -> tuple[list[str], list[str]]:
    """Return the kinds of keys that differ, and those that only one of the two has."""
    differ: list[str] = []
    lack: list[str] = []
    for kind in sorted({key.kind for key in (*asked, *there)}):
        one = {key.value for key in asked if key.kind == kind}
        other = {key.value for key in there if key.kind == kind}
        if one and other and one != other:
            differ.append(kind)
        elif one != other:
            lack.append(kind)
    return differ, lack


def places_apart(one: Form, other: Form) -> bool:
    """Tell whether both name a city, district or the like, and another one."""
    here, there = dict(one.places), dict(other.places)
    return any(here[level] != there[level] for level in here.keys() & there.keys())


def _marked(one: str, other: str) -> bool:
    """Tell whether two spellings differ in a character that tells siblings apart, as 五道口 and 六道口."""
    from rapidfuzz.distance import Levenshtein

    for edit in Levenshtein.editops(one, other):
        touched = (one[edit.src_pos] if edit.tag != "insert" else "") + (
            other[edit.dest_pos] if edit.tag != "delete" else ""
        )
        if any(char in _MARKS for char in touched):
            return True
    return False
