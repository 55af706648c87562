"""A table in a datum that nobody has named is told, with the datum that fits."""

from __future__ import annotations

import shutil

import openpyxl
import pytest

import walkshed
from walkshed.datum import convert


def codes(folder):
    return {notice.code for notice in walkshed.run(folder).notices}


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_estates_in_a_shifted_datum_that_is_not_declared_are_told(sample, tmp_path, datum):
    folder = shutil.copytree(sample, tmp_path / "s", ignore=shutil.ignore_patterns("out", ".walkshed"))
    assert "crs.does_not_fit" not in codes(folder)
    book = openpyxl.load_workbook(folder / "estates.xlsx")
    page = book.active
    head = next(row for row in page.iter_rows() if any(cell.value == "经度" for cell in row))
    lon, lat = (next(cell.column for cell in head if cell.value == word) for word in ("经度", "纬度"))
    for row in range(head[0].row + 1, page.max_row + 1):
        here = page.cell(row, lon), page.cell(row, lat)
        if all(isinstance(cell.value, int | float) for cell in here):
            moved = convert(here[0].value, here[1].value, source="EPSG:4326", target=datum)
            for cell, value in zip(here, moved, strict=True):
                cell.value = round(float(value), 6)
    book.save(folder / "estates.xlsx")
    result = walkshed.run(folder)
    told = [notice for notice in result.notices if notice.code == "crs.does_not_fit"]
    assert [notice.source.file for notice in told] == ["estates.xlsx"]
    assert datum in told[0].text.en
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(
        text.replace('file = "estates.xlsx"\n', f'file = "estates.xlsx"\ncrs = "{datum}"\n'), "utf-8"
    )
    assert "crs.does_not_fit" not in codes(folder)
