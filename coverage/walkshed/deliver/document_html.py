"""A report as one HTML file that needs nothing else: no script, no network, pictures inside."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from walkshed.deliver.document_parts import Heading, Paragraph, Picture, Points, Table

if TYPE_CHECKING:
    from walkshed.deliver.document_parts import Block, Document

_STYLE = """
body{font:16px/1.6 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC","WenQuanYi Micro Hei",system-ui,sans-serif;
 color:#1f2933;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1.25rem}
h1{font-size:1.8rem;line-height:1.3;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2rem 0 .5rem}h3{font-size:1.05rem}
.subtitle{color:#8a3c00;margin:0 0 1.5rem}.lead{font-size:1.1rem;border-left:4px solid #d55e00;padding:.1rem 0 .1rem 1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:.3rem .5rem;border-bottom:1px solid #d5d8dc;text-align:start;vertical-align:top;overflow-wrap:anywhere}
th{border-bottom:2px solid #1f2933;overflow-wrap:normal}.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
tbody tr:nth-child(even){background:#f6f6f3}figure{margin:1.25rem 0}figure img{width:100%;height:auto;border:1px solid #d5d8dc}
figcaption{font-size:.85rem;color:#4a5058}
@media print{body{max-width:none;margin:0;font-size:11pt}h2,h3{break-after:avoid}tr,figure{break-inside:avoid}thead{display:table-header-group}}
"""


def html_of(document: Document) -> str:
    """Return a document as a page of HTML.

    Examples
    --------
    >>> import datetime as dt
    >>> from walkshed.deliver.document_parts import Document
    >>> page = html_of(Document("A < B", "", "en", dt.date(2026, 11, 1), (Paragraph("=1+1"),)))
    >>> "<h1>A &lt; B</h1>" in page, "<p>=1+1</p>" in page
    (True, True)
    """
    language = "zh-CN" if document.language == "zh" else "en"
    subtitle = f'<p class="subtitle" dir="auto">{escape(document.subtitle)}</p>' if document.subtitle else ""
    body = "\n".join(_block(block) for block in document.blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(document.title)}</h1>\n{subtitle}\n{body}\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>"
    if isinstance(block, Paragraph):
        kind = ' class="lead"' if block.lead else ""
        return f"<p{kind}>{escape(block.text)}</p>"
    if isinstance(block, Points):
        return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in block.texts) + "</ul>"
    if isinstance(block, Picture):
        data = base64.b64encode(block.png).decode("ascii")
        return (
            f'<figure><img alt="{escape(block.alternative)}" src="data:image/png;base64,{data}">'
            f"<figcaption>{escape(block.caption)}</figcaption></figure>"
        )
    return _table(block)


def _table(table: Table) -> str:
    number = [' class="n"' if place in table.numbers else "" for place in range(len(table.columns))]
    head = "".join(f"<th{kind}>{escape(text)}</th>" for kind, text in zip(number, table.columns, strict=True))
    rows = "\n".join(
        "<tr>"
        + "".join(f'<td{kind} dir="auto">{escape(text)}</td>' for kind, text in zip(number, row, strict=True))
        + "</tr>"
        for row in table.rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
