"""The last pages of the report: method, limits and data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.deliver import document_words as words
from walkshed.deliver.document_parts import Block, Heading, Paragraph, Points, Table, clean
from walkshed.deliver.print_map import source_line
from walkshed.deliver.record import hash_of, parts_of

if TYPE_CHECKING:
    from walkshed.errors import Language
    from walkshed.profiles import Profile
    from walkshed.result import StudyResult
    from walkshed.study import Study


def method_blocks(study: Study) -> list[Block]:
    """Return how the walks were judged, and what that leaves out."""
    language = study.language
    said = [
        words.WALKED.in_(language),
        words.POLICIES[study.policy].in_(language),
        words.STARTS[study.start].in_(language),
        *(_profile(profile, language) for profile in study.profiles),
        *(words.STANDARD.in_(language).format(name=clean(one.label(language))) for one in study.standards),
        words.SLACK.in_(language).format(slack=study.speed_range),
        words.SNAP.in_(language).format(snap=study.max_snap_m),
    ]
    limits = [text.in_(language) for text in words.LIMIT_TEXTS]
    if study.start != "buildings":
        limits.append(words.ONE_POINT.in_(language))
    return [
        Heading(words.METHOD.in_(language)),
        Points(tuple(said)),
        Heading(words.LIMITS.in_(language)),
        Points(tuple(limits)),
    ]


def _profile(profile: Profile, language: Language) -> str:
    """Return a walker in a sentence; numbers whose source was not read are named."""
    more = words.SPEED_ALONE.in_(language) if profile.speed_alone else ""
    said = words.PROFILE.in_(language).format(
        name=clean(profile.label(language)), speed=profile.speed_mps, more=more
    )
    doubtful = [one for one in profile.sources if not one.verified]
    if not doubtful:
        return said
    named = [
        (f"{words.FIELDS[one.field].in_(language)}（{one.source.zh}）" if language == "zh" else
         f"{words.FIELDS[one.field].en} ({one.source.en})") if one.field in words.FIELDS else one.field
        for one in doubtful
    ]  # fmt: skip
    fields = ("；" if language == "zh" else "; ").join(named)
    return said + words.UNVERIFIED.in_(language).format(fields=fields) + ("。" if language == "zh" else ".")


def source_blocks(result: StudyResult) -> list[Block]:
    """Return the files that were read with their dates and sums, whose data they are, and how many notices there are."""
    study = result.study
    language = study.language
    day = result.network.snapshot[:10]
    body = []
    for role, path in _inputs(study):
        for part in parts_of(path):
            known = day if role == "streets" else ""
            body.append((words.ROLES[role].in_(language), clean(part.name), known, hash_of(part)))
    heads = tuple(text.in_(language) for text in (words.USE, words.FILE, words.DAY, words.SHA))
    return [
        Heading(words.SOURCES.in_(language)),
        Paragraph(words.SOURCES_TEXT.in_(language)),
        Table(heads, tuple(body), frozenset(), (1.2, 2.2, 1.4, 5.6)),
        Paragraph(source_line(result)),
        Paragraph(words.NOTICES.in_(language).format(count=len(result.all_notices))),
    ]


def _inputs(study: Study) -> list[tuple[str, Any]]:
    """Return role and path of every file the study reads."""
    tables = {name: getattr(study, name) for name in ("estates", "venues", "gates", "buildings", "checks")}
    paths = {
        "study": study.file,
        "streets": study.streets,
        **{name: table and table.file for name, table in tables.items()},
        "repairs": study.repairs,
        "dem": study.dem,
    }
    named = [(role, path) for role, path in paths.items() if path is not None]
    for one in study.scenarios:
        named += [("scenarios", path) for path in (one.add, one.repairs, one.estates) if path is not None]
    return [(role, path) for role, path in dict.fromkeys(named) if path.is_file()]
