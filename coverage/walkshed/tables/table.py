"""A table with known columns: what sheets and vector layers have in common once opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import Source, Text
from walkshed.tables.columns import chosen_names, drop_personal, hide_in_cells, unique_names
from walkshed.tables.fields import FIELDS, Kind
from walkshed.tables.headers import check_names, known, recognise, tell_brackets
from walkshed.tables.merges import fill_down
from walkshed.tables.opening import TEXTS, WORKBOOKS, open_sheet
from walkshed.tables.rows import data_rows, tell_hidden
from walkshed.tables.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from walkshed.errors import Findings
    from walkshed.tables.heading import Heading
    from walkshed.tables.sheet import Sheet
    from walkshed.tables.values import Reading

_COUNTS = frozenset(
    {"households", "residents", "aged_60_plus", "floor_area_m2", "capacity", "cost", "subsidy_per_year"}
)


@dataclass(frozen=True)
class Table:
    """Rows and columns of an input, personal columns gone.

    Parameters
    ----------
    kind
        Which of the three tables it is.
    source
        The file and sheet.
    rows
        The row numbers as the spreadsheet shows them.
    columns
        The cells of each column, by its name in the file.
    ours
        Our name -> name in the file.
    personal
        Names of the columns that were dropped.
    geometry
        For a vector layer the geometries, in EPSG:4326.
    """

    kind: Kind
    source: Source
    rows: list[int] = field(default_factory=list)
    columns: dict[str, list[object]] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    geometry: NDArray[np.object_] | None = None

    def has(self, ours: str) -> bool:
        """Tell whether the table has one of our columns."""
        return ours in self.ours

    def header(self, ours: str) -> str:
        """Return a column's name in the file, or ours if it has none."""
        return self.ours.get(ours, ours)

    def read(self, name: str, reader: Callable[[object], Reading], tally: Tally) -> list[Any]:
        """Read the cells of the column called ``name`` in the file; say what each was taken for."""
        known_readings: dict[tuple[type, object], Reading] = {}
        values = []
        for row, cell in zip(self.rows, self.columns[name], strict=True):
            key = (type(cell), cell)
            reading = known_readings.get(key)
            if reading is None:
                reading = known_readings[key] = reader(cell)
            if reading.note:
                tally.notice(*reading.note, row=row, column=name, value=cell)
            if reading.problem:
                tally.fault(*reading.problem, row=row, column=name, value=cell)
            values.append(reading.value)
        return values

    def others(self) -> list[str]:
        """Return the names of the columns that are none of ours."""
        taken = set(self.ours.values())
        return [name for name in self.columns if name not in taken]


def load_table(
    path: str | Path,
    *,
    kind: Kind,
    sheet: str | None,
    crs: str,
    columns: Mapping[str, str] | None,
    found: Findings,
    counts: Collection[str] = (),
) -> Table:
    """Open a file of any kind and recognise its columns.

    Always returns a table; it has no rows where the faults told do not allow any.
    """
    path = Path(path)
    chosen = check_names(dict(columns or {}), kind, found, Source(path.name))
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS or suffix in TEXTS:
        opened = open_sheet(path, sheet=sheet, kind=kind, theirs=chosen.values(), found=found)
        table = None if opened is None else _from_sheet(*opened, kind, chosen, counts, found)
    else:
        from walkshed.tables.vector import VECTORS, read_layer

        if suffix not in VECTORS:
            listed = " ".join(sorted({*WORKBOOKS, *TEXTS, *VECTORS} - {".et", ".xlsm", ".tsv"}))
            found.fault(
                "file.kind",
                Text(
                    f"is no kind of file that can be read; these can: {listed}",
                    f"不支持的文件类型；可读取：{listed}",
                ),
                Source(path.name),
            )
            return Table(kind, Source(path.name))
        layer = read_layer(path, layer=sheet, crs=crs, found=found)
        table = None if layer is None else _from_layer(layer, kind, chosen, found)
    if table is None:
        return Table(kind, Source(path.name))
    _check_required(table, found)
    if not table.rows:
        _tell_no_rows(table, found)
    return table


def _tell_no_rows(table: Table, found: Findings) -> None:
    text = Text("there is no row of data in it", "表中没有数据行")
    if table.kind == "gates":  # a study without gates is a study
        found.notice("table.no_rows", text, table.source)
    else:
        found.fault("table.no_rows", text, table.source)


def _from_sheet(
    sheet: Sheet,
    heading: Heading,
    kind: Kind,
    chosen: Mapping[str, str],
    counts: Collection[str],
    found: Findings,
) -> Table:
    body = sheet.rows[heading.last + 1 :]
    numbers = [heading.last + 2 + position for position in range(len(body))]
    filled = [any(cell not in ("", None) for cell in column) for column in zip(*body, strict=True)] or [
        False for _ in heading.names
    ]
    names = unique_names(heading.names, filled, sheet.source, found)
    personal = drop_personal(names, heading.parts, body, sheet.source, found)
    kept = [index for index, name in enumerate(names) if name and name not in personal]
    mine = chosen_names(chosen, [names[index] for index in kept], personal, sheet.source, found)
    labels = [names[index] for index in kept]
    meanings = [_meaning(heading, index) for index in kept]
    ours = recognise(labels, meanings, mine, kind=kind, found=found, source=sheet.source)
    tell_brackets(labels, ours, kind=kind, found=found, source=sheet.source)
    index_of = dict(zip(labels, kept, strict=True))
    first, second = FIELDS[kind][0].name, "name"
    identity = [index_of[ours[name]] for name in (first, second) if name in ours]
    positions = data_rows(
        body,
        numbers,
        headers=heading.names,
        identity=identity,
        has_id=first in ours,
        source=sheet.source,
        found=found,
    )
    rows = [numbers[position] for position in positions]
    cells: dict[str, list[object]] = {
        label: [body[position][index] for position in positions] for label, index in index_of.items()
    }
    uncounted = {ours[name] for name in _COUNTS if name in ours} | set(counts)
    first_row = heading.last + 2
    fill_down(sheet, cells, index_of, rows, first_row=first_row, uncounted=uncounted, found=found)
    tell_hidden(rows, sheet.hidden, sheet.source, found)
    _tell_broken(sheet, index_of, rows, {*ours.values(), *counts}, found)
    cells = hide_in_cells(cells, rows, [ours[first]] if first in ours else [], sheet.source, found)
    return Table(kind, sheet.source, rows, cells, ours, tuple(sorted(personal)))


def _meaning(heading: Heading, index: int) -> tuple[str, int] | None:
    meaning = heading.meanings[index]
    # A header only the user named has no meaning of its own.
    return None if meaning is None or meaning[0].startswith("\0") else meaning


def _from_layer(layer: Any, kind: Kind, chosen: Mapping[str, str], found: Findings) -> Table:
    names = list(layer.columns)
    body = list(zip(*layer.columns.values(), strict=True)) if names else []
    personal = drop_personal(names, [(name,) for name in names], body, layer.source, found)
    labels = [name for name in names if name not in personal]
    mine = chosen_names(chosen, labels, personal, layer.source, found)
    meanings = [known(name, kind) for name in labels]
    ours = recognise(labels, meanings, mine, kind=kind, found=found, source=layer.source)
    tell_brackets(labels, ours, kind=kind, found=found, source=layer.source)
    cells = {label: list(layer.columns[label]) for label in labels}
    first = FIELDS[kind][0].name
    cells = hide_in_cells(cells, layer.rows, [ours[first]] if first in ours else [], layer.source, found)
    return Table(kind, layer.source, list(layer.rows), cells, ours, tuple(sorted(personal)), layer.geometry)


def _check_required(table: Table, found: Findings) -> None:
    first, *_ = FIELDS[table.kind]
    if table.has(first.name) or (table.kind != "gates" and table.has("name")):
        return
    if not table.columns and not table.rows:
        return
    listed = ", ".join(name for name in table.columns)
    if table.kind == "gates":
        text = Text(
            "no column says which estate a gate belongs to (estate_id or 小区编号); "
            f"the columns are: {listed}",
            f"没有说明出入口属于哪个小区的列（小区编号 或 estate_id）；现有列：{listed}",
        )
    else:
        text = Text(
            f"neither an id ({first.zh} or {first.name}) nor a name (名称 or name) "
            f"among the columns: {listed}",
            f"缺少编号（{first.zh} 或 {first.name}）或名称（名称 或 name）列；现有列：{listed}",
        )
    found.fault("column.missing", text, table.source)


def _tell_broken(
    sheet: Sheet, index_of: Mapping[str, int], rows: Sequence[int], used: Collection[str], found: Findings
) -> None:
    """Say which cells hold an error or a formula that was never calculated: they would read as blank."""
    if not sheet.broken:
        return
    label_of = {index: label for label, index in index_of.items()}
    read = set(rows)
    tally = Tally(found, sheet.source)
    for row, column, shown in sheet.broken:
        label = label_of.get(column)
        if label is None or row + 1 not in read:
            continue
        text = (
            Text(
                "holds a formula without a saved result; open the file in Excel or WPS and save it",
                "公式没有保存结果；请用 Excel 或 WPS 打开并保存",
            )
            if shown == "="
            else Text(
                "holds an error of the spreadsheet; correct the formula or write the value",
                "单元格是公式错误；请改正公式或填写数值",
            )
        )
        say = tally.fault if label in used else tally.notice
        say("cell.error", text, row=row + 1, column=label, value=shown)
    tally.tell()
