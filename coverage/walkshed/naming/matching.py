"""Comparing names: hard keys decide, soft parts only lower the score, and doubt goes to a person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from walkshed.errors import Text
from walkshed.naming.evidence import evidence
from walkshed.naming.judging import ENDING, Siblings, Verdict, judge, places_apart
from walkshed.naming.parts import DIVIDING, Form, Key, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ACCEPT = 0.9
"""From this score on, and with nothing against it, a match stands without review."""
DOUBT = 0.3
"""Below this score a candidate is not worth showing."""

_CUTOFF = 45.0


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A candidate and how well its name answers the name asked for.

    Attributes
    ----------
    index, name
        The candidate's place in the list it came from, and its name as it stands there (the one of its names
        that fits best).
    score
        0 to 1. From :data:`ACCEPT` on it is the same core with the same hard keys; below it another ending,
        another spelling, or a key that one of the two lacks.
    hard_conflict
        A hard key differs (or the city or district does), or one name has a key the other lacks while siblings
        differ in just that key, or the spelling differs in a character that tells siblings apart. Never the
        same without review.
    exact
        Equal after normalisation, hard keys and all.
    evidence
        What agrees and what does not.
    """

    index: int
    name: str
    score: float
    hard_conflict: bool
    exact: bool
    evidence: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """What the matches come to.

    Attributes
    ----------
    verdict
        ``"accept"``, ``"doubtful"`` (a person decides) or ``"no"`` (nothing comes near).
    best
        The match that was accepted, or the first to look at; None for ``"no"``.
    rivals
        Matches that speak as loudly as the best; of the very same name where ``same_name``.
    same_name
        Whether it is doubtful only because several candidates bear the same name: there a location may decide.
    reason
        Why.
    """

    verdict: Literal["accept", "doubtful", "no"]
    best: NameMatch | None
    rivals: tuple[NameMatch, ...]
    same_name: bool
    reason: Text


class _Entry(NamedTuple):
    number: int
    name: str
    form: Form


class NameIndex:
    """Candidates taken apart once, to be asked many times.

    Parameters
    ----------
    names
        One name for each candidate, or several (name, former name, official name ...).

    Examples
    --------
    >>> index = NameIndex(["幸福小区一期", "幸福小区二期", ("桃源人家", "大渲新村")])
    >>> [(found.name, found.hard_conflict) for found in index.match("幸福小區Ⅱ期")]
    [('幸福小区二期', False), ('幸福小区一期', True)]
    >>> index.match("大渲新村")[0].index
    2
    """

    def __init__(self, names: Iterable[str | Sequence[str]]) -> None:
        self._by_core: dict[str, list[_Entry]] = defaultdict(list)
        self._family: dict[str, set[tuple[str, frozenset[Key]]]] = defaultdict(set)
        for index, given in enumerate(names):
            for name in (given,) if isinstance(given, str) else given:
                for form in parse(name) if name else ():
                    self._by_core[form.core].append(_Entry(index, name, form))
                    self._family[form.core].add((form.ending, frozenset(form.keys)))
        self._cores = sorted(self._by_core)

    def match(self, query_name: str, *, limit: int = 20, alike: bool = True) -> list[NameMatch]:
        """Return the best candidates for a name, best first, no more than ``limit``.

        Candidates of a core of another spelling are looked for only where none has the very same core, or all
        that have it are in conflict; never where ``alike`` is False, which is far quicker: what is spelled
        otherwise is never accepted.
        """
        best: dict[int, tuple[Verdict, _Entry, Form]] = {}
        forms = parse(query_name)
        for form in forms:
            self._look(form, self._by_core.get(form.core, ()), 100.0, best)
        if alike and all(verdict.conflict or verdict.score < ACCEPT for verdict, _, _ in best.values()):
            for form in forms:
                for core, likeness in self._alike(form.core):
                    self._look(form, self._by_core[core], likeness, best)
        ranked = sorted(best.values(), key=lambda one: (-one[0].score, one[0].conflict, one[1].number))
        return [
            _as_match(verdict, entry, form)
            for verdict, entry, form in ranked[:limit]
            if verdict.score >= DOUBT
        ]

    def _look(
        self,
        form: Form,
        entries: Iterable[_Entry],
        likeness: float,
        best: dict[int, tuple[Verdict, _Entry, Form]],
    ) -> None:
        for entry in entries:
            verdict = judge(form, entry.form, likeness, self._siblings(form, entry.form))
            known = best.get(entry.number)
            if known is None or (verdict.score, verdict.exact) > (known[0].score, known[0].exact):
                best[entry.number] = (verdict, entry, form)

    def _alike(self, core: str) -> list[tuple[str, float]]:
        from rapidfuzz import fuzz, process

        found = process.extract(core, self._cores, scorer=fuzz.ratio, score_cutoff=_CUTOFF, limit=25)
        return [(name, score) for name, score, _ in found if name != core]

    def _siblings(self, asked: Form, there: Form) -> Siblings:
        """Return which keys tell apart the family a candidate belongs to.

        Where the names are equal to the ending, only what has that ending is a part of the place asked for.
        """
        exact, mine = asked.ending == there.ending, frozenset(asked.keys)
        finer: set[str] = set()
        used: set[str] = set()
        for soft, keys in self._family[there.core]:
            used |= DIVIDING.intersection(key.kind for key in keys)
            if mine < keys and (not exact or soft == there.ending):
                finer |= DIVIDING.intersection(key.kind for key in keys - mine)
        return Siblings(frozenset(finer), frozenset(used))


def match(query_name: str, candidate_names: Sequence[str | Sequence[str]]) -> list[NameMatch]:
    """Return how well each candidate answers a name, best first; hopeless ones are left out.

    For many names over the same candidates make a :class:`NameIndex` once.

    Examples
    --------
    >>> for found in match("万科城二期", ["万科城", "万科城1期", "万科城2期", "万客城2期"]):
    ...     print(found.name, found.score, found.hard_conflict)
    万科城2期 1.0 False
    万科城 0.7 True
    万科城1期 0.6 True
    """
    return NameIndex(candidate_names).match(query_name, limit=max(1, len(candidate_names)))


def decide(matches: Sequence[NameMatch]) -> Decision:
    """Return what matches of one name come to: accept, doubtful or no.

    Accepted is only the same core with the same hard keys (score from :data:`ACCEPT` on), nothing in conflict,
    and no other candidate as good: several of the very same name are doubtful with ``same_name``, for their
    location may still decide; with another ending (苑 and 花园 of one core) an exact match wins, any other does
    not. A spelling that differs in the core is never accepted.

    Examples
    --------
    >>> decide(match("香雪苑", ["香雪园", "太康苑"])).verdict
    'accept'
    >>> decide(match("香雪苑", ["香雪苑一期", "香雪苑二期"])).verdict
    'doubtful'
    >>> decide(match("香雪苑", ["青龙山"])).verdict
    'no'
    """
    if not matches:
        return Decision("no", None, (), False, Text("no name comes near", "没有相近的名称"))
    best = matches[0]
    if best.hard_conflict or best.score < ACCEPT:
        return Decision("doubtful", best, (), False, best.evidence)
    rivals = tuple(
        other
        for other in matches[1:]
        if not other.hard_conflict and (other.exact if best.exact else other.score >= ENDING["other"])
    )
    if not rivals:
        return Decision("accept", best, (), False, best.evidence)
    same = all(parse(other.name)[0].text == parse(best.name)[0].text for other in rivals)
    reason = (
        Text(f"{len(rivals) + 1} places bear this name", f"有 {len(rivals) + 1} 处同名")
        if same
        else Text(
            f"{len(rivals) + 1} names fit alike: {', '.join([best.name, *(r.name for r in rivals[:4])])}",
            f"有 {len(rivals) + 1} 个名称同样相符：{'、'.join([best.name, *(r.name for r in rivals[:4])])}",
        )
    )
    return Decision("doubtful", best, rivals, same, reason)


def same_estate(a: str, b: str) -> bool:
    """Tell whether two names are one estate's: equal after normalisation, hard keys and all.

    For joining boundaries to a table: 苑 and 园, or 小区 left out, are not equal here.

    Examples
    --------
    >>> same_estate("萬科城（二期）", "万科城第2期"), same_estate("无锡市滨湖区香雪苑", "香雪苑")
    (True, True)
    >>> same_estate("万科城一期", "万科城二期"), same_estate("香雪苑", "香雪园"), same_estate("", "")
    (False, False, False)
    """
    return any(
        one.text == other.text and not places_apart(one, other) for one in parse(a) for other in parse(b)
    )


def _as_match(verdict: Verdict, entry: _Entry, asked: Form) -> NameMatch:
    return NameMatch(
        entry.number,
        entry.name,
        verdict.score,
        verdict.conflict,
        verdict.exact,
        evidence(verdict, entry.form, asked),
    )
