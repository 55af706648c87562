"""What all geocoding services have in common: ask in order, keep good answers, stop in good time.

A service's own module says what it declares (:class:`Declared`), what it is asked for a place
(``asks``) and how its answers read (``read``). Everything that is careful happens here.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from walkshed.errors import Finding, InputError, Source, Text
from walkshed.places.geocoders.answers import Hit, Question
from walkshed.places.geocoders.ranking import candidates_of, good_enough
from walkshed.places.geocoders.transport import ask_json
from walkshed.places.geocoders.wording import is_chinese, sendable_address, sendable_city, sendable_name
from walkshed.web import FailedError, Service, public_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Candidate, Level, Query
    from walkshed.places.geocoders.answers import Answers
    from walkshed.places.geocoders.pace import Pace
    from walkshed.places.geocoders.secret import Secret

log = logging.getLogger(__name__)

ONLY_THIS = frozenset({"places.refused_query", "places.bad_position"})
"""What is the matter with one question; anything else ends the asking of that service."""
MOST_REFUSED = 5
"""So many refused questions one after the other are no matter of the questions."""
KEPT = Text(
    "what it answered so far is kept, and the next run goes on from there",
    "已取得的结果已保存，下次运行将从此处继续",
)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a service says of itself.

    Attributes
    ----------
    name, label
        In ``study.toml``, and for people.
    url
        The public address.
    datum
        Of its coordinates: ``"WGS84"``, ``"CGCS2000"``, ``"GCJ-02"`` or ``"BD-09"``.
    pause_s
        Between one request and the next.
    quota
        What an account without payment may ask, in words, with the date of the source.
    most_bytes
        The longest name or address it takes, in UTF-8.
    key_variable, key_parameter
        The environment variable of the key, and what the key is called in a request; "" without a key.
    key_page
        Where a key is to be had.
    levels
        Its words for precision, and what they mean here; a word it does not list means ``"district"``.
    """

    name: str
    label: str
    url: str
    datum: str
    pause_s: float
    quota: Text
    most_bytes: int
    levels: dict[str, Level]
    key_variable: str = ""
    key_parameter: str = ""
    key_page: str = ""

    def level_of(self, word: object) -> Level:
        """Return what a service's word for precision means; a word nobody knows is the coarsest."""
        return self.levels.get(str(word), "district")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: which of the service's interfaces, at which path, with what."""

    interface: str
    path: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Means:
    """With what a service is asked.

    Attributes
    ----------
    url, datum, pause_s, per_day, timeout_s
        As declared, unless the study says otherwise; ``per_day`` None is without a limit of one's own.
    secret
        The key, None where there is none.
    answers
        The kept answers.
    offline
        Ask nobody.
    service
        Waits, tells of pauses, takes note of what was sent.
    pace
        Keeps requests apart.
    """

    url: str
    datum: str
    pause_s: float
    per_day: int | None
    timeout_s: float
    secret: Secret | None
    answers: Answers
    offline: bool
    service: Service
    pace: Pace


class Provider(ABC):
    """A geocoding service; a :class:`walkshed.places.candidate.Geocoder`.

    Attributes
    ----------
    findings
        What went wrong, in sentences: a stop, a question that was refused.
    unanswered
        The ids of places that it could not be asked about: their absence says nothing.
    sent_now
        How many requests this run has made.
    """

    declared: ClassVar[Declared]
    version: ClassVar[int] = 1
    """Part of the cache's key: raise it when answers are read in another way."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._stopped = False
        self._asked_before: int | None = None
        self._refused = 0
        self.findings: list[Finding] = []
        self.unanswered: set[str] = set()
        self.sent_now = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({public_url(self._means.url)!r})"

    @property
    def name(self) -> str:
        """As in ``study.toml``."""
        return self.declared.name

    @property
    def stopped(self) -> bool:
        """Whether it is not asked any more in this run; kept answers are still used."""
        return self._stopped

    @abstractmethod
    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield what to ask about a place, in order; whoever asks stops at a good answer.

        The query's words are fit to be sent, and one of name and address is not blank.
        """

    @abstractmethod
    def read(self, ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer; none where the service says that it knows nothing.

        Raises
        ------
        FailedError
            The answer says that it is none: a wrong key, a quota, an error.
        """

    def explain(self, _data: Any) -> FailedError | None:
        """Return what an answer with an HTTP failure says of itself, None where it says nothing."""
        return None

    def headers(self, query: Query) -> dict[str, str]:
        """Return who asks, and in which language the answer is wanted."""
        from walkshed import __version__

        chinese = is_chinese(query.name + query.address + query.city)
        language = "zh-CN,zh;q=0.9,en;q=0.5" if chinese else "en"
        return {
            "User-Agent": f"walkshed/{__version__}",
            "Accept": "application/json",
            "Accept-Language": language,
        }

    def find(self, query: Query) -> list[Candidate]:
        """Return the answers, best first; none where the service knows nothing or could not be asked.

        Which of the two it was, ``unanswered`` says.
        """
        self.unanswered.discard(query.id)
        asked = self._askable(query)
        if asked is None:
            return []
        hits: list[Hit] = []
        for ask in self.asks(asked):
            found = self._answer(ask, asked)
            if found is None:
                self.unanswered.add(query.id)
                break
            hits += found
            if good_enough(found, asked):
                break
        return candidates_of(hits, asked, declared=self.declared, datum=self._means.datum)

    def _askable(self, query: Query) -> Query | None:
        """Return the query in words that may leave the machine, None where nothing is left to ask."""
        name, city = sendable_name(query.name), sendable_city(query.city)
        asked = replace(query, name=name, address=sendable_address(query.address), city=city)
        if len(name) < 2 and not asked.address:
            self._note_unasked(query, Text("too short a name to ask for", "名称过短，无法查询"))
            return None
        longest = max(len(f"{city}{word}".encode()) for word in (name, asked.address))
        if longest > self.declared.most_bytes:
            self._note_unasked(
                query, Text("too long a name or address to ask for", "名称或地址过长，无法查询")
            )
            return None
        return asked

    def _note_unasked(self, query: Query, why: Text) -> None:
        label = self.declared.label
        text = Text(f"{label} was not asked: {why.en}", f"未向{label}查询：{why.zh}")
        self.unanswered.add(query.id)
        self.findings.append(Finding("places.not_asked", text, self._source(query)))

    def _source(self, query: Query) -> Source:
        return self._means.service.source.at(value=query.name or query.address)

    def _answer(self, ask: Ask, query: Query) -> list[Hit] | None:
        """Return the answer to one request, kept or new; None where there is none to be had now."""
        means = self._means
        url = means.url.rstrip("/") + ask.path
        question = Question(self.name, public_url(url), ask.parameters, self.version)
        kept = means.answers.find(question, any_age=means.offline)
        if kept is not None or means.offline or self._stopped:
            return kept
        service = replace(means.service, url=url)
        try:
            hits = service.persist(lambda: self._once(ask, question, url, query, service))
        except InputError as error:
            self._take(error, query)
            return None
        self._refused = 0
        self._keep(question, hits)
        return hits

    def _once(self, ask: Ask, question: Question, url: str, query: Query, service: Service) -> list[Hit]:
        """Ask once, over the network."""
        means = self._means
        self._check_own_limit()
        means.pace.wait(service.label, means.pause_s)
        service.note(question.shown)
        self.sent_now += 1
        data = ask_json(
            url,
            ask.parameters,
            secret=means.secret,
            headers=self.headers(query),
            timeout_s=means.timeout_s,
            explain=self.explain,
        )
        return self._read(ask, data)

    def _read(self, ask: Ask, data: Any) -> list[Hit]:
        """Read an answer; one of another shape than documented is a bad answer, not an empty one."""
        try:
            return self.read(ask, data)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            shape = type(error).__name__
        log.info("%s: an answer of an unexpected shape (%s)", self.declared.label, shape)
        text = Text("answered with something other than its documents say", "返回的内容与其文档不符")
        raise FailedError("places.bad_answer", text)

    def _check_own_limit(self) -> None:
        """Stop before more is asked in a day than the study allows."""
        limit = self._means.per_day
        if limit is None:
            return
        if self._asked_before is None:
            self._asked_before = self._means.answers.asked_lately(self.name)
        if self._asked_before + self.sent_now >= limit:
            text = Text(
                f"was asked {limit} times in a day, as many as per_day allows",
                f"一天内已查询 {limit} 次，达到 per_day 的上限",
            )
            raise FailedError("places.quota", text)

    def _take(self, error: InputError, query: Query) -> None:
        """Take note of a failure: of this question alone, or the end of asking."""
        (fault,) = error.faults
        alone = fault.code in ONLY_THIS
        self.findings.append(replace(fault, source=self._source(query) if alone else fault.source))
        self._refused += alone
        if not alone or self._refused >= MOST_REFUSED:
            self._stopped = True
            log.info("%s", fault.text.en)

    def _keep(self, question: Question, hits: list[Hit]) -> None:
        try:
            self._means.answers.keep(question, hits)
        except OSError as error:
            why = error.strerror or type(error).__name__
            folder = self._means.answers.folder
            text = Text(
                f"answers of {self.declared.label} could not be kept in {folder} ({why}); they will be asked for again",
                f"{self.declared.label} 的结果无法存入 {folder}（{why}），以后将重新查询",
            )
            finding = Finding("places.not_kept", text, self._means.service.source)
            if finding not in self.findings:
                self.findings.append(finding)


def stop_for_quota(says: str, quota: Text) -> FailedError:
    """Return the failure of a quota that is used up."""
    text = Text(f"says that its quota is used up ({says}); {quota.en}", f"称配额已用完（{says}）；{quota.zh}")
    return FailedError("places.quota", text)


def stop_for_key(says: str, variable: str) -> FailedError:
    """Return the failure of a key that is wrong or may not be used for this."""
    text = Text(
        f"does not accept the key in {variable} ({says})", f"不接受环境变量 {variable} 中的密钥（{says}）"
    )
    return FailedError("places.key", text)


def too_fast(says: str) -> FailedError:
    """Return the failure of requests that came too fast: another try later may work."""
    return FailedError(
        "places.busy", Text(f"is asked too fast ({says})", f"请求过于频繁（{says}）"), again=True
    )


def server_error(says: str) -> FailedError:
    """Return the failure of a service that has an error of its own: another try later may work."""
    text = Text(f"has an error of its own ({says})", f"内部出错（{says}）")
    return FailedError("places.busy", text, again=True)


def refused_query(says: str) -> FailedError:
    """Return the failure of one question that the service does not take."""
    text = Text(f"does not take this question ({says})", f"不接受此次查询（{says}）")
    return FailedError("places.refused_query", text)


def refused(says: str) -> FailedError:
    """Return the failure of a service that says no, for a reason not known here."""
    return FailedError("places.refused", Text(f"refuses ({says})", f"拒绝了请求（{says}）"))


def said(code: object, message: object) -> str:
    """Return a server's own words, short enough for a sentence and on one line.

    Examples
    --------
    >>> said(10003, "DAILY_QUERY_OVER_LIMIT")
    '10003 DAILY_QUERY_OVER_LIMIT'
    """
    words = " ".join(f"{code} {message if isinstance(message, str) else ''}".split())
    return words if len(words) <= 120 else f"{words[:119]}…"
