"""Which variables of a symbol are weights, and which inputs are read at inference.

A symbol does not tell: variables are all alike. What a ``.params`` file beside it names is a
weight, then what stands where an operation takes one, what has attributes that only parameters of
Gluon have, and what is named as MXNet names weights (``python/mxnet/initializer.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from cyborg_rr.readers.formats.nnvm.document import Document, DocumentNode, Entry
from cyborg_rr.readers.formats.nnvm.values import parse_value

_NAMED: Final = re.compile(
    r"(?:^|[_.])(?:weight|bias|gamma|beta|alpha|(?:moving|running)_(?:mean|var|inv_var)|parameters)"
    r"(?:_quantize)?(?:_(?:min|max))?$"
)
_OF_PARAMETERS: Final = ("__init__", "__wd_mult__")
"""Hidden attributes that ``Parameter.var`` of Gluon writes; Module's users write others on data."""

WEIGHTS: Final[Mapping[str, tuple[int, ...]]] = {
    "convolution": (1, 2), "deconvolution": (1, 2), "fullyconnected": (1, 2), "embedding": (1,),
    "batchnorm": (1, 2, 3, 4), "cudnnbatchnorm": (1, 2, 3, 4), "syncbatchnorm": (1, 2, 3, 4),
    "batchnormwithrelu": (1, 2, 3, 4), "layernorm": (1, 2), "instancenorm": (1, 2),
    "groupnorm": (1, 2), "leakyrelu": (1,), "rnn": (1,), "deformableconvolution": (2, 3),
    "modulateddeformableconvolution": (3, 4), "upsampling": (1,), "sparseembedding": (1,),
    "quantizedconv": tuple(range(1, 9)), "quantizedfullyconnected": tuple(range(1, 9)),
}  # fmt: skip
"""Places where an operation takes weights, by its plain name."""

LABELS: Final[Mapping[str, tuple[int, ...]]] = {
    "softmaxoutput": (1,), "softmax": (1,), "linearregressionoutput": (1,), "svmoutput": (1,),
    "logisticregressionoutput": (1,), "maeregressionoutput": (1,),
}  # fmt: skip
"""Places of labels, which are not read at inference. ``Softmax`` was SoftmaxOutput's first name."""

_PREFIX: Final = re.compile(
    r"_(?:npx__image|npx|npi|np|contrib|sparse|image|linalg|random|sample|sg_mkldnn|sg_onednn)_(?=.)"
)


@lru_cache(maxsize=1024)
def get_plain_name(operation: str) -> str:
    """One word for an operation through all generations: ``_npx_batch_norm`` is ``batchnorm``."""
    name = _PREFIX.sub("", operation, count=1) if operation.startswith("_") else operation
    return name.replace("_", "").lower().removesuffix("v1")


def list_read(node: DocumentNode) -> Iterator[Entry]:
    """What a node reads at inference."""
    plain = get_plain_name(node.operation)
    dropped = LABELS.get(plain, ())
    if plain == "rnn":  # one vector of all weights: they are known layer by layer instead
        dropped = (1,)
    if plain == "softmax" and node.operation != "Softmax":
        dropped = ()
    for place, entry in enumerate(node.inputs):
        if place not in dropped:
            yield entry


def find_read(document: Document) -> frozenset[int]:
    """The nodes that what comes out is made of, at inference."""
    found: set[int] = set()
    waiting = [entry.node for entry in document.heads]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting.extend(entry.node for entry in list_read(document.nodes[place]))
    return frozenset(found)


def find_weights(
    document: Document, read: frozenset[int], stored: Mapping[str, object]
) -> frozenset[int]:
    """The variables among the nodes that are read which are weights."""
    found = {
        place
        for place in read
        if document.nodes[place].is_variable and _is_named_so(document.nodes[place], stored)
    }
    for place in read:
        node = document.nodes[place]
        places = WEIGHTS.get(get_plain_name(node.operation), ())
        inner = _find_inner_weights(node) if node.subgraphs else ()
        for taken in (*places, *inner):
            if taken < len(node.inputs) and document.nodes[node.inputs[taken].node].is_variable:
                found.add(node.inputs[taken].node)
    return frozenset(found)


def _find_inner_weights(node: DocumentNode) -> Iterator[int]:
    """Places of operands that are weights in a graph of the node."""
    for graph, operands in zip(node.subgraphs, _list_operands(node), strict=False):
        variables = [place for place, each in enumerate(graph.nodes) if each.is_variable]
        weights = find_weights(graph, find_read(graph), {})
        yield from (
            operand
            for operand, variable in zip(operands, variables, strict=False)
            if variable in weights
        )


def _list_operands(node: DocumentNode) -> list[list[int]]:
    """Which operand each variable of each graph is; what does not fit is refused elsewhere."""
    match node.operation:
        case "_foreach":
            names = ("in_data_locs", "in_state_locs", "remain_locs")
            taken = [place for name in names for place in _read_places(node, name)]
            return [[operand for _, operand in sorted(zip(taken, range(len(taken)), strict=True))]]
        case "_while_loop":
            return [_read_places(node, f"{word}_input_locs") for word in ("cond", "func")]
        case "_cond":
            return [_read_places(node, f"{word}_input_locs") for word in ("cond", "then", "else")]
        case _:
            return [list(range(len(node.inputs)))]


def _read_places(node: DocumentNode, name: str) -> list[int]:
    found = parse_value(node.attributes.get(name, "()"))
    if not isinstance(found, tuple):
        return []
    return [place for place in found if type(place) is int and 0 <= place < len(node.inputs)]


def _is_named_so(node: DocumentNode, stored: Mapping[str, object]) -> bool:
    if node.name in stored or all(key in node.attributes for key in _OF_PARAMETERS[1:]):
        return True
    return "__init__" in node.attributes or _NAMED.search(node.name) is not None
