"""Write the coverage tables of vLLM: the models that it knows, and how their weights may be packed.

    python tools/coverage/vllm.py SITE RELEASE cyborg_rr/catalogue/coverage [PLUGIN]

SITE is a folder with the package ``vllm`` of that release, as its wheel holds it. With PLUGIN, a
folder with ``vllm_ascend`` of the same release, the table of that alone is written. Nothing is
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


def read_platform(file: Path, constants: Mapping[str, str] | None = None) -> set[str]:
    """The methods that a platform says it takes, some of them by names of constants."""
    known = constants or {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        held = _find_value(node, "supported_quantization")
        if isinstance(held, ast.List):
            plain = {each.value for each in held.elts if isinstance(each, ast.Constant)}
            return plain | {known[each.id] for each in held.elts if isinstance(each, ast.Name)}
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


def read_plugin(folder: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """What vllm_ascend registers beside vLLM's models, and its rules.

    Which schemes of other methods than its own a part takes is not stated in one place.
    """
    text = (folder / "models" / "__init__.py").read_text(encoding="utf-8")
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    own = [call.args[0].value for call in calls if getattr(call.func, "attr", "") == _REGISTER]
    constants = {
        name: value.value
        for name, value in _list_constants(folder / "utils.py")
        if isinstance(value, ast.Constant)
    }
    taken = read_platform(folder / "platform.py", constants)
    mine = {constants["ASCEND_QUANTIZATION_METHOD"]}
    return own, [
        {"where": [_ask([_UNPACKED, *mine])]},
        {"where": [_ask(sorted(taken - mine)), ["unstated"]]},
    ]


_REGISTER = "register_model"


def main() -> None:
    """Write a table for each platform."""
    site, release, out = Path(sys.argv[1]) / "vllm", sys.argv[2], Path(sys.argv[3])
    layers = site / "model_executor" / "layers" / "quantization"
    models = sorted(read_models(site / "model_executor" / "models" / "registry.py"))
    if len(sys.argv) > 4:
        own, rules = read_plugin(Path(sys.argv[4]) / "vllm_ascend")
        write(out / "vllm-ascend.json", release, [*models, *own], rules)
        return
    write(
        out / "vllm-cuda.json",
        release,
        models,
        make_cuda_rules(read_methods(layers), read_capabilities(layers)),
    )
    for name in ("rocm", "xpu"):
        taken = read_platform(site / "platforms" / f"{name}.py")
        write(out / f"vllm-{name}.json", release, models, make_platform_rules(taken))


def write(out: Path, release: str, models: list[str], rules: list[dict[str, Any]]) -> None:
    """Write one table."""
    wheel = f"the wheel of vllm {release}"
    if out.stem == "vllm-ascend":
        wheel += f" and that of vllm_ascend {release} (models, platform.py)"
    header = {
        "release": release,
        "date": DATE,
        "source": f"tools/coverage/vllm.py: {wheel}: registry.py of"
        " model_executor/models, quantization of model_executor/layers, platforms; models"
        " that are not in the registry may run by transformers' own code",
        "otherwise": "unknown",
    }
    table: Rules = dict.fromkeys(models, rules)
    out.write_text(write_table(header, {"huggingface": table}, names_rules=True), encoding="utf-8")


if __name__ == "__main__":
    main()
