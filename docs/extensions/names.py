"""Signatures: short names of types (``Profile``) lead to their entries (``walkshed.Profile``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def lead(app: Sphinx, env: BuildEnvironment, node: nodes.Element, content: Any) -> nodes.Node | None:
    """Return a link to the one entry whose last part is the name that was not found, None if there is no such one."""
    if node.get("refdomain") != "py":
        return None
    last = node["reftarget"].rsplit(".", 1)[-1]
    domain = env.domains["py"]
    found = [
        name
        for name, entry in domain.objects.items()
        if name.rsplit(".", 1)[-1] == last and not entry.aliased
    ]
    kinds = {"class": {"class", "exception", "data"}, "func": {"function"}}.get(
        node["reftype"], {"data", "module"}
    )
    found = [name for name in found if domain.objects[name].objtype in kinds]
    if len(found) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], found[0], node, content)


def plain_defaults(*signature: Any) -> tuple[str, str | None] | None:
    """Return a signature in which what a dataclass makes anew each time is no ``<factory>``, which nobody can parse."""
    arguments, returned = signature[-2:]
    return (arguments.replace("<factory>", "..."), returned) if arguments else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the search for names to Sphinx."""
    app.connect("missing-reference", lead)
    app.connect("autodoc-process-signature", plain_defaults)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
