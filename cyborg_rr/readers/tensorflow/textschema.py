"""The messages of TensorFlow's text files, as far as they are read.

Source: tensorflow/core/framework/{graph,node_def,attr_value,function,op_def,tensor,tensor_shape,
versions}.proto and tensorflow/core/protobuf/{meta_graph,saved_model}.proto (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from cyborg_rr.readers.formats.protobuf_text import Kind, TextField, TextSchema
from cyborg_rr.readers.tensorflow.schema import TYPE_NAMES

_PLAIN: Final = {"i": "varint", "f": "float", "d": "double", "s": "bytes"}


def _message(described: str) -> Mapping[str, TextField]:
    """Fields as ``name=number:what``: i, f, d, s, t (a DataType), or the name of a message."""
    fields = {}
    for entry in described.split():
        name, _, rest = entry.partition("=")
        number, _, what = rest.partition(":")
        kind = cast("Kind", "varint" if what == "t" else _PLAIN.get(what, "message"))
        inner = what if kind == "message" else ""
        words = TYPE_NAMES if what == "t" else {}
        fields[name] = TextField(int(number), kind, inner, words)
    return MappingProxyType(fields)


def _entry(value: str, key: str = "s") -> Mapping[str, TextField]:
    return _message(f"key=1:{key} value=2:{value}")


SCHEMA: Final[TextSchema] = MappingProxyType(
    {
        "SavedModel": _message("saved_model_schema_version=1:i meta_graphs=2:MetaGraph"),
        "MetaGraph": _message(
            "meta_info_def=1:MetaInfo graph_def=2:Graph signature_def=5:SignatureEntry"
        ),
        "MetaInfo": _message("meta_graph_version=1:s tags=4:s tensorflow_version=5:s"),
        "SignatureEntry": _entry("Signature"),
        "Signature": _message("inputs=1:InfoEntry outputs=2:InfoEntry method_name=3:s"),
        "InfoEntry": _entry("Info"),
        "Info": _message("name=1:s dtype=2:t tensor_shape=3:Shape"),
        "Graph": _message("node=1:Node library=2:Library version=3:i versions=4:Versions"),
        "Versions": _message("producer=1:i min_consumer=2:i"),
        "Node": _message("name=1:s op=2:s input=3:s device=4:s attr=5:AttrEntry"),
        "AttrEntry": _entry("Attr"),
        "Attr": _message(
            "list=1:List s=2:s i=3:i f=4:f b=5:i type=6:t shape=7:Shape tensor=8:Tensor "
            "placeholder=9:s func=10:Func"
        ),
        "List": _message(
            "s=2:s i=3:i f=4:f b=5:i type=6:t shape=7:Shape tensor=8:Tensor func=9:Func"
        ),
        "Func": _message("name=1:s attr=2:AttrEntry"),
        "Shape": _message("dim=2:Dim unknown_rank=3:i"),
        "Dim": _message("size=1:i name=2:s"),
        "Tensor": _message(
            "dtype=1:t tensor_shape=2:Shape version_number=3:i tensor_content=4:s half_val=13:i "
            "float_val=5:f double_val=6:d int_val=7:i string_val=8:s scomplex_val=9:f "
            "int64_val=10:i bool_val=11:i dcomplex_val=12:d uint32_val=16:i uint64_val=17:i "
            "float8_val=18:s"
        ),
        "Library": _message("function=1:Function"),
        "Function": _message(
            "signature=1:OpDef node_def=3:Node ret=4:RetEntry attr=5:AttrEntry arg_attr=7:ArgEntry"
        ),
        "RetEntry": _entry("s"),
        "ArgEntry": _entry("ArgAttrs", "i"),
        "ArgAttrs": _message("attr=1:AttrEntry"),
        "OpDef": _message("name=1:s input_arg=2:ArgDef output_arg=3:ArgDef"),
        "ArgDef": _message("name=1:s type=3:t type_attr=4:s number_attr=5:s type_list_attr=6:s"),
    }
)
