"""Names that stand in texts: fields of messages, element types, kinds of attributes.

Fields: onnx.proto of ONNX 1.23; what the reader has no use for is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.formats.protobuf_text import Kind, TextField, TextSchema

ELEMENT_TYPES: Final[Mapping[str, int]] = {
    "float": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
    "string": 8, "bool": 9, "float16": 10, "double": 11, "uint32": 12, "uint64": 13,
    "complex64": 14, "complex128": 15, "bfloat16": 16, "float8e4m3fn": 17, "float8e4m3fnuz": 18,
    "float8e5m2": 19, "float8e5m2fnuz": 20, "uint4": 21, "int4": 22, "float4e2m1": 23,
    "float8e8m0": 24, "uint2": 25, "int2": 26,
}  # fmt: skip
"""TensorProto.DataType, by the names of onnx/defs/parser.h (without capitals in the text)."""

KINDS: Final[Mapping[str, int]] = {
    "float": 1, "int": 2, "string": 3, "tensor": 4, "graph": 5, "floats": 6, "ints": 7,
    "strings": 8, "tensors": 9, "graphs": 10, "sparse_tensor": 11, "sparse_tensors": 12,
    "type_proto": 13, "type_protos": 14,
}  # fmt: skip
"""AttributeProto.AttributeType."""

_DATA_WORDS: Final = {
    **{name.upper(): number for name, number in ELEMENT_TYPES.items()}, "UNDEFINED": 0,
}  # fmt: skip
_KIND_WORDS: Final = {**{name.upper(): number for name, number in KINDS.items()}, "UNDEFINED": 0}


def _texts(**fields: int) -> dict[str, TextField]:
    return {name: TextField(number, "bytes") for name, number in fields.items()}


def _numbers(kind: Kind = "varint", **fields: int) -> dict[str, TextField]:
    return {name: TextField(number, kind) for name, number in fields.items()}


def _messages(**fields: tuple[int, str]) -> dict[str, TextField]:
    return {name: TextField(n, "message", inner) for name, (n, inner) in fields.items()}


_SHAPED: Final = {
    "elem_type": TextField(1, "varint", words=_DATA_WORDS),
    **_messages(shape=(2, "TensorShapeProto")),
}

MODEL: Final[TextSchema] = {
    "ModelProto": {
        **_numbers(ir_version=1, model_version=5),
        **_texts(producer_name=2, producer_version=3, domain=4),
        **_messages(opset_import=(8, "OperatorSetIdProto"), graph=(7, "GraphProto"),
                    training_info=(20, "TrainingInfoProto"), functions=(25, "FunctionProto")),
    },
    "OperatorSetIdProto": {**_texts(domain=1), **_numbers(version=2)},
    "GraphProto": {
        **_texts(name=2),
        **_messages(node=(1, "NodeProto"), initializer=(5, "TensorProto"),
                    sparse_initializer=(15, "SparseTensorProto"), input=(11, "ValueInfoProto"),
                    output=(12, "ValueInfoProto"), value_info=(13, "ValueInfoProto")),
    },
    "NodeProto": {
        **_texts(input=1, output=2, name=3, op_type=4, domain=7, overload=8),
        **_messages(attribute=(5, "AttributeProto")),
    },
    "AttributeProto": {
        **_texts(name=1, ref_attr_name=21, s=4, strings=9),
        "type": TextField(20, "varint", words=_KIND_WORDS),
        **_numbers("float", f=2, floats=7),
        **_numbers(i=3, ints=8),
        **_messages(t=(5, "TensorProto"), g=(6, "GraphProto"), tp=(14, "TypeProto"),
                    sparse_tensor=(22, "SparseTensorProto"), tensors=(10, "TensorProto"),
                    graphs=(11, "GraphProto")),
    },
    "TensorProto": {
        "data_type": TextField(2, "varint", words=_DATA_WORDS),
        "data_location": TextField(14, "varint", words={"DEFAULT": 0, "EXTERNAL": 1}),
        **_numbers(dims=1, int32_data=5, int64_data=7, uint64_data=11),
        **_numbers("float", float_data=4),
        **_numbers("double", double_data=10),
        **_texts(string_data=6, name=8, raw_data=9),
        **_messages(external_data=(13, "StringStringEntryProto")),
    },
    "StringStringEntryProto": _texts(key=1, value=2),
    "SparseTensorProto": {
        **_numbers(dims=3), **_messages(values=(1, "TensorProto"), indices=(2, "TensorProto")),
    },
    "ValueInfoProto": {**_texts(name=1), **_messages(type=(2, "TypeProto"))},
    "TypeProto": _messages(tensor_type=(1, "Tensor"), sequence_type=(4, "Sequence"),
                           map_type=(5, "Map"), optional_type=(9, "Optional"),
                           sparse_tensor_type=(8, "Tensor")),
    "Tensor": _SHAPED,
    "Sequence": _messages(elem_type=(1, "TypeProto")),
    "Map": {**_numbers(key_type=1), **_messages(value_type=(2, "TypeProto"))},
    "Optional": _messages(elem_type=(1, "TypeProto")),
    "TensorShapeProto": _messages(dim=(1, "Dimension")),
    "Dimension": {**_numbers(dim_value=1), **_texts(dim_param=2)},
    "TrainingInfoProto": {},
    "FunctionProto": {
        **_texts(name=1, input=4, output=5, attribute=6, domain=10, overload=13),
        **_messages(node=(7, "NodeProto"), opset_import=(9, "OperatorSetIdProto"),
                    attribute_proto=(11, "AttributeProto")),
    },
}  # fmt: skip
"""The fields of each message."""
