"""Finding a study's places: what a run needs of it, and ``walkshed locate``, which asks a person about the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from walkshed.datum_notices import datum_notices
from walkshed.errors import Finding, Findings, InputError, OutputError, Text
from walkshed.inputs import reading_box
from walkshed.located import locate_inputs
from walkshed.places.decisions import FILE as DECISIONS
from walkshed.places.kept_review import note_written, put_aside
from walkshed.places.review import FILE as REVIEW
from walkshed.progress import silent
from walkshed.study import Study, read_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    import geopandas as gpd

    from walkshed.places.locating import Located
    from walkshed.progress import Progress
    from walkshed.web import Sent

MAP = "places_review.html"


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """What ``walkshed locate`` did.

    Attributes
    ----------
    study
        The study.
    located
        Its tables with their places, and the answer for every row.
    review, map
        The workbook and the map that were written.
    decisions
        The file of decisions, whether or not there is one.
    notices
        Everything that was assumed, found or doubted.
    sent
        What was asked of whom.
    """

    study: Study
    located: Located
    review: Path
    map: Path
    decisions: Path
    notices: tuple[Finding, ...]
    sent: tuple[Sent, ...] = field(default=())

    @property
    def headline(self) -> Text:
        """How many places are where, in one line.

        Examples
        --------
        >>> import walkshed, tempfile
        >>> from walkshed.locate import locate_study
        >>> locate_study(walkshed.init_study(tempfile.mkdtemp() + "/s")).headline.en.startswith("of ")
        True
        """
        answers = self.located.answers
        counts = dict.fromkeys(("given", "matched", "doubtful", "not_found"), 0)
        for answer in answers:
            counts[answer.status] += 1
        odd = sum(a.code == "places.given_odd" for a in answers)
        return Text(
            f"of {len(answers)} places {counts['given']} are given, {counts['matched']} were found, "
            f"{counts['doubtful']} are in doubt and {counts['not_found']} were not found"
            + (f"; {odd} of the given ones look odd" if odd else ""),
            f"共 {len(answers)} 个地点：已给定 {counts['given']}，已找到 {counts['matched']}，"
            f"存疑 {counts['doubtful']}，未找到 {counts['not_found']}"
            + (f"；已给定的坐标中有 {odd} 个可疑" if odd else ""),
        )


def locate_study(
    study: Study | str | PathLike[str],
    *,
    offline: bool = False,
    environ: Mapping[str, str] | None = None,
    findings: Findings | None = None,
    progress: Progress = silent,
) -> Review:
    """Look for a study's places and write what a person should decide: ``places_review.xlsx`` and a map.

    Parameters
    ----------
    study
        A :class:`Study`, or the path of a ``study.toml`` or of its folder.
    offline
        Ask nobody: names on this machine and kept answers only.
    environ
        Where the providers' keys are; by default the environment.
    findings
        Notices from before.
    progress
        Told what is being done.

    Returns
    -------
    Review
        The files are written by then.

    Raises
    ------
    InputError
        The inputs have faults; all of them are listed.
    OutputError
        A file cannot be written, as when it is open in a spreadsheet program.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> review = locate_study(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> review.review.name, review.map.name, len(review.located.answers) > 80
    ('places_review.xlsx', 'places_review.html', True)
    """
    findings = Findings() if findings is None else findings
    if not isinstance(study, Study):
        study = read_study(study, findings=findings)
    findings.language = study.language
    sent: list[Sent] = []
    if study.place:
        from walkshed.streets.place import fetch_place

        try:
            kept = fetch_place(
                study.place, cache=study.cache, offline=offline, buffer_m=study.buffer_m, progress=progress
            )
        except InputError as error:
            raise InputError(error.faults, language=study.language) from error
        findings.notices.append(kept.notice)
        sent.extend(kept.sent)
        study = replace(study, streets=kept.path)
    estates, venues = _tables(study, findings)
    findings.raise_faults()
    box = reading_box(study, estates, venues)
    located = locate_inputs(
        study, estates, venues, findings, box=box,
        offline=offline, everything=True, sent=sent, environ=environ, progress=progress,
    )  # fmt: skip
    findings.raise_faults()
    found = datum_notices(study, None, located.estates, located.venues, named=located.named)
    findings.notices.extend(found)
    return _written(study, located, findings, sent, progress)


def _tables(study: Study, findings: Findings) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    from walkshed.tables import read_estates, read_venues

    spec = study.estates
    estates = read_estates(
        spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns,
        levels=study.levels, weights=study.weights, findings=findings,
    )  # fmt: skip
    spec = study.venues
    venues = read_venues(spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns, findings=findings)
    return estates, venues


def _written(
    study: Study, located: Located, findings: Findings, sent: list[Sent], progress: Progress
) -> Review:
    """Write the workbook and the map; a workbook in which somebody worked is kept beside the new one."""
    from walkshed.deliver.review_book import Entry, write_review
    from walkshed.deliver.review_map import review_map

    progress(Text("writing the review", "写出核对表"))
    held = located.applied
    wanted = {answer.key for answer in located.open} | set(held)
    entries = [
        Entry(answer, located.given.get(answer.key), held.get(answer.key))
        for answer in located.answers
        if answer.key in wanted
    ]
    folder = study.folder
    workbook, page = folder / REVIEW, folder / MAP
    try:
        put_aside(folder, cache=study.cache, findings=findings)
        write_review(workbook, entries, everything=located.answers, title=study.name, language=study.language)
        note_written(folder, cache=study.cache)
        html = review_map(entries, named=located.named, title=study.name, language=study.language)
        page.write_text(html, encoding="utf-8", newline="\n")
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{folder} cannot be written: {error} · 无法写入文件夹") from error
    return Review(study, located, workbook, page, folder / DECISIONS, tuple(findings.notices), tuple(sent))
