"""Formulas as MathML: every browser of today draws it itself, so that a page needs no script and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx


def mathml(formula: str, *, block: bool) -> str:
    """Return a formula of TeX as MathML."""
    from docutils.utils.math import latex2mathml

    tree = latex2mathml.tex2mathml(formula, as_block=block)
    return str(tree)


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    from docutils import nodes

    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula that stands by itself."""
    from docutils import nodes

    self.body.append(f'<div class="math">{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the renderer to Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
