"""What an attribute stands for when it is absent is what ONNX says, here and in its reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import onnx.defs
import onnx.helper
import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, AttributeType
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.readers.dialects.onnx.schema import OnnxGraph, OnnxNode
from cyborg_rr.readers.dialects.onnx.scope import Scope
from cyborg_rr.readers.dialects.onnx.tensors import ELEMENT_TYPES
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode
from cyborg_rr.readers.dialects.onnx.translation.operations import NEWEST_VERSION, OPERATIONS
from cyborg_rr.readers.kit.steps import Step

_CLAUSE = re.compile(
    r"(?P<name>[A-Z]\w*?)(?: and its like)?(?: before (?P<before>\d+)| from (?P<since>\d+) on)?"
    r"(?: `(?P<native>\w+)`)?(?: and its like)?(?P<otherwise> \(.+\))?"
)
"""One operation that a source names, as ``Attribute`` says how."""

_OTHER = (
    *("ONNX Runtime ", "StableHLO", "CHLO ", "NNVM ", "MXNet ", "XLA HLO ", "a StableHLO "),
    *("ggml ", "torch.", "Mamba ", "ai.onnx.ml ", "PyTorch "),
)

_LARGEST = 3.4028234663852886e38

SAYS_NOTHING: tuple[object, ...] = (b"NOTSET", _LARGEST, -_LARGEST)
"""Defaults of ONNX that stand for no value at all: no automatic padding, no bound."""

TYPES: Mapping[str, tuple[AttributeType, ...]] = {
    "INT": ("integer", "flag", "integers"),
    "FLOAT": ("number",),
    "STRING": ("text",),
    "INTS": ("integers",),
    "FLOATS": ("numbers",),
}
"""What an attribute of ONNX may be here; a number that names an element type is text besides."""


class Sourced(NamedTuple):
    """An attribute of a canonical operation, and one that it comes from in ONNX."""

    operation: Operation
    attribute: Attribute
    schema: onnx.defs.OpSchema
    native: str

    def __str__(self) -> str:
        where = f"{self.schema.name}-{self.schema.since_version}.{self.native}"
        return f"{self.operation.name}.{self.attribute.name} of {where}"

    @property
    def defined(self) -> onnx.defs.OpSchema.Attribute:
        return self.schema.attributes[self.native]

    @property
    def default(self) -> object:
        """What ONNX says an absent one stands for, in our words; None: nothing."""
        if not self.defined.default_value.name:
            return None
        value = onnx.helper.get_attribute_value(self.defined.default_value)
        if value in SAYS_NOTHING:
            return None
        if self.attribute.name == "element_type":
            return ELEMENT_TYPES.get(value)
        if self.attribute.type == "flag":
            return bool(value)
        if isinstance(value, float):
            return pytest.approx(value)
        if isinstance(value, bytes):
            return value.decode()
        return tuple(value) if isinstance(value, list) else value


def list_sourced() -> Iterator[Sourced]:
    for operation in REGISTRY.values():
        for attribute in operation.attributes:
            for schema, native in find_definitions(attribute):
                yield Sourced(operation, attribute, schema, native)


def find_definitions(attribute: Attribute) -> Iterator[tuple[onnx.defs.OpSchema, str]]:
    """Every operation that an attribute's source names for ONNX, with the name there."""
    parts = re.split(r"[,;] ", attribute.source)
    assert parts[0].startswith(("ONNX ", *_OTHER)), f"of no IR: {attribute.source}"
    clauses = [_CLAUSE.fullmatch(part) for part in list_onnx(parts)]
    assert all(clauses), f"not to be read: {attribute.source}"
    found = [clause for clause in clauses if clause]
    native, bound, otherwise = attribute.name, (None, None), False
    for clause in reversed(found):  # what stands behind the last of a list holds for all of it
        if clause["native"] or clause["before"] or clause["since"] or clause["otherwise"]:
            native = clause["native"] or native
            bound = (clause["before"], clause["since"])
            otherwise = bool(clause["otherwise"])
        if not otherwise:
            yield find_schema(clause["name"], *bound), native


def list_onnx(parts: list[str]) -> Iterator[str]:
    """The clauses that are ONNX's own; a bare name goes on with the list before it."""
    ours = False
    for part in parts:
        if part.startswith(_OTHER):
            ours = False
        elif part.startswith("ONNX "):
            ours = True
        if ours:
            yield part.removeprefix("ONNX ")


def find_schema(name: str, before: str | None, since: str | None) -> onnx.defs.OpSchema:
    newest = onnx.defs.get_schema(name, int(before) - 1 if before else NEWEST_VERSION)
    assert since is None or newest.since_version >= int(since)
    return newest


SOURCED = list(list_sourced())
each_sourced = pytest.mark.parametrize("sourced", SOURCED, ids=map(str, SOURCED))


def translate(sourced: Sourced) -> list[Step]:
    """What the reader makes of a node that has all that ONNX requires but this attribute."""
    schema = sourced.schema
    usual = {"INT": 1, "INTS": (1, 1), "FLOAT": 1.0, "FLOATS": (1.0, 1.0), "STRING": "a"}
    given: dict[str, object] = {
        name: usual[each.type.name]
        for name, each in schema.attributes.items()
        if each.required and name != sourced.native and each.type.name in usual
    }
    if "broadcast" in schema.attributes:
        given["broadcast"] = 1  # without it, `axis` says nothing
    inputs = tuple(f"x{place}" for place in range(schema.min_input))
    outputs = tuple(f"y{place}" for place in range(max(schema.min_output, 1)))
    node = NativeOnnxNode(
        schema.name, "n", inputs, outputs, given, lambda name: None, lambda name: None,
        schema.since_version, OnnxNode({}, 0, schema.name), Scope(None, OnnxGraph()),
    )  # fmt: skip
    return OPERATIONS[schema.name](node)


def test_most_attributes_of_onnx_are_held_against_it() -> None:
    assert len(SOURCED) > 80


@each_sourced
def test_an_attribute_has_the_type_that_onnx_gives_it(sourced: Sourced) -> None:
    named = ("text",) if sourced.attribute.name == "element_type" else ()
    assert sourced.attribute.type in (*TYPES[sourced.defined.type.name], *named)


@each_sourced
def test_a_default_is_that_of_onnx_unless_a_reason_is_given(sourced: Sourced) -> None:
    differs = sourced.attribute.default != sourced.default
    assert differs == bool(sourced.attribute.differs)


@each_sourced
def test_the_reader_lets_an_absent_attribute_stand_for_what_onnx_says(sourced: Sourced) -> None:
    follows = sourced.default is None and "absent" in sourced.attribute.meaning
    if sourced.defined.required or follows:
        return  # nothing, or what other things say, is what an absent one stands for
    name = sourced.attribute.name
    steps = [each for each in translate(sourced) if each.operation == sourced.operation.name]
    assert steps
    for step in steps:
        written = step.attributes.get(name)
        assert not sourced.attribute.differs or written is not None
        assert (sourced.attribute.default if written is None else written) == sourced.default


@each_sourced
def test_what_onnx_requires_has_no_default(sourced: Sourced) -> None:
    attribute = sourced.attribute
    if not sourced.defined.required:
        assert not attribute.required
        return
    assert attribute.default is None
    assert attribute.required or "absent" in attribute.meaning


@each_sourced
def test_the_reader_refuses_a_node_without_what_is_required(sourced: Sourced) -> None:
    if sourced.attribute.required:
        with pytest.raises(UnreadableModel, match=f"attribute '{sourced.native}' is missing"):
            translate(sourced)


BY_HAND: Mapping[tuple[str, str], object] = {
    # PyTorch, hstack and fft_fft
    ("concatenate", "lowered"): False,
    ("fft", "dimensions"): 1,
    # ONNX, outside the definitions of attributes
    ("constant_of_shape", "element_type"): "f32",
    ("constant_of_shape", "value"): 0,
    ("reduce", "element_type"): "i64",
    ("scan", "batched"): False,
    ("top_k", "index_type"): "i64",
    # ContribOperators.md of ONNX Runtime
    ("matmul", "trans_a"): False,
    ("matmul", "trans_b"): False,
    ("matmul", "trans_batch_a"): False,
    ("matmul", "trans_batch_b"): False,
    ("matmul", "padded"): False,
    ("attention", "past_is_buffer"): False,
    # the specification of StableHLO
    ("convolution", "batch_groups"): 1,
    ("scatter", "operands"): 1,
    ("scatter", "reduction"): "none",
    ("sort", "axis"): -1,
    # fusions of XLA HLO, products of experts
    ("call", "fused"): False,
    ("indexed_matmul", "trans_b"): False,
    # torch.searchsorted, which gives i64 unless `out_int32`
    ("search_sorted", "index_type"): "i64",
    # Mamba, whose channels are each by themselves and whose tokens are taken one by one
    ("state_scan", "form"): "channels",
    ("state_scan", "chunk"): 0,
    ("state_scan", "heads"): 0,
    # MXNet: what ONNX does not do
    ("matmul", "crossed"): False,
    ("gemm", "units_last"): False,
    ("reduce", "exclude"): False,
    ("reshape", "codes"): False,
    ("reshape", "from_back"): False,
    # not known
    ("all_gather", "group_size"): 0,
    ("reduce_scatter", "group_size"): 0,
    # foreseen for IRs that no reader reads yet
    ("convolution", "out_channels"): 0,
    ("convolution_transpose", "out_channels"): 0,
    ("gemm", "units"): 0,
    ("gemm", "units_flatten"): False,
}
"""Defaults of which ``onnx.defs`` says nothing, by who says it."""


def test_every_other_default_is_what_a_person_read() -> None:
    held = {(each.operation.name, each.attribute.name) for each in SOURCED}
    others = {
        (operation.name, attribute.name): attribute.default
        for operation in REGISTRY.values()
        for attribute in operation.attributes
        if attribute.default is not None and (operation.name, attribute.name) not in held
    }
    assert others == BY_HAND
