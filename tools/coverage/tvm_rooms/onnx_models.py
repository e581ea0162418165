"""What TVM's ONNX front end imports and its CUDA back end makes code of, asked one by one."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import onnx
from onnx import helper
from probing.asking import DIED, Ask, Process
from probing.calls import load_specimens
from probing.functions import FUNCTIONS, ask_function
from probing.inferring import Probe
from probing.remembering import remember
from probing.schemas import list_schemas
from probing.tables import Rules, add_rules, ask_all, open_ends
from tvm_rooms.compiling import make_compiler, say

LEAST = 1
LATEST = 28
"""Operation sets of ONNX; the front end asks for none, it takes the nearest converter before."""

_SECONDS = 300.0
"""An answer takes a tenth of a second; one that takes longer does not end."""

_DEATHS = 3
_IN_TYPES = {"OneHot": {"T1": "i64", "T2": "i64", "T3": "f32"}}


def start(target: str) -> Ask:
    """The tool; ``import tvm`` stands in the process that this one is forked from."""
    warnings.filterwarnings("ignore")
    from tvm.relax.frontend.onnx import from_onnx

    compile_module = make_compiler(target)

    def ask(data: bytes) -> str:
        model = give_lists(onnx.ModelProto.FromString(data))
        try:
            module = from_onnx(model, keep_params_in_input=False)
        except Exception as error:  # noqa: BLE001  tools refuse in any way
            return say(error)
        return compile_module(module)

    return ask


def give_lists(model: Any) -> Any:
    """The model with lists that nodes make of tensors: no input of the front end is a list."""
    nodes, inputs = [], []
    for each in model.graph.input:
        if each.type.WhichOneof("value") != "sequence_type":
            inputs.append(each)
            continue
        names = [f"{each.name}_{index}" for index in range(2)]
        for name in names:
            tensor = onnx.ValueInfoProto(name=name, type=each.type.sequence_type.elem_type)
            inputs.append(tensor)
        nodes.append(helper.make_node("SequenceConstruct", names, [each.name]))
    if nodes:
        nodes += list(model.graph.node)
        del model.graph.input[:], model.graph.node[:]
        model.graph.input.extend(inputs)
        model.graph.node.extend(nodes)
    return model


def stop_after(ask: Ask, deaths: int) -> Ask:
    """Asks no more about an operation that the tool died of that often."""
    died: Counter[str] = Counter()

    def ask_unless(data: bytes) -> str:
        name = onnx.ModelProto.FromString(data).graph.node[0].op_type
        if died[name] >= deaths:
            return DIED
        answer = ask(data)
        died[name] += answer == DIED
        return answer

    return ask_unless


def ask_onnx(target: str, kept: Path, notes: list[str]) -> dict[str, Rules]:
    """The rules of both operation sets whose operations the front end has."""
    from tvm.relax.frontend.onnx import onnx_frontend

    handled = {"Constant", "If", *onnx_frontend._get_convert_map()}
    process = Process(partial(start, target), _SECONDS)
    asked = remember(stop_after(process, _DEATHS), kept)

    def ask(data: bytes) -> str:
        name = onnx.ModelProto.FromString(data).graph.node[0].op_type
        return asked(data) if name in handled else f"no converter for {name}"

    sets = {
        "ai.onnx": ask_all(ask, (LEAST, LATEST), notes, is_thorough=False),
        "com.microsoft": ask_all(ask, (1, 1), notes, "com.microsoft", is_thorough=False),
    }
    sets["ai.onnx"] |= ask_in_types(ask, notes)
    sets[FUNCTIONS] = ask_function(asked)
    known = {name for domain in ("", "com.microsoft") for name in load_specimens(domain)}
    for name in sorted((handled & list_schemas("").keys()) - known):
        sets["ai.onnx"][name] = [{"where": [["unstated"]]}]
    notes.append(f"{process.count} models")
    latest = {"ai.onnx": LATEST, "com.microsoft": 1}
    return {name: open_ends(rules, latest.get(name, LATEST)) for name, rules in sets.items()}


def ask_in_types(ask: Ask, notes: list[str]) -> Rules:
    """The rules of operations that are asked in other element types than the first of the schema.

    Of many combinations of types only those are asked that differ from the first one in one place.
    """
    found: Rules = {}
    for name, types in _IN_TYPES.items():
        specimen = replace(load_specimens("")[name][-1], types=types)
        rules = found.setdefault(name, [])
        schemas = list_schemas("")[name]
        for schema, later in zip(schemas, [*schemas[1:], None], strict=True):
            until = LATEST if later is None else later.since_version - 1
            since = schema.since_version
            made = Probe(schema, specimen, since, ask, notes, is_thorough=False).list_rules()
            add_rules(rules, made, since, until)
    return found
