"""A report as a Word document: headings, tables with a repeated head, pictures with a text for those who cannot see them.

The only door of python-docx. The same document gives the same bytes: its dates are the study's, and those of the parts
inside the file are fixed.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

from walkshed.deliver.document_parts import Heading, Paragraph, Picture, Points, Table

if TYPE_CHECKING:
    from walkshed.deliver.document_parts import Block, Document

_PAGE_CM, _EDGE_CM = (21.0, 29.7), 2.0
_WIDTH_CM = _PAGE_CM[0] - 2 * _EDGE_CM
_FIXED = (1980, 1, 1, 0, 0, 0)
_LATIN, _CHINESE = "Calibri", "Microsoft YaHei"


def docx_of(document: Document) -> bytes:
    """Return a document as the bytes of a ``.docx`` file.

    Examples
    --------
    >>> import datetime as dt
    >>> from walkshed.deliver.document_parts import Document
    >>> docx_of(Document("A", "", "en", dt.date(2026, 11, 1), (Paragraph("B"),)))[:2]
    b'PK'
    """
    import docx
    from docx.shared import Pt, RGBColor

    page = docx.Document()
    _set_up(page, document)
    page.add_paragraph(document.title, style="Title")
    if document.subtitle:
        run = page.add_paragraph().add_run(document.subtitle)
        run.font.color.rgb, run.font.size = RGBColor(0x8A, 0x3C, 0x00), Pt(11)
    for block in document.blocks:
        _add(page, block)
    whole = BytesIO()
    page.save(whole)
    return _same_bytes(whole)


def _set_up(page: Any, document: Document) -> None:
    """Set paper, fonts, page numbers and what the file says of itself."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = page.sections[0]
    section.page_width, section.page_height = Cm(_PAGE_CM[0]), Cm(_PAGE_CM[1])
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(_EDGE_CM)
    sizes = {"Normal": 10.5, "Title": 20, "Heading 1": 14, "Heading 2": 12, "List Bullet": 10.5, "Caption": 9}
    for name, size in sizes.items():
        style = page.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(kind), None)
        fonts.set(qn("w:eastAsia"), _CHINESE)
        if name != "Normal":
            style.font.color.rgb = RGBColor(0x1F, 0x29, 0x33)
    page.styles["Caption"].font.bold = False
    language = page.styles["Normal"].element.get_or_add_rPr()
    language.append(_element("w:lang", {"w:val": "en-GB", "w:eastAsia": "zh-CN"}))
    _number_pages(section)
    facts = page.core_properties
    day = dt.datetime(document.date.year, document.date.month, document.date.day)  # noqa: DTZ001 - the file format has no zone
    facts.title, facts.author, facts.comments = document.title[:255], "walkshed", ""
    facts.last_modified_by, facts.created, facts.modified = "walkshed", day, day
    facts.language, facts.revision = "zh-CN" if document.language == "zh" else "en", 1


def _number_pages(section: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line._p.append(_element("w:fldSimple", {"w:instr": "PAGE"}))  # noqa: SLF001 - python-docx has no fields


def _element(name: str, attributes: dict[str, str]) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(key), value)
    return made


def _add(page: Any, block: Block) -> None:
    if isinstance(block, Heading):
        page.add_heading(block.text, level=block.level)
    elif isinstance(block, Paragraph):
        page.add_paragraph().add_run(block.text).bold = block.lead or None
    elif isinstance(block, Points):
        for text in block.texts:
            page.add_paragraph(text, style="List Bullet")
    elif isinstance(block, Picture):
        _picture(page, block)
    else:
        _table(page, block)


def _picture(page: Any, picture: Picture) -> None:
    from docx.shared import Cm

    line = page.add_paragraph()
    line.paragraph_format.keep_with_next = True
    shape = line.add_run().add_picture(BytesIO(picture.png), width=Cm(_WIDTH_CM))
    shape._inline.docPr.set("descr", picture.alternative)  # noqa: SLF001 - python-docx has no alternative text
    page.add_paragraph(picture.caption, style="Caption")


def _table(page: Any, table: Table) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.shared import Cm, Pt

    made = page.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    shares = table.widths or (1.0,) * len(table.columns)
    widths = [Cm(_WIDTH_CM * share / sum(shares)) for share in shares]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    head = made.rows[0]
    head._tr.get_or_add_trPr().append(_element("w:tblHeader", {"w:val": "true"}))  # noqa: SLF001 - no repeated heads
    _fill(head, table.columns, table, widths, bold=True)
    for row in table.rows:
        line = made.add_row()
        line._tr.get_or_add_trPr().append(_element("w:cantSplit", {"w:val": "true"}))  # noqa: SLF001 - rows stay whole
        _fill(line, row, table, widths, bold=False)
    page.add_paragraph().paragraph_format.space_after = Pt(0)


def _fill(line: Any, texts: tuple[str, ...], table: Table, widths: list[Any], *, bold: bool) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for place, (cell, text) in enumerate(zip(line.cells, texts, strict=True)):
        cell.width = widths[place]
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
        if place in table.numbers:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run(text)
        run.bold, run.font.size = bold or None, Pt(8.5)
        if bold:
            shade = _element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": "E9EAE6"})
            cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - python-docx has no shading


def _same_bytes(whole: BytesIO) -> bytes:
    """Return a zip file with its parts in their order and fixed dates."""
    out = BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            fixed = zipfile.ZipInfo(part.filename, _FIXED)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(fixed, old.read(part))
    return out.getvalue()
