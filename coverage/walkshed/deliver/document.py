"""``report.docx`` and ``report.html``: the report of a run for the head of an office, both from one context."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver import document_words as words
from walkshed.deliver.document_data import method_blocks, source_blocks
from walkshed.deliver.document_parts import (
    Block,
    Document,
    Heading,
    Paragraph,
    Picture,
    Table,
    clean,
    count,
    fixed,
    share,
)
from walkshed.deliver.document_scenarios import scenario_blocks
from walkshed.deliver.print_data import worst_first
from walkshed.deliver.print_map import map_pictures, print_notices, source_line
from walkshed.deliver.print_words import APPROVAL, SKETCH
from walkshed.deliver.words import MEASURES, shown, title
from walkshed.errors import Finding
from walkshed.report.measures import main_measure
from walkshed.report.summary import BLANK, TOTAL

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from walkshed.result import StudyResult

WORST_ROWS, LOAD_ROWS, UNIT_ROWS, UNKNOWN_ROWS = 10, 60, 60, 20


def write_documents(result: StudyResult, folder: Path, *, approval: str = "") -> list[Path]:
    """Write ``report.docx`` and ``report.html`` of a run; the first only where python-docx is installed.

    Parameters
    ----------
    result
        What was run.
    folder
        Where to write.
    approval
        The map's approval number (审图号); without one the maps are called a working sketch.

    Examples
    --------
    >>> import walkshed, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> result = walkshed.run(walkshed.init_study(folder / "ronghang"))
    >>> [path.name for path in write_documents(result, folder)]
    ['report.html', 'report.docx']
    """
    from walkshed.deliver.document_html import html_of

    document = document_context(result, approval=approval)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    page.write_text(html_of(document), encoding="utf-8", newline="\n")
    written = [page]
    if not document_notices():
        from walkshed.deliver.document_docx import docx_of

        path = folder / "report.docx"
        path.write_bytes(docx_of(document))
        written.append(path)
    return written


def document_notices() -> list[Finding]:
    """Return why ``report.docx`` is left out."""
    return [] if find_spec("docx") else [Finding("document.no_docx", words.NO_DOCX)]


def document_context(result: StudyResult, *, pictures: bool = True, approval: str = "") -> Document:
    """Return the report of a run, for the first walker and the first standard.

    Parameters
    ----------
    result
        What was run.
    pictures
        Whether to draw the maps.
    approval
        The map's approval number (审图号).
    """
    study = result.study
    language = study.language
    maps = _maps(result, approval) if pictures else []
    blocks = [
        *_opening(result),
        *maps[:2],
        *_units(result),
        *_worst(result),
        *_unknown(result),
        *maps[2:],
        *_load(result),
        *_totals(result),
        *scenario_blocks(result, pictures=pictures, approval=approval),
        *method_blocks(study),
        *source_blocks(result),
    ]
    return Document(
        title=words.TITLE.in_(language).format(name=clean(study.name)),
        subtitle=" · ".join(
            part
            for part in (words.ON_DATE.in_(language).format(day=f"{study.date:%Y-%m-%d}"), clean(study.note))
            if part
        ),
        language=language,
        date=study.date,
        blocks=tuple(blocks),
    )


def coverage_range(result: StudyResult) -> tuple[float, float, float]:
    """Return the least and the most that is covered, of the main measure, for the first walker and standard.

    Returns
    -------
    low, high, most
        What is covered and certain; what is covered or not certain; and the latter with all that cannot be judged.
    """
    told = result.headline
    low, high = told.low_share * told.total, told.high_share * told.total
    return low, high, high + told.unknown


def _rows(result: StudyResult) -> pd.DataFrame:
    """Return the coverage of the first walker and standard, one row for each estate in the table's order."""
    study, table = result.study, result.coverage
    mine = table[
        (table["profile"] == study.profiles[0].name) & (table["standard"] == study.standards[0].name)
    ]
    return mine.set_index("estate_id").reindex(result.estates.index)


def _gaps(result: StudyResult) -> list[int]:
    """Return the rows of the estates beyond the standard, the longest walk first."""
    rows = _rows(result)
    column = "walk_min" if result.study.standards[0].minutes is not None else "walk_m"
    households = result.estates["households"].to_numpy(dtype=float)
    beyond = (rows["status"] == "uncovered").to_numpy(dtype=bool)
    return [int(row) for row in worst_first(beyond, rows[column].to_numpy(dtype=float), households)]


def _opening(result: StudyResult) -> list[Block]:
    study, told = result.study, result.headline
    language = study.language
    low, high, most = coverage_range(result)
    total = told.total or 1.0
    question = words.QUESTION_TEXT.in_(language).format(
        total=count(told.total), measure=words.COUNTED[told.measure].in_(language), name=clean(study.name),
        standard=study.standards[0].label(language),
    )  # fmt: skip
    unknown = words.IF_UNKNOWN.in_(language).format(most=share(most / total)) if told.unknown else ""
    between = words.UNCERTAINTY.in_(language).format(
        low=share(told.low_share), high=share(told.high_share), low_count=count(round(low, 1)),
        high_count=count(round(high, 1)), total=count(told.total), unknown=unknown,
    )  # fmt: skip
    sentences = [told.text.in_(language), between, _gap_sentence(result)]
    return [
        Heading(words.QUESTION.in_(language)),
        Paragraph(question),
        Heading(words.ANSWER.in_(language)),
        Paragraph(("" if language == "zh" else " ").join(sentences), lead=True),
        *(Paragraph(text.in_(language)) for text in result.answers[1:]),
    ]


def _gap_sentence(result: StudyResult) -> str:
    language = result.study.language
    gaps = _gaps(result)
    if not gaps:
        return words.NO_GAPS.in_(language)
    row = _rows(result).iloc[gaps[0]]
    venue = _venue_names(result).get(row["venue_id"], "")
    reason = clean(shown("reason", row["reason"], language))
    return words.GAPS.in_(language).format(
        estates=len(gaps), all_estates=len(result.estates), name=_called(result.estates).iloc[gaps[0]],
        walk=_walk(row, language), venue=words.TO_VENUE.in_(language).format(venue=venue) if venue else "",
        why=words.WHY.in_(language).format(reason=reason) if reason else "",
    )  # fmt: skip


def _walk(row: pd.Series[Any], language: Any) -> str:
    if not np.isfinite(row["walk_m"]):
        return words.NO_WALK.in_(language)
    unit, metres = ("分钟", "米") if language == "zh" else ("min", "m")
    return f"{fixed(row['walk_min'], 2)} {unit}{'、' if language == 'zh' else ', '}{fixed(row['walk_m'], 1)} {metres}"


def _venue_names(result: StudyResult) -> dict[Any, str]:
    return {str(key): name for key, name in _called(result.venues).items()}


def _called(places: pd.DataFrame) -> pd.Series[Any]:
    """Return what each place is called: its name, or its id where it has none."""
    import pandas as pd

    names = [clean(name) or clean(ident) for ident, name in places["name"].items()]
    return pd.Series(names, index=places.index, dtype=object)


def _maps(result: StudyResult, approval: str) -> list[Block]:
    language = result.study.language
    pictures = map_pictures(result)
    if not pictures:
        why = " ".join(clean(one.text.in_(language)) for one in print_notices(result))
        return [Paragraph(words.NO_MAPS.in_(language).format(why=why))]
    notice = APPROVAL.in_(language).format(number=clean(approval)) if approval else SKETCH.in_(language)
    source = source_line(result)
    said = words.MAP_SOURCE.in_(language)
    return [
        Heading(words.MAPS.in_(language)),
        *(
            Picture(
                png,
                said.format(title=name, source=source, notice=notice),
                f"{clean(result.study.name)}: {name}",
            )
            for name, png in pictures
        ),
    ]


def _units(result: StudyResult) -> list[Block]:
    """Return the summary by the first level, for the main measure."""
    study = result.study
    language = study.language
    measure, standard = main_measure(result.estates), study.standards[0]
    if not study.levels:
        return []
    table = result.summary
    mine = table[
        (table["profile"] == study.profiles[0].name)
        & (table["measure"] == measure)
        & (table["standard"] == standard.name)
    ]
    level = study.levels[0]
    rows = [_summary_row(row, language) for row in mine[mine["level"] == level].to_dict("records")]
    total = [_summary_row(row, language) for row in mine[mine["level"] == TOTAL].to_dict("records")]
    heads = (title(level, language), *(title(name, language) for name in _PARTS))
    subject = words.BY_COMMUNITY_TEXT.in_(language).format(
        measure=f"{MEASURES[measure].in_(language)}, {standard.label(language)}".replace(
            ", ", "，" if language == "zh" else ", "
        ),
        profile=study.profiles[0].label(language),
    )
    return [
        Heading(words.BY_COMMUNITY.in_(language).format(level=title(level, language))),
        Paragraph(subject),
        _numbers_table(heads, [*rows[:UNIT_ROWS], *total]),
        *_more(len(rows) - UNIT_ROWS, language),
    ]


_PARTS = ("total", "covered", "uncovered", "unknown", "covered_share")


def _summary_row(row: dict[Any, Any], language: Any) -> tuple[str, ...]:
    unit = row["unit"].replace(BLANK, str(shown("unit", BLANK, language)))
    name = clean(shown("unit", unit, language) if row["level"] == TOTAL else unit)
    return (name, *(count(row[part]) for part in _PARTS[:-1]), share(row["covered_share"]))


def _numbers_table(heads: tuple[str, ...], rows: list[tuple[str, ...]], *, texts: int = 1) -> Table:
    widths = (3.0, *(1.6,) * (texts - 1), *(1.2,) * (len(heads) - texts))
    return Table(heads, tuple(rows), frozenset(range(texts, len(heads))), widths)


def _more(count_left: int, language: Any) -> list[Block]:
    return [Paragraph(words.MORE.in_(language).format(count=count_left))] if count_left > 0 else []


def _worst(result: StudyResult) -> list[Block]:
    study = result.study
    language = study.language
    told = {"standard": study.standards[0].label(language), "profile": study.profiles[0].label(language)}
    gaps = _gaps(result)
    if not gaps:
        return [Heading(words.WORST.in_(language)), Paragraph(words.NO_GAPS.in_(language))]
    rows, names, called = _rows(result), _venue_names(result), _called(result.estates)
    body = []
    for number, place in enumerate(gaps[:WORST_ROWS], start=1):
        row, estate = rows.iloc[place], result.estates.iloc[place]
        body.append((
            str(number), called.iloc[place], clean(estate["community"]), count(float(estate["households"])),
            fixed(row["walk_min"], 2) or words.NO_WALK.in_(language), fixed(row["walk_m"], 1),
            names.get(row["venue_id"], ""), clean(shown("reason", row["reason"], language)),
        ))  # fmt: skip
    heads = [words.RANK.in_(language)]
    heads += [
        title(name, language)
        for name in ("name", "community", "households", "walk_min", "walk_m", "venue_name")
    ]
    heads.append(words.REASON.in_(language))
    return [
        Heading(words.WORST.in_(language)),
        Paragraph(words.WORST_TEXT.in_(language).format(**told)),
        Table(tuple(heads), tuple(body), frozenset({0, 3, 4, 5}), (0.7, 2.4, 1.8, 1.0, 1.2, 1.2, 2.6, 1.8)),
        *_more(len(gaps) - WORST_ROWS, language),
    ]


def _unknown(result: StudyResult) -> list[Block]:
    language = result.study.language
    rows = _rows(result)
    places = np.flatnonzero((rows["status"] == "unknown").to_numpy(dtype=bool)).tolist()
    if not places:
        return []
    body = [
        (
            _called(result.estates).iloc[place],
            clean(result.estates["community"].iloc[place]),
            clean(shown("reason", rows["reason"].iloc[place], language)),
            count(float(result.estates["households"].iloc[place])),
        )
        for place in places[:UNKNOWN_ROWS]
    ]
    heads = (*(title(name, language) for name in ("name", "community", "reason", "households")),)
    return [
        Heading(words.UNKNOWN.in_(language), level=2),
        Table(heads, tuple(body), frozenset({3}), (2.4, 1.8, 3.0, 1.0)),
        *_more(len(places) - UNKNOWN_ROWS, language),
    ]


def _load(result: StudyResult) -> list[Block]:
    study = result.study
    language = study.language
    measure, standard, profile = main_measure(result.estates), study.standards[0], study.profiles[0]
    table = result.venue_table
    mine = table[
        (table["profile"] == profile.name)
        & (table["standard"] == standard.name)
        & (table["measure"] == measure)
    ]
    mine = mine.sort_values("nearest", ascending=False, kind="stable")
    facts = result.venues
    body = [
        (
            clean(row["name"]) or clean(row["venue_id"]), *(count(float(facts.loc[row["venue_id"], name])) for name in ("floor_area_m2", "capacity")),
            *(count(float(row[name])) for name in ("nearest", "within", "sole")),
            clean(shown("reason", row["reason"], language)),
        )
        for row in mine.to_dict("records")
    ]  # fmt: skip
    if not body:
        return []
    said = words.LOAD_TEXT.in_(language).format(
        measure=MEASURES[measure].in_(language),
        standard=standard.label(language),
        profile=profile.label(language),
    )
    heads = [
        title(name, language) for name in ("name", "floor_area_m2", "capacity", "nearest", "within", "sole")
    ]
    columns = (*heads, words.NOTE.in_(language))
    return [
        Heading(words.LOAD.in_(language)),
        Paragraph(said),
        Table(columns, tuple(body[:LOAD_ROWS]), frozenset(range(1, 6)), (3.0, 1.2, 1.0, 1.2, 1.2, 1.2, 1.8)),
        *_more(len(body) - LOAD_ROWS, language),
    ]


def _totals(result: StudyResult) -> list[Block]:
    """Return everybody's coverage for every walker, standard and measure."""
    study = result.study
    language = study.language
    walkers = {one.name: one.label(language) for one in study.profiles}
    standards = {one.name: one.label(language) for one in study.standards}
    rows = [
        (walkers[row["profile"]], standards[row["standard"]], clean(shown("measure", row["measure"], language)),
         *_summary_row(row, language)[1:])
        for row in result.summary[result.summary["level"] == TOTAL].to_dict("records")
    ]  # fmt: skip
    heads = tuple(title(name, language) for name in ("profile", "standard", "measure", *_PARTS))
    table = Table(
        heads, tuple(rows), frozenset(range(3, len(heads))), (1.4, 2.4, 1.8, 1.2, 1.2, 1.2, 1.0, 1.0)
    )
    return [Heading(words.TOTALS.in_(language)), table]
