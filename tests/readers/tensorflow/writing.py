"""Graphs in TensorFlow's text form, written by hand, and what is read of them."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tensorflow.reader import TensorflowReader


def attribute(name: str, value: str) -> str:
    """An attribute with its value in text form, such as ``i: 1``."""
    return f'attr {{ key: "{name}" value {{ {value} }} }}'


def node(name: str, operation: str, inputs: str = "", **attributes: str) -> str:
    """A node; ``inputs`` are names with spaces between."""
    listed = " ".join(f'input: "{each}"' for each in inputs.split())
    stated = " ".join(attribute(key, value) for key, value in attributes.items())
    return f'node {{ name: "{name}" op: "{operation}" {listed} {stated} }}\n'


def shape(*sizes: int) -> str:
    """A shape in text form."""
    return " ".join(f"dim {{ size: {size} }}" for size in sizes)


def placeholder(name: str, *sizes: int, element_type: str = "DT_FLOAT") -> str:
    """An input of these sizes."""
    return node(
        name, "Placeholder", dtype=f"type: {element_type}", shape=f"shape {{ {shape(*sizes)} }}"
    )


def whole(name: str, *values: int) -> str:
    """A stored list of whole numbers."""
    listed = " ".join(f"int_val: {value}" for value in values)
    sizes = shape(len(values))
    tensor = f"tensor {{ dtype: DT_INT32 tensor_shape {{ {sizes} }} {listed} }}"
    return node(name, "Const", dtype="type: DT_INT32", value=tensor)


def scalar(name: str, value: int) -> str:
    """A stored whole number."""
    tensor = f"tensor {{ dtype: DT_INT32 tensor_shape {{ }} int_val: {value} }}"
    return node(name, "Const", dtype="type: DT_INT32", value=tensor)


def variable(name: str, *sizes: int, element_type: str = "DT_FLOAT") -> str:
    """A variable that is a resource."""
    return node(
        name, "VarHandleOp", dtype=f"type: {element_type}", shape=f"shape {{ {shape(*sizes)} }}"
    )


def weight(name: str, *sizes: int) -> str:
    """A variable and what reads it, which has the name."""
    read = node(name, "ReadVariableOp", f"{name}/handle", dtype="type: DT_FLOAT")
    return variable(f"{name}/handle", *sizes) + read


def function(name: str, inputs: str, result: str, *nodes: str) -> str:
    """A function of floats, ``name`` of resources where they end in ``_resource``."""
    arguments = " ".join(
        f'input_arg {{ name: "{each}" type: '
        f"{'DT_RESOURCE' if each.endswith('_resource') else 'DT_FLOAT'} }}"
        for each in inputs.split()
    )
    body = "".join(each.replace("node {", "node_def {", 1) for each in nodes)
    return (
        f'function {{ signature {{ name: "{name}" {arguments} '
        f'output_arg {{ name: "result" type: DT_FLOAT }} }}\n{body}'
        f'ret {{ key: "result" value: "{result}" }} }}\n'
    )


def read(*nodes: str, functions: str = "") -> Graph:
    """What the reader makes of a graph of these nodes."""
    library = f"library {{ {functions} }}" if functions else ""
    return TensorflowReader().read(Source("graph", ("".join(nodes) + library).encode()))


def require(graph: Graph, batch: int | None = None) -> IRRequirement:
    """What a graph asks for; nothing in it may be undeclared."""
    assert check_graph(graph) == []
    typed = infer(graph, Bindings(batch=batch))
    return extract(typed, name="", sha256=None, size_bytes=0, reader_name="", bindings={})


def result_shape(graph: Graph) -> tuple[int | str, ...] | None:
    """The shape of the last result."""
    typed = infer(graph, Bindings())
    return typed.body.type_of(graph.body.outputs[-1]).shape
