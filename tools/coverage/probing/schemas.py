"""The schemas of operations by set: of onnx itself, and of ONNX Runtime for com.microsoft."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import onnx
from onnx import defs

_OPTIONS = {
    str(each).rpartition(".")[2]: each
    for each in defs.OpSchema.FormalParameterOption.__members__.values()
}


@dataclass(frozen=True)
class Parameter:
    """A formal input or output."""

    name: str
    type_str: str
    option: Any


@dataclass(frozen=True)
class Attribute:
    """An attribute with the value that it has where it is left out."""

    name: str
    default_value: onnx.AttributeProto


@dataclass(frozen=True)
class Schema:
    """A schema of ONNX Runtime, as those of onnx are."""

    name: str
    domain: str
    since_version: int
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    attributes: dict[str, Attribute]
    type_constraints: tuple[Any, ...]
    deprecated: bool = False


def list_schemas(domain: str) -> dict[str, list[Any]]:
    """The schemas of each operation of a set, the oldest first."""
    found: dict[str, list[Any]] = defaultdict(list)
    listed = defs.get_all_schemas_with_history() if not domain else _list_of_runtime(domain)
    for schema in listed:
        if schema.domain == domain:
            found[schema.name].append(schema)
    return {
        name: sorted(each, key=lambda schema: schema.since_version)
        for name, each in sorted(found.items())
    }


def _list_of_runtime(domain: str) -> list[Schema]:
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    return [_read(each) for each in runtime.get_all_operator_schema() if each.domain == domain]


def _read(schema: Any) -> Schema:
    attributes = {}
    for name, each in schema.attributes.items():
        default = onnx.AttributeProto()
        default.ParseFromString(each._default_value)
        attributes[name] = Attribute(name, default)
    return Schema(
        schema.name,
        schema.domain,
        schema.since_version,
        tuple(_read_parameter(each) for each in schema.inputs),
        tuple(_read_parameter(each) for each in schema.outputs),
        attributes,
        tuple(schema.type_constraints),
    )


def _read_parameter(parameter: Any) -> Parameter:
    option = _OPTIONS[str(parameter.option).rpartition(".")[2]]
    return Parameter(parameter.name, parameter.typeStr, option)
