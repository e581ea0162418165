"""What nodes state of their results: types, and the tensors that a block stores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.tensorflow.messages import NodeDef, place_of
from cyborg_rr.readers.tensorflow.scope import Scope, is_learnable
from cyborg_rr.readers.tensorflow.values import TypeWord, checked

MAX_PLAIN_CONSTANT: Final = 16
"""A real constant of more elements, not all equal, is a weight."""

_SIGNS: Final = re.compile(r"[^A-Za-z0-9_.]")
_ONE_TYPE: Final = ("dtype", "DstT", "out_type", "output_type", "element_dtype", "Tparams", "T")
_MANY_TYPES: Final = ("Tout", "output_types", "component_types", "dtypes", "Toutputs")


def read_placeholder(node: NodeDef, name: str) -> TensorType:
    """The type of an input; open sizes get symbols."""
    word, shape = node.attributes.get("dtype"), node.attributes.get("shape")
    element = word.element_type if isinstance(word, TypeWord) else None
    dims = shape if isinstance(shape, tuple) else _find_shape(node, 0)
    if dims is None:
        return TensorType(element, None)
    whole = tuple(
        f"unk__{_SIGNS.sub('_', name)}_{place}" if size == ANY else size
        for place, size in enumerate(dims)
    )
    return checked(TensorType(element, whole), place_of(node))


def _find_shape(node: NodeDef, place: int) -> tuple[int | str, ...] | None:
    stated = node.attributes.get("_output_shapes")
    if isinstance(stated, tuple) and place < len(stated):
        shape = stated[place]
        return shape if isinstance(shape, tuple) else None
    return None


def list_stated(node: NodeDef, outputs: Mapping[int, str]) -> dict[str, TensorType]:
    """Types of results, where the file states them."""
    stated = {}
    for place, name in outputs.items():
        known = TensorType(_find_element(node, place), _find_shape(node, place))
        if known.element_type is not None or known.shape is not None:
            stated[name] = checked(known, place_of(node))
    return stated


def _find_element(node: NodeDef, place: int) -> str | None:
    for name in _MANY_TYPES:
        words = node.attributes.get(name)
        if isinstance(words, tuple):
            word = words[place] if place < len(words) else None
            return word.element_type if isinstance(word, TypeWord) else None
    for name in _ONE_TYPE:
        word = node.attributes.get(name)
        if isinstance(word, TypeWord):
            return word.element_type
    return None


def write_constant(node: NodeDef, scope: Scope) -> None:
    """A constant; a large one of real numbers is a parameter."""
    tensor = node.attributes.get("value")
    if not isinstance(tensor, StoredTensor):
        raise UnreadableModel(f"{place_of(node)} has no value")
    large = (tensor.type.elements or 0) > MAX_PLAIN_CONSTANT and not tensor.splat
    if large and is_learnable(tensor):
        tensor = replace(tensor, kind="parameter")
    scope.hold(scope.define((node.name, 0)), tensor)


def write_variable(node: NodeDef, scope: Scope) -> None:
    """A variable is a parameter, one of whole numbers (a counter, a seed) a constant."""
    word, shape = node.attributes.get("dtype"), node.attributes.get("shape")
    element = word.element_type if isinstance(word, TypeWord) else None
    known = TensorType(element, shape if isinstance(shape, tuple) else None)
    if not known.is_static:
        raise UnreadableModel(
            f"{place_of(node)} is a variable of an open size: save the model with variables whose "
            "sizes are known"
        )
    name = scope.define((node.name, 0))
    scope.hold(name, StoredTensor(checked(known, place_of(node)), "constant", "external"))
    scope.mark(name)


def write_both_ways(node: NodeDef, inputs: Sequence[str], scope: Scope) -> None:
    """A switch that may go either way: what goes in comes out on both sides."""
    for place in scope.keys.used.get(node.name, ()):
        name = scope.define((node.name, place))
        scope.pass_on(name, inputs[0])
        step = Step("identity", (inputs[0],), (name,), {})
        scope.nodes.extend(make_nodes([step], node.operation, node.name))
        scope.guards[name] = inputs[1]
