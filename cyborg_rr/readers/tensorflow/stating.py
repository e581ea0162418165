"""What nodes state of the types of their results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.tensorflow.messages import NodeDef, place_of
from cyborg_rr.readers.tensorflow.values import TypeWord, checked

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
