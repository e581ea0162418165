"""The directive ``driver-families``: a table of the families of whole PCI functions.

It is made from the rows that the drivers read and from the trees that they are tried on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cyborg_rr.drivers.whole_function.families import Family, load_families

TREES = Path(__file__).parents[3] / "tests" / "data" / "sysfs"


class DriverFamilies(SphinxDirective):
    """A row for each family: its devices, what is read of them, its trees, what is not done."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 14 22 16 16 18 14", ""]
        lines += _render_row("Driver", "Devices", "Facts", "Parts", "Tried on", "Not done yet")
        for name, family in load_families().items():
            lines += _render_row(f"``{name}``", *_describe(family))
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, source=__file__), 0, holder)
        return holder.children


def _describe(family: Family) -> tuple[str, ...]:
    models = ", ".join(dict.fromkeys(family.models.values()))
    trees = ", ".join(f"``{name}`` ({origin})" for name, origin in _list_trees(family.name))
    facts, parts = ", ".join(_list_facts(family)), ", ".join(_list_parts(family))
    return f"{family.vendor} {models}", facts, parts, trees, family.not_done


def _list_facts(family: Family) -> Iterator[str]:
    if family.numbering is not None:
        yield f"``{family.numbering.device_node.format(number='N')}``"
        if family.numbering.serial_file:
            yield "serial number"


def _list_parts(family: Family) -> Iterator[str]:
    if family.virtual:
        yield "virtual functions"
    for device_id, count in family.modules.items():
        yield f"{family.models[device_id]}: {count} are one module"


def _list_trees(driver_name: str) -> Iterator[tuple[str, str]]:
    for path in sorted(TREES.glob("*/tree.yaml")):
        document = yaml.safe_load(path.read_text())
        if driver_name in document["drivers"]:
            yield path.parent.name, document["origin"]


def _render_row(*cells: str) -> list[str]:
    first, *others = cells
    return [f"   * - {first}", *(f"     - {cell}" for cell in others)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_directive("driver-families", DriverFamilies)
    return {"parallel_read_safe": True}
