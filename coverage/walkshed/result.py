"""What a run found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.deliver.folder import swapped_in
from walkshed.progress import silent
from walkshed.report.drawing import Drawn, disagreements, draw, drawing_notices
from walkshed.report.headline import Headline, headline

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Finding
    from walkshed.progress import Progress
    from walkshed.streets.network import WalkNetwork
    from walkshed.study import Study
    from walkshed.walking.access import Access
    from walkshed.web import Sent


@dataclass(frozen=True, eq=False)
class StudyResult:
    """Everything a run found out.

    Attributes
    ----------
    study
        What was run.
    estates, venues, gates
        The located tables (EPSG:4326); ``gates`` may be None.
    network, access
        The streets, and who reaches what.
    coverage, estate_table, venue_table, summary
        The tables of coverage.csv, estates.csv, venues.csv and summary.csv.
    notices
        Everything the run assumed, repaired or doubts.
    sent
        What was asked of whom over the network.
    durations
        Seconds of each stage.
    """

    study: Study
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame | None
    network: WalkNetwork
    access: Access
    coverage: pd.DataFrame
    estate_table: pd.DataFrame
    venue_table: pd.DataFrame
    summary: pd.DataFrame
    notices: tuple[Finding, ...]
    sent: tuple[Sent, ...] = ()
    durations: dict[str, float] = field(default_factory=dict)

    @property
    def headline(self) -> Headline:
        """The answer in one sentence, for the first profile and standard."""
        return headline(self.estates, self.venues, self.summary, self.access, self.study)

    @cached_property
    def catchments(self) -> Drawn:
        """The catchments of the venues that count, drawn when they are first asked for."""
        return draw(self.access, self.venues, self.study)

    @cached_property
    def disagreements(self) -> pd.DataFrame:
        """The estates for which the drawing and the walk say different things; the walk decides."""
        return disagreements(self.access, self.coverage, self.catchments)

    @property
    def all_notices(self) -> list[Finding]:
        """The notices and, where catchments are written, how far drawing and walk differ."""
        if "catchments" not in self.study.write:
            return list(self.notices)
        return [*self.notices, *drawing_notices(self.disagreements, len(self.coverage))]

    def write(self, folder: str | PathLike[str] | None = None, *, progress: Progress = silent) -> Path:
        """Write the results, as ``study.write`` chooses, and return the folder.

        Parameters
        ----------
        folder
            Where to write; the study's own output folder by default.
        progress
            Told what is being written.

        Raises
        ------
        OutputError
            A file cannot be written; the results of the run before are untouched.
        """
        from walkshed.deliver.write import write_result

        target = Path(folder) if folder is not None else self.study.output
        with swapped_in(target) as new:
            write_result(self, new, progress=progress)
        return target

    def _repr_html_(self) -> str:
        from html import escape

        language = self.study.language
        said = escape(self.headline.text.in_(language))
        rows = self.summary[self.summary["level"].isin(["total", "community"])]
        return (
            f"<b>{escape(self.study.name)}</b><br>{said}{rows.to_html(index=False, na_rep='', max_rows=60)}"
        )
