"""What a run needs of finding places: the tables with the places that are known or could be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import InputError, Source, Text
from walkshed.osm_file import SUFFIXES
from walkshed.places.kept_review import keep, take_over
from walkshed.places.likeness import named_city
from walkshed.places.locating import Located, locate_tables
from walkshed.places.settings import PlacesSettings
from walkshed.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from walkshed.errors import Findings
    from walkshed.places.candidate import Geocoder
    from walkshed.places.gazetteer import Gazetteer
    from walkshed.progress import Progress
    from walkshed.study import Study
    from walkshed.web import Sent

Box = tuple[float, float, float, float]


def places_of(study: Study) -> PlacesSettings:
    """Return what a study says about finding places.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> places_of(walkshed.read_study(walkshed.init_study(tempfile.mkdtemp() + "/s"))).providers
    ()
    """
    return getattr(study, "places", None) or PlacesSettings()


def locate_inputs(
    study: Study,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    findings: Findings,
    *,
    offline: bool = False,
    everything: bool = False,
    keeping: bool = True,
    box: Box | None = None,
    sent: list[Sent] | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Located:
    """Return a study's tables with the places that are known or could be found.

    Choices in a review workbook that came back are taken over into ``decisions.csv`` first. Where every row has
    coordinates and nothing was decided nothing is read or asked, unless ``everything`` is; but where maps are
    published in shifted datums given coordinates are held against the names of the map in any case.

    Parameters
    ----------
    study
        Its streets must be a file by now.
    estates, venues
        As read.
    everything
        Look at given coordinates, too.
    keeping
        Write decisions that follow their rows under the ids these have now. A scenario's table keeps nothing: its ids
        are not the study's.
    box
        West, south, east, north in degrees: the part of a large street file that is read for names.
    sent
        Takes a note of every request.
    environ
        Where the providers' keys are.
    """
    decisions = take_over(study.folder, cache=study.cache, findings=findings)
    missing = bool(estates["lon"].isna().any() or venues["lon"].isna().any())
    shifted = _may_be_shifted(study, estates, venues)
    if not (missing or everything or decisions.made or shifted):
        return Located(estates, venues, (), {}, {}, decisions)
    settings = places_of(study)
    gazetteer = None
    if missing or everything or shifted:
        gazetteer = _gazetteer(study, box, findings, progress, alone=everything)
    located = locate_tables(
        estates,
        venues,
        gazetteer=gazetteer,
        providers=_providers(
            study, settings, findings, offline=offline, sent=sent, environ=environ, progress=progress
        )
        if missing
        else (),
        boundaries=_boundaries(settings, findings),
        decisions=decisions,
        city=settings.city or named_city(study.place),
        files={"estate": study.estates.file.name, "venue": study.venues.file.name},
        crs={"estate": study.estates.crs, "venue": study.venues.crs} if shifted else None,
        check=everything,
        findings=findings,
        progress=progress,
    )
    if keeping:
        keep(study.folder, located.decisions, before=decisions)
    return located


def _may_be_shifted(study: Study, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame) -> bool:
    """Tell whether coordinates may be in a shifted datum, and the study has names to hold them against."""
    import numpy as np

    from walkshed.datum import in_box

    if not study.streets.name.lower().endswith(SUFFIXES):
        return False
    lon = np.concatenate([estates["lon"].to_numpy(), venues["lon"].to_numpy()])
    lat = np.concatenate([estates["lat"].to_numpy(), venues["lat"].to_numpy()])
    return bool(in_box(lon, lat).any())


def _gazetteer(
    study: Study, box: Box | None, findings: Findings, progress: Progress, *, alone: bool
) -> Gazetteer | None:
    """Return the names on this machine: of the study's OpenStreetMap file, and of a table of one's own."""
    from walkshed.osm_names import read_named
    from walkshed.places.gazetteer import Gazetteer
    from walkshed.places.known import read_known

    progress(Text("reading names", "读取地名"))
    settings = places_of(study)
    known = None
    if settings.known is not None:
        known = read_known(settings.known, crs=settings.known_crs, findings=findings)
    if not study.streets.name.lower().endswith(SUFFIXES):
        if known is None:
            text = Text(
                "a line layer holds no names of places; name a table of known places in [places] known",
                "线图层中没有地名；可在 [places] known 中指定已知地点表",
            )
            findings.notice("places.no_names", text, Source(study.streets.name))
            return None
        return Gazetteer(known)
    try:
        named = read_named(study.streets, box=box)
    except InputError as error:
        if alone:  # else whoever reads the streets says the same
            findings.faults.extend(error.faults)
        return None
    return Gazetteer(named, known=known)


def _providers(
    study: Study,
    settings: PlacesSettings,
    findings: Findings,
    *,
    offline: bool,
    sent: list[Sent] | None,
    environ: Mapping[str, str] | None,
    progress: Progress,
) -> list[Geocoder]:
    if not settings.providers:
        return []
    from walkshed.places.geocoders import make_geocoders

    try:
        made = make_geocoders(
            settings.providers, settings=settings.options, cache=study.cache, offline=offline, sent=sent,
            progress=progress, environ=environ, source=Source("" if study.file is None else study.file.name),
        )  # fmt: skip
    except InputError as error:
        findings.faults.extend(error.faults)
        return []
    return list(made)


def _boundaries(settings: PlacesSettings, findings: Findings) -> gpd.GeoDataFrame | None:
    """Return the layer of communities' boundaries, None where the study names none."""
    if settings.communities is None:
        return None
    from walkshed.places.outlines import read_outlines

    return read_outlines(settings.communities, findings=findings)
