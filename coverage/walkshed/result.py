"""What a run found out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.deliver.folder import swapped_in
from walkshed.errors import Finding, Source, Text
from walkshed.measures import StudyMeasures
from walkshed.measures.full import allocation_said, rows_of_estates
from walkshed.progress import silent
from walkshed.report.by_age import by_age, by_age_said
from walkshed.report.drawing import Areas, Drawn, disagreements, draw, drawing_notices
from walkshed.report.gates import gate_frame, rank_gates
from walkshed.report.headline import Headline, headline
from walkshed.report.reasons import Detours, reasons
from walkshed.report.walk_ranges import walks_of_checks
from walkshed.report.walked import Walked, compare_walked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import geopandas as gpd
    import pandas as pd

    from walkshed.meanwhile import Meanwhile
    from walkshed.measures import Allocation
    from walkshed.progress import Progress
    from walkshed.report.gates import GateRanking
    from walkshed.scenarios.running import ScenarioResult
    from walkshed.siting_run import Proposed
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
    proposed
        Where to build next, where the study asks for it.
    durations
        Seconds of each stage.
    homes
        With buildings, how each estate's households' walks are distributed.
    units, unit_table
        With buildings, the walks from the homes, and the homes as a table like that of the estates.
    at_points
        With buildings, coverage as the estates' own points would have it, with which drawings are compared.
    checks
        Walks that were walked in person, as the planner gave them.
    scenarios
        By name, what the study would be in each of its scenarios, compared with this.
    drawing
        A second process that draws the catchments, where there is one.
    detours
        The odd walks met so far, for the evidence of reasons.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> result = walkshed.run(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> list(result.scenarios)[0]
    '山语银城片区活动中心建成前'
    >>> before = result.scenarios["山语银城片区活动中心建成前"].result.coverage
    >>> walks = [table.set_index("estate_id").loc["003", "walk_m"].iloc[0] for table in (before, result.coverage)]
    >>> [round(float(walk)) for walk in walks]
    [1386, 295]
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
    proposed: Proposed | None = None
    durations: dict[str, float] = field(default_factory=dict)
    homes: pd.DataFrame | None = None
    units: Access | None = None
    unit_table: gpd.GeoDataFrame | None = None
    at_points: pd.DataFrame | None = None
    checks: pd.DataFrame | None = None
    scenarios: Mapping[str, ScenarioResult] = field(default_factory=dict)
    drawing: Meanwhile[Areas] | None = None
    detours: Detours | None = None

    @cached_property
    def gate_table(self) -> gpd.GeoDataFrame:
        """The gates of the walled estates as they were walked, each with where it is known from."""
        return gate_frame(self.access, self.gates)

    @cached_property
    def gate_ranking(self) -> GateRanking | None:
        """Gate by gate, who would gain if it were open to everyone; None where no gate matters."""
        study = self.study
        told: dict[str, Any] = {
            "profiles": study.profiles, "standards": study.standards, "date": study.date, "gates": self.gates,
            "weights": study.weights,
        }  # fmt: skip
        ranking = rank_gates(self.access, self.estates, self.venues, **told)
        if ranking is None or self.units is None or self.unit_table is None:
            return ranking
        owner = self.unit_table["estate_id"].to_numpy(dtype=object)
        of_homes = rank_gates(self.units, self.unit_table, self.venues, owner=owner, **told)
        return ranking if of_homes is None else replace(ranking, table=of_homes.table)

    @cached_property
    def by_age(self) -> pd.DataFrame | None:
        """Covered residents with old people as old walkers; None where no walker has a column of people."""
        study = self.study
        return by_age(
            self.estates,
            self.coverage,
            profiles=study.profiles,
            standards=study.standards,
            levels=study.levels,
        )

    @property
    def answers(self) -> list[Text]:
        """The headline, and where it can be told, the same with everybody at their own pace."""
        more = by_age_said(self.by_age, self.study.profiles, self.study.standards[0])
        room = None
        if self.allocation is not None:
            room = allocation_said(self.allocation, self.study.standards[0], self.headline.measure)
        return [self.headline.text, *(text for text in (more, room) if text is not None)]

    @cached_property
    def measures(self) -> StudyMeasures:
        """Typical walks, floor area, load and the like; each is worked out when it is first asked for."""
        return self._measures(self.access, self.estates)

    @cached_property
    def measures_at_home(self) -> StudyMeasures:
        """The same of the homes where there are buildings: what is said of walks, loads and room; else :attr:`measures`."""
        if self.units is None or self.unit_table is None:
            return self.measures
        return self._measures(self.units, self.unit_table)

    def _measures(self, access: Access, estates: gpd.GeoDataFrame) -> StudyMeasures:
        study = self.study
        return StudyMeasures(
            access,
            estates,
            self.venues,
            self.coverage,
            study,
            capacity=study.capacity or "m2",
            need=study.need,
        )

    @cached_property
    def allocation(self) -> Allocation | None:
        """Who goes where if no venue takes more than it has room for; of homes where there are buildings.

        None where the study does not say what room is counted in (``[venues] capacity``).
        """
        return self.measures_at_home.allocation if self.study.capacity else None

    @cached_property
    def allocation_table(self) -> pd.DataFrame | None:
        """The allocation's rows; with buildings, the estate of each, and the building."""
        if self.allocation is None:
            return None
        return rows_of_estates(
            self.allocation,
            self.coverage,
            self.unit_table,
            profile=self.study.profiles[0],
            standard=self.study.standards[0],
        )

    @cached_property
    def gaps(self) -> gpd.GeoDataFrame:
        """Places where the streets probably lack a piece."""
        from walkshed.streets.gaps import suspected_gaps

        return suspected_gaps(self.network, self.estates, boundaries=self.access.walls.boundaries.polygon)

    @cached_property
    def walked(self) -> Walked | None:
        """Our minutes beside those that somebody walked in person; None where nobody did."""
        if self.checks is None:
            return None
        ours = walks_of_checks(self.access, self.checks, speed_range=self.study.speed_range)
        return compare_walked(self.checks, ours)

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """The evidence for every row of coverage that is not covered."""
        study, ranking = self.study, self.gate_ranking
        return reasons(
            self.access, self.access.under("open"), self.estates, self.venues, self.coverage,
            profiles=study.profiles, standards=study.standards, date=study.date,
            gates=None if ranking is None else ranking.helps, gaps=self.gaps, detours=self.detours,
        )  # fmt: skip

    @cached_property
    def estates_with_areas(self) -> gpd.GeoDataFrame:
        """The estates, with the boundary that OpenStreetMap knows as geometry where they have none of their own."""
        known = self.access.walls.boundaries.polygon
        geometry = self.estates.geometry.to_numpy().copy()
        taken = [number for number, shape in enumerate(known) if shape is not None]
        geometry[taken] = known[taken]
        return self.estates.set_geometry(geometry, crs=self.estates.crs)

    @cached_property
    def scenario_units(self) -> pd.DataFrame:
        """The table of scenarios.csv; see :func:`walkshed.scenarios.tables.scenario_units`."""
        from walkshed.scenarios.tables import scenario_units

        return scenario_units(self.scenarios.values())

    @cached_property
    def scenario_estates(self) -> pd.DataFrame:
        """The table of scenario_estates.csv; see :func:`walkshed.scenarios.tables.scenario_estates`."""
        from walkshed.scenarios.tables import scenario_estates

        return scenario_estates(self.scenarios.values())

    @property
    def headline(self) -> Headline:
        """The answer in one sentence, for the first profile and standard."""
        return headline(
            self.estates, self.venues, self.summary, self.access, self.study, coverage=self.coverage
        )

    @cached_property
    def catchments(self) -> Drawn:
        """The catchments of the venues that count, drawn when they are first asked for."""
        return draw(self.access, self.venues, self.study, drawing=self.drawing)

    @cached_property
    def disagreements(self) -> pd.DataFrame:
        """The estates for which the drawing and the walk say different things; the walk decides."""
        told = self.coverage if self.at_points is None else self.at_points
        return disagreements(self.access, told, self.catchments)

    @property
    def all_notices(self) -> list[Finding]:
        """The notices and, where catchments are written, how far drawing and walk differ."""
        said = list(self.notices)
        if self.walked is not None:
            where = Source(self.study.checks.file.name if self.study.checks else "")
            said += [Finding("checks.walked", text, where) for text in self.walked.sentences()]
        if {"print", "document"} & set(self.study.write):
            from walkshed.deliver.print_map import print_notices

            said += print_notices(self)
        if "document" in self.study.write:
            from walkshed.deliver.document import document_notices

            said += document_notices()
        if "catchments" not in self.study.write:
            return said
        return [*said, *drawing_notices(self.disagreements, len(self.coverage))]

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
            write_result(self, new, before=target, progress=progress)
        if self.study.file is not None and "layers" in self.study.write and len(self.gaps):
            from walkshed.streets.repairs_file import write_repairs

            repairs = self.study.folder / "repairs.gpkg"
            write_repairs(repairs, self.gaps, date=self.study.date, language=self.study.language)
        return target

    def _repr_html_(self) -> str:
        from html import escape

        language = self.study.language
        said = escape(self.headline.text.in_(language))
        rows = self.summary[self.summary["level"].isin(["total", "community"])]
        return (
            f"<b>{escape(self.study.name)}</b><br>{said}{rows.to_html(index=False, na_rep='', max_rows=60)}"
        )
