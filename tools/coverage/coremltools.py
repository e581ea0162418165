"""Write the coverage table of Core ML's converter: operations of PyTorch that it can translate.

    python tools/coverage/coremltools.py SITE RELEASE cyborg_rr/catalogue/coverage/coremltools.json

SITE is a folder with the package ``coremltools`` of that release, as its wheel holds it; run by a
Python that has torch, which knows the names of all operations and their overloads. Of the package
only the registry is read and the two functions that make a name of the registry of one of torch.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from probing.tables import Rules, write_table

DATE = "2026-11-27"

_TYPES = ["f32", "f16", "f64", "i64", "i32", "i16", "i8", "u8", "i1"]
"""NUM_TO_TORCH_DTYPE of the converter; 64 bits are narrowed."""

_FRONT = Path("coremltools") / "converters" / "mil" / "frontend" / "torch"
_NAMING = ("sanitize_op_kind", "unify_inplace_and_functional")


def list_registered(folder: Path) -> Iterator[str]:
    """The names that ``register_torch_op`` gives to translations, with their aliases."""
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield from _list_names(node)


def _list_names(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if getattr(called, "id", "") != "register_torch_op":
            continue
        yield function.name
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "torch_alias":
                yield from ast.literal_eval(keyword.value)


def read_naming(folder: Path) -> Callable[[str], str]:
    """How the converter makes a name of its registry of one of torch."""
    tree = ast.parse((folder / "utils.py").read_text(encoding="utf-8"))
    kept = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in _NAMING]
    space: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), "utils.py", "exec"), space)  # noqa: S102
    return lambda name: space[_NAMING[1]](space[_NAMING[0]](name))


def main() -> None:
    """Write the table."""
    folder, release, out = Path(sys.argv[1]) / _FRONT, sys.argv[2], Path(sys.argv[3])
    registered, name_of = set(list_registered(folder)), read_naming(folder)
    rule = {"inputs": {"*": _TYPES}, "outputs": {"*": _TYPES}}
    rules: Rules = {}
    for schema in torch._C._jit_get_all_schemas():
        space, _, name = schema.name.partition("::")
        full = f"{name}.{schema.overload_name}" if schema.overload_name else name
        if space == "aten" and name_of(f"aten::{full}") in registered:
            rules[full] = [rule]
    sizes = {n: [{"where": [["unstated"]]}] for n in dir(operator) if n in registered}
    header = {
        "release": release,
        "date": DATE,
        "source": f"tools/coverage/coremltools.py: what the front end for torch of coremltools"
        f" {release} registers, by the names of the operations of torch {torch.__version__}; an"
        " operation that is not registered ends the conversion",
        "otherwise": "refused",
    }
    table = write_table(header, {"aten": rules, "operator": sizes}, names_rules=True)
    out.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
