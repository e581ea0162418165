"""Constants and variables of a graph, as the tensors that a block stores."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.readers.tensorflow.messages import NodeDef, place_of
from cyborg_rr.readers.tensorflow.scope import Scope, is_learnable
from cyborg_rr.readers.tensorflow.values import TypeWord, checked

MAX_PLAIN_CONSTANT: Final = 16
"""A real constant of more elements, not all equal, is a weight."""


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
