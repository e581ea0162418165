"""Which arguments of a program are weights: as the caller says, or guessed from their use.

A guess never settles anything: whoever uses it says that it is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import Block, Graph, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.words import find_element_type, find_meant, offer

MANY_ARGUMENTS: Final = 8
"""A program of fewer arguments may well have inputs alone."""

MIN_MATRICES: Final = 4
"""So many arguments at least must be used as weights are, two of them of one shape."""

_PASSING: Final = frozenset(
    {
        "bitcast_convert", "broadcast_in_dim", "convert", "copy", "dynamic_slice", "expand",
        "flatten", "identity", "optimization_barrier", "reshape", "slice", "squeeze", "transpose",
        "unsqueeze",
    }
)  # fmt: skip
"""Operations whose first operand comes out again, in part or in another form."""

_CONTRACTING: Final = frozenset({"dot_general", "matmul", "gemm", "convolution"})
_TABLES: Final = frozenset({"gather", "general_gather"})
_MAX_FLOORS: Final = 32
_MATRIX_RANK: Final = 2


def state_weights(graph: Graph, wanted: Sequence[str]) -> Graph:
    """The graph whose arguments of these names, numbers, ranges or patterns are the weights.

    No other arguments are, whatever the file calls them; what it stores besides them stays as it
    is. Where a reader does not tell arguments, they are the inputs: an exporter may have left the
    weights out of an ONNX file and made inputs of them. Raises ``InvalidInput`` for what names
    none.
    """
    arguments = graph.arguments.names or tuple((name,) for name in graph.body.inputs)
    if not arguments:
        raise InvalidInput(
            f"weights {quote(wanted[0])}: the file states no arguments that could be weights"
        )
    chosen: set[int] = set()
    for text in wanted:
        chosen.update(_find_places(text, arguments))
    names = [name for place in chosen for name in arguments[place]]
    told = _divide(graph, arguments, frozenset(names))
    warnings = tuple(each for each in graph.warnings if each != graph.arguments.note)
    return replace(told, warnings=warnings)


def guess_weights(graph: Graph) -> Graph:
    """The graph with arguments as weights that are used as such, where nothing else tells them."""
    arguments = graph.arguments.names
    if not is_untold(graph):
        return graph
    guessed = frozenset(_find_used_as_weights(graph.body))
    if not guessed:
        return replace(graph, weights_guessed=True)
    told = _divide(graph, arguments, guessed)
    note = (
        f"the file does not say which of its {len(arguments)} arguments are weights: "
        f"{len(guessed)} were guessed to be, since they are only multiplied with, or looked up in, "
        "as weights are; say which are with --weights"
    )
    warnings = [note if each == graph.arguments.note else each for each in graph.warnings]
    return replace(told, warnings=tuple(warnings), weights_guessed=True)


def is_untold(graph: Graph) -> bool:
    """Whether many arguments stand beside each other and nothing says which are weights."""
    stored = graph.body.stored.values()
    has_parameters = any(tensor.kind == "parameter" for tensor in stored)
    count = sum(len(names) for names in graph.arguments.names)
    return count >= MANY_ARGUMENTS and not has_parameters


def _find_places(text: str, arguments: Sequence[Sequence[str]]) -> Iterable[int]:
    """Arguments by name, number, range of numbers or pattern."""
    known = {name: place for place, names in enumerate(arguments) for name in names}
    if text in known:
        return (known[text],)
    first, dash, last = text.partition("-")
    if first.isdigit() and (last.isdigit() if dash else True) and len(text) <= 20:
        begin, end = int(first), int(last if dash else first)
        if not begin <= end < len(arguments):
            raise InvalidInput(
                f"weights {quote(text)}: the arguments have the numbers 0 to {len(arguments) - 1}"
            )
        return range(begin, end + 1)
    found = [place for name, place in known.items() if fnmatchcase(name, text)]
    if not found:
        near = offer(find_meant(text, known))
        raise InvalidInput(f"weights {quote(text)}: no argument has that name{near}")
    return found


def _divide(graph: Graph, arguments: Sequence[Sequence[str]], weights: frozenset[str]) -> Graph:
    """Arguments divided anew into inputs and stored parameters."""
    body = graph.body
    of_arguments = {name for names in arguments for name in names}
    types = {name: tensor.type for name, tensor in body.stored.items()} | dict(body.inputs)
    inputs = {
        name: types[name]
        for names in arguments
        for name in names
        if name in types and name not in weights
    }
    inputs |= {name: known for name, known in body.inputs.items() if name not in of_arguments}
    stored = {name: tensor for name, tensor in body.stored.items() if name not in of_arguments} | {
        name: StoredTensor(types[name], "parameter", "absent") for name in types if name in weights
    }
    return replace(graph, body=replace(body, inputs=inputs, stored=stored))


def _find_used_as_weights(body: Block) -> list[str]:
    uses = _Uses(body)
    returned = uses.walk(body, {name: name for name in body.inputs}, 0)
    uses.other.update(name for name in returned if name is not None)
    taken_over = set(body.aliased_outputs.values())
    found = [
        name
        for name, known in body.inputs.items()
        if name in uses.learned
        and name not in uses.other
        and name not in taken_over
        and _may_be_weights(known)
    ]
    shapes = Counter(body.inputs[name] for name in found if len(body.inputs[name].shape or ()) > 1)
    if shapes.total() < MIN_MATRICES or max(shapes.values()) < 2:
        return []
    return found


def _may_be_weights(known: TensorType) -> bool:
    element_type = find_element_type(known.element_type)
    return known.is_static and element_type is not None and element_type.may_be_weights


def _find_tables_of_positions(body: Block) -> frozenset[str]:
    """Matrices that one node reads, which takes the first of their rows, but not all."""
    reads = Counter(name for node in body.nodes for name in node.inputs if name in body.inputs)
    found = set()
    for node in body.nodes:
        name = node.inputs[0] if node.operation == "slice" and node.inputs else ""
        shape = body.inputs[name].shape if reads[name] == 1 else None
        starts, ends = (node.attributes.get(end) for end in ("starts", "ends"))
        if shape is None or len(shape) != _MATRIX_RANK or starts != (0, 0):
            continue
        rows, width = shape
        taken = ends[0] if isinstance(ends, tuple) and ends[1:] == (width,) else None
        if isinstance(taken, int) and isinstance(rows, int) and 1 < taken < rows:
            found.add(name)
    return frozenset(found)


class _Uses:
    """What becomes of each argument: ``learned`` are used as weights are, ``other`` otherwise too.

    Scales and biases are vectors that stand in arithmetic with data; larger ones could be data,
    but for tables of positions, of which the first rows are taken and no others are read.
    """

    def __init__(self, body: Block) -> None:
        self._types = body.inputs
        self._tables = _find_tables_of_positions(body)
        self.learned: set[str] = set()
        self.other: set[str] = set()
        self._walked: dict[object, list[str | None]] = {}

    def walk(self, block: Block, origins: dict[str, str], floor: int) -> list[str | None]:
        """Follow arguments through a block; ``origins`` says which value is made of which.

        What its outputs are made of is returned.
        """
        key = (id(block), frozenset(origins.items()))
        if key not in self._walked:
            if floor > _MAX_FLOORS:
                self.other.update(origins.values())
                origins.clear()
            fixed = set(block.stored)
            for node in block.nodes if floor <= _MAX_FLOORS else ():
                self._use(node, origins, fixed, floor)
            self._walked[key] = [origins.get(name) for name in block.outputs]
        return self._walked[key]

    def _use(self, node: Node, origins: dict[str, str], fixed: set[str], floor: int) -> None:
        if node.blocks:
            self._enter(node, origins, floor)
            return
        made_of = [origins[name] for name in node.inputs if name in origins]
        if not made_of:
            if node.inputs and fixed.issuperset(filter(None, node.inputs)):
                fixed.update(node.outputs)
            return
        if node.operation in _PASSING and node.inputs[0] in origins:
            self.other.update(made_of[1:])
            origins.update(dict.fromkeys(node.outputs, made_of[0]))
        elif node.operation in _CONTRACTING:
            self._contract(node, origins)
        elif node.operation in _TABLES:
            self.other.update(origins[name] for name in node.inputs[1:] if name in origins)
            if node.inputs[0] in origins:
                self.learned.add(origins[node.inputs[0]])
        elif find_operation(node.operation).kind == "elementwise":
            self._compute(node, origins, fixed)
        else:
            self.other.update(made_of)

    def _contract(self, node: Node, origins: Mapping[str, str]) -> None:
        """A weight is one side of a product whose other side is data, without a batch.

        Of two arguments that are convolved, an image with the first kernel, the second is it.
        """
        sides = [origins.get(name) for name in node.inputs[:2]]
        batched = bool(node.attributes.get("lhs_batching"))
        weights = {side for side in sides if side is not None}
        if batched or None not in sides:
            if node.operation == "convolution" and len(weights) > 1:
                self.learned.update(weights - {sides[0]})
                weights -= {sides[1]}
            self.other.update(weights)
        else:
            self.learned.update(weights)
        self.learned.update(origins[name] for name in node.inputs[2:] if name in origins)

    def _compute(self, node: Node, origins: dict[str, str], fixed: set[str]) -> None:
        """Arithmetic of arguments alone makes a weight of them; with data, a vector is a scale."""
        made_of = [origins[name] for name in node.inputs if name in origins]
        if all(not name or name in origins or name in fixed for name in node.inputs):
            largest = max(made_of, key=lambda name: self._types[name].elements or 0)
            self.learned.update(name for name in made_of if name != largest)
            origins.update(dict.fromkeys(node.outputs, largest))
            return
        for name in made_of:
            is_vector = len(self._types[name].shape or ()) == 1
            (self.learned if is_vector or name in self._tables else self.other).add(name)

    def _enter(self, node: Node, origins: dict[str, str], floor: int) -> None:
        """Calls hand arguments on, and loops those that each trip leaves as they are."""
        handed = [origins.get(name) for name in node.inputs]
        is_call = node.operation == "call"
        if not is_call and node.operation != "while":
            self.other.update(origin for origin in handed if origin is not None)
            handed = []
        for block in node.blocks:
            inner = {} if is_call else {n: o for n, o in origins.items() if n not in block.inputs}
            pairs = zip(block.inputs, handed, strict=False)
            inner.update((name, origin) for name, origin in pairs if origin is not None)
            returned = self.walk(block, inner, floor + 1)
            if is_call:
                pairs = zip(node.outputs, returned, strict=False)
                origins.update((name, origin) for name, origin in pairs if origin is not None)
            elif block is node.blocks[-1]:
                self._leave(node, handed, returned, origins)

    def _leave(
        self,
        node: Node,
        handed: Sequence[str | None],
        returned: Sequence[str | None],
        origins: dict[str, str],
    ) -> None:
        """What is the same before and after a trip goes on; what is not was carried."""
        for place, after in enumerate(returned):
            before = handed[place] if place < len(handed) else None
            if before == after and after is not None and place < len(node.outputs):
                origins[node.outputs[place]] = after
            else:
                self.other.update(each for each in (before, after) if each is not None)
