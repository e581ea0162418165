"""Write cyborg_rr/catalogue/dialects.yaml: what changed in each version of ONNX's operation set.

    python tools/list_operation_changes.py > cyborg_rr/catalogue/dialects.yaml

An operation counts as changed in a version when it is new there, or when its inputs, outputs or
attributes are not what they were. Further element types are no change: those that a model uses
are held against the toolchain on their own.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from typing import Any

import onnx
from onnx import defs

FIRST = 8
"""Older models are below the least version that any toolchain takes."""


def describe(schema: Any) -> tuple[object, ...]:
    """All that a model can depend on but for element types."""
    return (
        tuple((entry.name, entry.option) for entry in schema.inputs),
        tuple((entry.name, entry.option) for entry in schema.outputs),
        tuple(
            sorted(
                (name, str(a.default_value), a.required) for name, a in schema.attributes.items()
            )
        ),
    )


def list_changes() -> dict[int, list[str]]:
    """Changed operations by version."""
    history: dict[str, list[Any]] = defaultdict(list)
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "" and not schema.deprecated:
            history[schema.name].append(schema)
    changes: dict[int, list[str]] = defaultdict(list)
    for name, schemas in history.items():
        before: tuple[object, ...] | None = None
        for schema in sorted(schemas, key=lambda entry: entry.since_version):
            if describe(schema) != before and schema.since_version >= FIRST:
                changes[schema.since_version].append(name)
            before = describe(schema)
    return changes


def list_operations() -> list[str]:
    """All operations that the set ever had, whatever became of them."""
    return sorted({s.name for s in defs.get_all_schemas_with_history() if s.domain == ""})


def main() -> None:
    """Print the file."""
    print("# Operations that are new in a version of their set, or whose inputs, outputs or")
    print(f"# attributes changed in it; from the schemas of onnx {onnx.__version__}, by")
    print("# tools/list_operation_changes.py.")
    print("operation_changes:")
    print("  ai.onnx:")
    for version, names in sorted(list_changes().items()):
        print(f'    "{version}": [{", ".join(sorted(names))}]')
    print()
    print("# All operations of the set, for which the names above are held against them.")
    print("native_operations:")
    print("  ai.onnx:")
    listed = ", ".join(list_operations())
    print(textwrap.fill(f"[{listed}]", 100, initial_indent="    ", subsequent_indent="     "))


if __name__ == "__main__":
    main()
