"""The directive ``list-filters``: the filters of a list of the API, as they are declared."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import MINIMUM


def render_filters(collection: str) -> str:
    """What callers may filter the list by: name, meaning, and the version that brought it."""
    listed = import_module(f"cyborg_rr.api.resources.{collection}.controller").LISTED
    return f"Filters: {', '.join(_render(each) for each in listed.filters)}."


def _render(each: Filter) -> str:
    since = f"from {each.since}" if each.since > MINIMUM else ""
    notes = "; ".join(filter(None, (each.means, since)))
    return f"``{each.name}``" + (f" ({notes})" if notes else "")


class ListFilters(Directive):
    """``.. list-filters:: devices``"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One paragraph."""
        node = nodes.Element()
        text = render_filters(self.arguments[0])
        self.state.nested_parse(StringList([text], source=__file__), self.content_offset, node)
        return list(node.children)


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_directive("list-filters", ListFilters)
    return {"parallel_read_safe": True}
