"""ONNX models of one node each, made from the schema of an operation and a call."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import onnx
from onnx import TensorProto, defs, helper
from probing.calls import Call, Operand
from probing.subgraphs import make_graphs

NAMES: Mapping[str, int] = {
    "f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16,
    "f64": TensorProto.DOUBLE, "i64": TensorProto.INT64, "i32": TensorProto.INT32,
    "i8": TensorProto.INT8, "u8": TensorProto.UINT8, "i1": TensorProto.BOOL,
    "i16": TensorProto.INT16, "u16": TensorProto.UINT16, "u32": TensorProto.UINT32,
    "u64": TensorProto.UINT64, "i4": TensorProto.INT4, "u4": TensorProto.UINT4,
    "i2": TensorProto.INT2, "u2": TensorProto.UINT2,
    "f8E4M3FN": TensorProto.FLOAT8E4M3FN, "f8E4M3FNUZ": TensorProto.FLOAT8E4M3FNUZ,
    "f8E5M2": TensorProto.FLOAT8E5M2, "f8E5M2FNUZ": TensorProto.FLOAT8E5M2FNUZ,
    "f8E8M0FNU": TensorProto.FLOAT8E8M0, "f4E2M1FN": TensorProto.FLOAT4E2M1,
    "c64": TensorProto.COMPLEX64, "c128": TensorProto.COMPLEX128, "str": TensorProto.STRING,
}  # fmt: skip
"""Element types as the catalogue names them, those first that a call is tried with first."""

_SCHEMA_NAMES = {
    f"tensor({onnx.TensorProto.DataType.Name(number).lower()})": name
    for name, number in NAMES.items()
}
_SEQUENCES = {f"seq({text})": name for text, name in _SCHEMA_NAMES.items()}
_VARIADIC = defs.OpSchema.FormalParameterOption.Variadic
_MAX_PRODUCT = 700
_PLAIN_DOMAINS = ("", "ai.onnx")

Types = Mapping[str, str]
"""The element type of each type parameter."""


def list_types(schema: Any) -> dict[str, list[str]]:
    """The element types of each type parameter for tensors, those first that are tried first."""
    found = {}
    for constraint in schema.type_constraints:
        texts = constraint.allowed_type_strs
        names = {_SCHEMA_NAMES.get(each) for each in texts}
        if is_sequence(constraint):
            names = {_SEQUENCES.get(each) for each in texts}
        found[constraint.type_param_str] = [name for name in NAMES if name in names]
    return found


def is_sequence(constraint: Any) -> bool:
    """Whether a type parameter is one of lists of tensors."""
    return all(each.startswith("seq(") for each in constraint.allowed_type_strs)


def find_parameter(parameters: Sequence[Any], place: int) -> Any:
    """The formal parameter of a place; None where the schema has none there."""
    if place < len(parameters):
        return parameters[place]
    last = parameters[-1] if parameters else None
    return last if last is not None and last.option == _VARIADIC else None


def fit(call: Call, schema: Any) -> Call:
    """The call without what this version of the operation does not have."""
    operands = tuple(
        operand
        for place, operand in enumerate(call.operands)
        if find_parameter(schema.inputs, place) is not None
    )
    attributes = {n: v for n, v in call.attributes.items() if n in schema.attributes}
    most = len(schema.outputs)
    many = bool(most) and schema.outputs[-1].option == _VARIADIC
    outputs = call.outputs if many else min(call.outputs, most)
    return replace(call, operands=operands, attributes=attributes, outputs=outputs)


def is_whole(call: Call, schema: Any) -> bool:
    """Whether this version has all operands and attributes of the call."""
    fitted = fit(call, schema)
    return len(fitted.operands) == len(call.operands) and fitted.attributes == dict(call.attributes)


def list_parameters(call: Call, schema: Any, type_attributes: Mapping[str, str]) -> list[str]:
    """The type parameters on which the call depends."""
    formal = [
        find_parameter(schema.inputs, place)
        for place, operand in enumerate(call.operands)
        if operand.shape is not None
    ]
    formal += [find_parameter(schema.outputs, place) for place in range(call.outputs)]
    names = {parameter.type_str for parameter in formal if parameter is not None}
    names |= {p for n, p in type_attributes.items() if n in schema.attributes}
    return [c.type_param_str for c in schema.type_constraints if c.type_param_str in names]


def is_exhaustive(parameters: Sequence[str], allowed: Mapping[str, Sequence[str]]) -> bool:
    """Whether all combinations of element types are asked for."""
    return math.prod(len(allowed[name]) for name in parameters) <= _MAX_PRODUCT


def list_assignments(
    parameters: Sequence[str], allowed: Mapping[str, Sequence[str]], first: Types
) -> Iterator[Types]:
    """Element types for all parameters: every combination, or one change at a time of too many."""
    choices = [allowed[name] for name in parameters]
    if is_exhaustive(parameters, allowed):
        for chosen in itertools.product(*choices):
            yield dict(zip(parameters, chosen, strict=True))
        return
    yield {name: first[name] for name in parameters}
    for name in parameters:
        for other in allowed[name]:
            if other != first[name]:
                yield {**{each: first[each] for each in parameters}, name: other}


def build(
    call: Call, schema: Any, types: Types, type_attributes: Mapping[str, str], version: int
) -> bytes:
    """The model; ``version`` is that of the operation set."""
    inputs, stored, names = [], [], []
    for place, operand in enumerate(call.operands):
        names.append("" if operand.shape is None else f"in{place}")
        if operand.shape is None:
            continue
        parameter = find_parameter(schema.inputs, place)
        if operand.is_stored:
            stored.append(_make_tensor(names[-1], _find_type(parameter, types), operand))
        else:
            inputs.append(_make_info(names[-1], schema, parameter, types, list(operand.shape)))
    while names and not names[-1]:
        names.pop()
    outputs = [f"out{place}" for place in range(call.outputs)]
    attributes = _list_attributes(call, schema, types, type_attributes)
    node = helper.make_node(schema.name, names, outputs, domain=schema.domain, **attributes)
    results = [
        _make_info(name, schema, find_parameter(schema.outputs, place), types, None)
        for place, name in enumerate(outputs)
    ]
    graph = helper.make_graph([node], "g", inputs, results, stored)
    return make_model(graph, schema.domain, version)


def _make_info(
    name: str, schema: Any, parameter: Any, types: Types, shape: list[int] | None
) -> Any:
    number = _find_type(parameter, types)
    for constraint in schema.type_constraints:
        if constraint.type_param_str == parameter.type_str and is_sequence(constraint):
            return helper.make_tensor_sequence_value_info(name, number, shape)
    return helper.make_tensor_value_info(name, number, shape)


def make_model(graph: Any, domain: str, version: int) -> bytes:
    """The file of a graph whose operations are of one version of a set, or of ai.onnx beside it."""
    sets = [helper.make_opsetid(domain, version)]
    if domain not in _PLAIN_DOMAINS:
        sets.append(helper.make_opsetid("", 17))
    ir = helper.find_min_ir_version_for([each for each in sets if not each.domain] or sets, True)
    return bytes(
        helper.make_model(graph, opset_imports=sets, ir_version=max(ir, 8)).SerializeToString()
    )


def _list_attributes(
    call: Call, schema: Any, types: Types, type_attributes: Mapping[str, str]
) -> dict[str, Any]:
    attributes = dict(call.attributes)
    for name, parameter in type_attributes.items():
        if name in schema.attributes:
            attributes[name] = NAMES[types[parameter]]
    if call.value is not None and "value" in schema.attributes:
        parameter = schema.outputs[0].type_str
        number = NAMES[types[parameter]]
        attributes["value"] = _make_tensor("value", number, Operand(call.value))
    if call.graphs:
        attributes |= make_graphs(call.graphs, NAMES[types["V"]])
    return attributes


def _find_type(parameter: Any, types: Types) -> int:
    text = parameter.type_str
    if text in types:
        return NAMES[types[text]]
    return NAMES[_SCHEMA_NAMES[text]]


def _make_tensor(name: str, number: int, operand: Operand) -> Any:
    shape = operand.shape or ()
    count = 1
    for each in shape:
        count *= each
    values: list[Any] = list(operand.values) if operand.values is not None else [1] * count
    if number == TensorProto.STRING:
        values = [b"a"] * len(values)
    elif number not in (
        TensorProto.FLOAT,
        TensorProto.FLOAT16,
        TensorProto.BFLOAT16,
        TensorProto.DOUBLE,
    ):
        values = [int(each) for each in values]
    return helper.make_tensor(name, number, list(shape), values)
