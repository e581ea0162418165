"""What TVM's StableHLO front end imports and its CUDA back end makes code of, asked one by one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from probing.asking import Ask, Process
from probing.remembering import remember
from probing.tables import Rules
from tvm_rooms.compiling import make_compiler, say
from tvm_rooms.ways import TYPES, Way, list_ways

_SECONDS = 300.0
_OTHER_SHAPE = "the result has another shape than the module states"


def start(target: str) -> Ask:
    """The tool; ``import tvm`` stands in the process that this one is forked from."""
    warnings.filterwarnings("ignore")
    os.environ["JAX_PLATFORMS"] = "cpu"
    from tvm.relax.frontend.stablehlo import from_stablehlo

    compile_module = make_compiler(target)

    def ask(data: bytes) -> str:
        text = data.decode()
        try:
            module = from_stablehlo(text)
        except Exception as error:  # noqa: BLE001  tools refuse in any way
            return say(error)
        stated = text.rpartition("tensor<")[2].partition(">")[0].split("x")[:-1]
        found = [str(int(size)) for size in module["main"].ret_ty.shape.values]
        return compile_module(module) or (_OTHER_SHAPE if found != stated else "")

    return ask


def ask_stablehlo(target: str, kept: Path, notes: list[str]) -> dict[str, Rules]:
    """The rules by dialect of all operations that the front end's own map has."""
    from tvm.relax.frontend.stablehlo import stablehlo_translator

    process = Process(partial(start, target), _SECONDS)
    ask = remember(process, kept)
    ways = list_ways()
    sets: dict[str, Rules] = {}
    sets["func"] = {}  # a call of a function is refused, unless the map has it
    for name in sorted(stablehlo_translator.StableHLOImporter().convert_map):
        dialect, _, operation = name.partition(".")
        rules = list(_list_rules(ask, ways.get(name, ()), notes))
        if rules:
            sets.setdefault(dialect, {})[operation] = rules
        elif name not in ways:
            notes.append(f"{name}: no specimen")
    notes.append(f"{process.count} modules")
    return sets


def _list_rules(ask: Ask, ways: Sequence[Way], notes: list[str]) -> Iterator[dict[str, Any]]:
    """What is taken in each way; one way for all where nothing tells them apart."""
    plain = [way for way in ways if not way.is_odd]
    found = [(way, _list_types(ask, way)) for way in plain]
    if not any(types for _, types in found):
        notes += [f"{way.name}: {ask(way.write('f32').encode())}" for way in plain[:1]]
        return
    if all(types == found[0][1] for _, types in found):
        yield from _write(ask, *found[0], ())
        return
    for way, types in found:
        if types:
            yield from _write(ask, way, types, way.where)
    refused = [way.where for way, types in found if not types]
    odd = [_list_types(ask, way) for way in ways if way.is_odd and way.where in refused]
    if any(odd):
        types = [name for name in TYPES if any(name in each for each in odd)]
        yield {"inputs": {"*": types}, "where": [["unstated"]]}


def _list_types(ask: Ask, way: Way) -> list[str]:
    return [name for name, text in TYPES.items() if not ask(way.write(text).encode())]


def _write(
    ask: Ask, way: Way, types: Sequence[str], where: Sequence[tuple[Any, ...]]
) -> Iterator[dict[str, Any]]:
    """A rule for the types that may be stored, and one for those that may not."""
    places = range(len(way.operands))
    stored = [
        name
        for name in types
        if all(not ask(way.write(TYPES[name], (place,)).encode()) for place in places)
    ]
    for names, is_computed in ((stored, False), ([n for n in types if n not in stored], True)):
        conditions = [list(each) for each in where]
        if is_computed:
            conditions += [["computed", str(place)] for place in places]
        if names:
            yield {"inputs": {"*": names}, **({"where": conditions} if conditions else {})}
