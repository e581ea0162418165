"""Write the coverage tables of vLLM: the models that it knows, and how their weights may be packed.

    python tools/coverage/vllm.py SITE RELEASE cyborg_rr/catalogue/coverage

SITE is a folder with the package ``vllm`` of that release, as its wheel holds it. Nothing of it is
run: the registry of models, the methods of quantisation, the least compute capability of each and
those that a platform takes are read as text.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from probing.tables import Rules, write_table

DATE = "2026-11-27"

_LEAST = 75
"""The least compute capability that vLLM's binaries are built for."""

_UNPACKED = "none"

_REGISTRIES = re.compile(r"_(?!PREVIOUSLY|OOT|VLLM)[A-Z_]+_MODELS")
"""The registries by kind of model; those left out are of former releases, or of plug-ins."""

_BACKENDS = ("_TRANSFORMERS_BACKEND_MODELS",)
"""Names of vLLM's own wrappers, which no file states."""

_BY_HARDWARE = "compressed-tensors", "quark"
"""Methods of many schemes, each with a least capability of its own."""


def read_models(registry: Path) -> set[str]:
    """The classes of models that the registry names, as files state them."""
    found: set[str] = set()
    for name, value in _list_constants(registry):
        if isinstance(value, ast.Dict) and _REGISTRIES.fullmatch(name) and name not in _BACKENDS:
            found |= {key.value for key in value.keys if isinstance(key, ast.Constant)}
    return found


def _list_constants(file: Path) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def read_methods(folder: Path) -> dict[str, str]:
    """The class of each method that files may name."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        held = _find_value(node, "method_to_config")
        if isinstance(held, ast.Dict):
            return {
                key.value: value.id
                for key, value in zip(held.keys, held.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(value, ast.Name)
            }
    raise ValueError(f"{folder}: method_to_config is gone")


def _find_value(node: ast.AST, name: str) -> ast.expr | None:
    """What a statement says that a variable of that name holds."""
    if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name:
        return node.value
    return None


def read_capabilities(folder: Path) -> dict[str, int]:
    """The least compute capability by class, where the class or what it extends states one."""
    stated: dict[str, int] = {}
    bases: dict[str, list[str]] = {}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
                for number in _list_capabilities(node):
                    stated[node.name] = number
    return {name: number for name in bases if (number := _find(name, stated, bases)) is not None}


def _list_capabilities(node: ast.ClassDef) -> Iterator[int]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "get_min_capability":
            for inner in ast.walk(method):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Constant):
                    yield int(inner.value.value)


def _find(name: str, stated: Mapping[str, int], bases: Mapping[str, list[str]]) -> int | None:
    if name in stated:
        return stated[name]
    found = (_find(base, stated, bases) for base in bases.get(name, ()))
    return next((number for number in found if number is not None), None)


def read_platform(file: Path) -> set[str]:
    """The methods that a platform says it takes."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        held = _find_value(node, "supported_quantization")
        if isinstance(held, ast.List):
            return {each.value for each in held.elts if isinstance(each, ast.Constant)}
    raise ValueError(f"{file}: supported_quantization is gone")


def make_cuda_rules(methods: Mapping[str, str], least: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rules by the least capability that a method needs; of some it is not stated."""
    known = {
        method: least[name]
        for method, name in methods.items()
        if name in least and method not in _BY_HARDWARE
    }
    rules = []
    for number in sorted({max(found, _LEAST) for found in known.values()}):
        named = sorted(m for m, found in known.items() if max(found, _LEAST) == number)
        first = [_UNPACKED] if number == _LEAST else []
        rule: dict[str, Any] = {"where": [_ask([*first, *named])]}
        rules.append(rule if number == _LEAST else {**rule, "arch": f"sm_{number}"})
    rest = sorted({*methods, *_BY_HARDWARE} - known.keys())
    return [*rules, {"where": [_ask(rest), ["unstated"]]}]


def _ask(methods: list[str]) -> list[Any]:
    return ["attribute", "quantization", "in", methods, _UNPACKED]


def make_platform_rules(taken: set[str]) -> list[dict[str, Any]]:
    """Rules of a platform that lists its methods."""
    plain = [_UNPACKED, *sorted(taken - set(_BY_HARDWARE))]
    open_ones = sorted(taken & set(_BY_HARDWARE))
    return [{"where": [_ask(plain)]}, {"where": [_ask(open_ones), ["unstated"]]}]


def main() -> None:
    """Write a table for each platform."""
    site, release, out = Path(sys.argv[1]) / "vllm", sys.argv[2], Path(sys.argv[3])
    layers = site / "model_executor" / "layers" / "quantization"
    models = read_models(site / "model_executor" / "models" / "registry.py")
    cuda = make_cuda_rules(read_methods(layers), read_capabilities(layers))
    platforms = {
        "cuda": cuda,
        **{
            name: make_platform_rules(read_platform(site / "platforms" / f"{name}.py"))
            for name in ("rocm", "xpu")
        },
    }
    for name, rules in platforms.items():
        header = {
            "release": release,
            "date": DATE,
            "source": f"tools/coverage/vllm.py: the wheel of vllm {release}: registry.py of"
            " model_executor/models, quantization of model_executor/layers, platforms; models"
            " that are not in the registry may run by transformers' own code",
            "otherwise": "unknown",
        }
        table: Rules = dict.fromkeys(models, rules)
        text = write_table(header, {"huggingface": table}, names_rules=True)
        (out / f"vllm-{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
