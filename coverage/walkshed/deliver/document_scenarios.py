"""The section of the report on scenarios: what each changes, what it costs, and pictures with the same classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.deliver import document_words as words
from walkshed.deliver.document_parts import Block, Heading, Paragraph, Picture, Table, clean, count, share
from walkshed.deliver.print_map import scenario_pictures, source_line
from walkshed.deliver.print_words import APPROVAL, SKETCH
from walkshed.deliver.words import MEASURES
from walkshed.report.measures import main_measure
from walkshed.report.summary import TOTAL

if TYPE_CHECKING:
    from walkshed.result import StudyResult


def scenario_blocks(result: StudyResult, *, pictures: bool, approval: str = "") -> list[Block]:
    """Return the section; nothing where the study has no scenarios.

    Parameters
    ----------
    result
        What was run.
    pictures
        Whether to draw the maps.
    approval
        The map's approval number (审图号).
    """
    if not result.scenarios:
        return []
    study = result.study
    language, profile, measure = study.language, study.profiles[0], main_measure(result.estates)
    labels = {one.name: one.label(language) for one in study.standards}
    table = result.scenario_units
    whole = table[
        (table["level"] == TOTAL) & (table["measure"] == measure) & (table["profile"] == profile.name)
    ]
    rows = [
        (
            clean(row["scenario"]), clean(labels[row["standard"]]), share(row["covered_share_before"]),
            share(row["covered_share_after"]), count(row["gained"]), count(row["lost"]), count(row["cost"]),
            count(row["cost_per_gained"]),
        )
        for row in whole.to_dict("records")
    ]  # fmt: skip
    said = words.SCENARIOS_TEXT.in_(language).format(
        measure=MEASURES[measure].in_(language), profile=profile.label(language)
    )
    same = [clean(one.name) for one in result.scenarios.values() if one.changes_nothing]
    nothing = words.SCENARIO_SAME.in_(language).format(names=("、" if language == "zh" else ", ").join(same))
    heads = tuple(text.in_(language) for text in words.SCENARIO_HEADS)
    return [
        Heading(words.SCENARIOS.in_(language)),
        Paragraph(said),
        Table(heads, tuple(rows), frozenset(range(2, 8)), (2.0, 1.5, 0.9, 0.9, 1.0, 1.0, 1.7, 1.3)),
        *([Paragraph(nothing)] if same else []),
        *(_pictures(result, approval) if pictures else []),
    ]


def _pictures(result: StudyResult, approval: str) -> list[Block]:
    language = result.study.language
    notice = APPROVAL.in_(language).format(number=clean(approval)) if approval else SKETCH.in_(language)
    source, said = source_line(result), words.MAP_SOURCE.in_(language)
    return [
        Picture(
            png, said.format(title=name, source=source, notice=notice), f"{clean(result.study.name)}: {name}"
        )
        for name, png in scenario_pictures(result)
    ]
