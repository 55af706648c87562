"""What came of looking for a place: a status, a reason, and every candidate there was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from walkshed.errors import Text

if TYPE_CHECKING:
    from walkshed.places.candidate import Candidate, Query

Status = Literal["given", "matched", "doubtful", "not_found"]

STATUSES: dict[Status, Text] = {
    "given": Text("given", "已给定"),
    "matched": Text("matched", "已匹配"),
    "doubtful": Text("in doubt", "存疑"),
    "not_found": Text("not found", "未找到"),
}
"""``given``: the table or a person says where it is. ``matched``: found, and nothing speaks against it.
``doubtful``: there are candidates, but none is sure. ``not_found``: there is none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A candidate and what was checked of it.

    Attributes
    ----------
    candidate
        The candidate.
    name_score
        0 to 1: how well its name, or its address, answers what was asked, by our own matching.
    community_m
        Metres from the declared community: 0 inside its boundary, else to the boundary, or to the median of
        its located members; None where the community's place is not known.
    doubt
        What speaks against it; None where nothing does.
    """

    candidate: Candidate
    name_score: float
    community_m: float | None = None
    doubt: Text | None = None

    @property
    def sure(self) -> bool:
        """Whether nothing speaks against it."""
        return self.doubt is None

    def doubted(self, why: Text) -> Seen:
        """Return it with a doubt, added to those it has."""
        if self.doubt is not None:
            why = joined([self.doubt, why])
        return replace(self, doubt=why)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a row's place is, as far as is known.

    Attributes
    ----------
    query
        What was looked for.
    status, code, reason
        See :data:`STATUSES`; ``code`` is stable, as ``"places.two_sources"``; ``reason`` says why.
    seen
        The candidates, best first.
    lon, lat
        Degrees, WGS84. None unless the status is ``given`` or ``matched``: what is in doubt is never used.
    agreement_m
        The largest distance between the sure candidates of different sources; None with fewer than two sources.
    decided
        Whether a person decided it.
    """

    query: Query
    status: Status
    code: str
    reason: Text
    seen: tuple[Seen, ...] = ()
    lon: float | None = None
    lat: float | None = None
    agreement_m: float | None = None
    decided: bool = False

    @property
    def best(self) -> Seen | None:
        """The candidate that stands first, None where there is none."""
        return self.seen[0] if self.seen else None

    @property
    def key(self) -> tuple[str, str]:
        """The kind and the id of its row."""
        return self.query.kind, self.query.id

    def doubted(self, code: str, why: Text) -> Answer:
        """Return it as doubtful: without coordinates, its candidates kept."""
        return replace(self, status="doubtful", code=code, reason=why, lon=None, lat=None)


def joined(texts: list[Text]) -> Text:
    """Return several sentences as one.

    Examples
    --------
    >>> joined([Text("a", "甲"), Text("b", "乙")])
    Text(en='a; b', zh='甲；乙')
    """
    return Text("; ".join(text.en for text in texts), "；".join(text.zh for text in texts))
