"""What a caller fixes about a graph's inputs: batch, whole shapes, single symbols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import Dimension, Graph, Shape, TensorType
from cyborg_rr.domain.graph.inference.found import is_found_name
from cyborg_rr.domain.graph.inference.symbols import (
    find_size,
    is_plain_symbol,
    list_symbols,
    substitute,
)
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.domain.graph.shapes import ANY, MAX_ELEMENTS, Contradiction, check_type, render_shape
from cyborg_rr.domain.words import find_meant, offer


@dataclass(frozen=True, slots=True)
class Bindings:
    """Wishes of the caller.

    ``batch`` is the size of dimension 0 of the inputs; ``inputs`` replaces the types of inputs by
    name (an element type of None keeps the file's); ``symbols`` gives sizes of named dimensions.
    A single size in ``inputs`` under a name that is a dimension's and no input's is one of those.
    """

    batch: int | None = None
    inputs: Mapping[str, TensorType] = field(default_factory=dict)
    symbols: Mapping[str, int] = field(default_factory=dict)


NO_BINDINGS: Final = Bindings()


@dataclass(slots=True)
class BoundInputs:
    """The inputs' types after binding.

    ``changed`` inputs differ from the file only where it left a size open; ``replaced`` ones
    contradict a size that the file fixes, so that nothing it states downstream can be trusted.
    """

    types: dict[str, TensorType]
    sizes: dict[str, int]
    changed: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)


def list_input_symbols(graph: Graph) -> list[str]:
    """The symbols that the graph's inputs use, in order of appearance."""
    return list(_collect_symbols(graph.body.inputs.values()))


def list_symbols_of(graph: Graph) -> dict[str, None]:
    """The symbols that the graph's inputs and the types in its entry block use."""
    return _collect_symbols((*graph.body.inputs.values(), *graph.body.types.values()))


def _collect_symbols(tensors: Iterable[TensorType]) -> dict[str, None]:
    shapes = dict.fromkeys([t.shape for t in tensors])  # few differ
    names = dict.fromkeys(d for shape in shapes for d in shape or () if isinstance(d, str))
    return dict.fromkeys(symbol for name in names for symbol in list_symbols(name))


def bind_inputs(graph: Graph, bindings: Bindings) -> BoundInputs:
    """Apply the bindings to the graph's inputs; ``InvalidInput`` for what cannot be meant."""
    stored = graph.body.stored
    stated = {name: t for name, t in graph.body.inputs.items() if name not in stored}
    known = _list_names(graph)
    named = {
        name: size
        for name, wanted in bindings.inputs.items()
        if name not in stated
        and (name in known or is_found_name(name))
        and (size := _find_single_size(wanted)) is not None
    }
    sizes = _check_symbols(graph, known, {**bindings.symbols, **named})
    bound = BoundInputs(dict(stated), sizes)
    inputs = {name: wanted for name, wanted in bindings.inputs.items() if name not in named}
    for name, wanted in inputs.items():
        _bind_input(bound, stated, known, name, wanted)
    if bindings.batch is not None:
        bindings = Bindings(bindings.batch, inputs, sizes)
        _bind_batch(bound, stated, bindings)
    _check_conditions(graph, sizes)
    for name, tensor in bound.types.items():
        substituted = substitute(tensor, sizes)
        if substituted != tensor:
            bound.types[name] = substituted
            bound.changed.add(name)
    return bound


def _check_size(size: int, what: str) -> None:
    if not 0 <= size <= MAX_ELEMENTS:
        raise InvalidInput(f"{what} cannot be {size}")


def _find_single_size(wanted: TensorType) -> int | None:
    """The size, where a wish is one size and nothing else: it may be that of a dimension."""
    shape = wanted.shape
    if wanted.element_type is not None or shape is None or len(shape) != 1:
        return None
    return shape[0] if isinstance(shape[0], int) else None


def _list_names(graph: Graph) -> frozenset[str]:
    """All that dimensions of the graph are called: symbols, and names that are arithmetic."""
    known = _collect_symbols((*graph.body.inputs.values(), *graph.body.types.values()))
    whole = {d for t in graph.body.inputs.values() for d in t.shape or () if isinstance(d, str)}
    return frozenset(known) | whole - {"", ANY}


def _check_symbols(
    graph: Graph, known: frozenset[str], symbols: Mapping[str, int]
) -> dict[str, int]:
    """Only symbols that occur in the graph can be bound."""
    for symbol, size in symbols.items():
        if symbol not in known and not is_found_name(symbol):
            of_inputs = list_input_symbols(graph)
            raise InvalidInput(
                f"the model has no dimension named {quote(symbol)}; it has {list_names(of_inputs)}"
                f"{offer(find_meant(symbol, of_inputs))}"
            )
        _check_size(size, f"the size of {quote(symbol)}")
        largest = graph.bounds.get(symbol)
        if largest is not None and size > largest:
            raise InvalidInput(
                f"the size of {quote(symbol)} cannot be {size}: the file says at most {largest}"
            )
    return dict(symbols)


def _check_conditions(graph: Graph, sizes: Mapping[str, int]) -> None:
    """What the file asks of symbols, however their sizes were given."""
    for condition in graph.conditions:
        size = sizes.get(condition.symbol)
        if size is not None and not condition.holds(size):
            raise InvalidInput(
                f"the size of {quote(condition.symbol)} cannot be {size}: the file says"
                f" {condition.relation} {condition.number}"
            )


def _bind_input(
    bound: BoundInputs,
    stated: Mapping[str, TensorType],
    known: frozenset[str],
    name: str,
    wanted: TensorType,
) -> None:
    if name not in stated:
        _refuse_name(bound, stated, known, name)
    original = stated[name]
    if wanted.element_type and original.element_type not in (None, wanted.element_type):
        raise InvalidInput(
            f"input {quote(name)} has element type {original.element_type} in the file, "
            f"not {wanted.element_type}"
        )
    element_type = original.element_type or wanted.element_type
    if wanted.shape is None:
        bound.types[name] = TensorType(element_type, original.shape)
        bound.changed.add(name)
        return
    for dimension in wanted.shape:
        if isinstance(dimension, int):
            _check_size(dimension, f"a dimension of input {quote(name)}")
    if original.shape is not None:
        if len(original.shape) != len(wanted.shape):
            raise InvalidInput(
                f"input {quote(name)} has rank {len(original.shape)} "
                f"({render_shape(original.shape)}), not {len(wanted.shape)}"
            )
        for before, after in zip(original.shape, wanted.shape, strict=True):
            _bind_dimension(bound, name, before, after)
    try:
        bound.types[name] = check_type(TensorType(element_type, wanted.shape))
    except Contradiction as contradiction:
        raise InvalidInput(f"input {quote(name)}: {contradiction}") from contradiction
    if bound.types[name] != original:
        bound.changed.add(name)


def _refuse_name(
    bound: BoundInputs, stated: Mapping[str, TensorType], known: frozenset[str], name: str
) -> NoReturn:
    symbols = list(_collect_symbols(stated.values()))
    if name in known:
        raise InvalidInput(f"the dimension {quote(name)} is bound by one size, as in {name}=8")
    of_symbols = f"; its open dimensions are {list_names(symbols)}" if symbols else ""
    raise InvalidInput(
        f"the model has no input {quote(name)}; its inputs are {list_names(list(stated))}"
        f"{of_symbols}{offer(find_meant(name, [*stated, *symbols]))}"
    )


def _bind_dimension(bound: BoundInputs, name: str, before: Dimension, after: Dimension) -> None:
    """Note what a new size means: a symbol's size, or a contradiction to a fixed one."""
    if before == after or isinstance(after, str):
        return
    if isinstance(before, int):
        bound.replaced.add(name)
        return
    if before in ("", ANY):
        return
    size = find_size(before, bound.sizes)
    if size is not None and size != after:
        raise InvalidInput(
            f"input {quote(name)} wants {quote(before)} to be {after}, but it is {size}"
        )
    bound.sizes[before] = after


def _bind_batch(bound: BoundInputs, stated: Mapping[str, TensorType], bindings: Bindings) -> None:
    """Give dimension 0 of the inputs the wanted size.

    A symbol that also names another dimension somewhere is a length, not the batch, unless no
    other candidate is left.
    """
    batch = bindings.batch or 0
    if batch < 1:
        raise InvalidInput(f"the batch cannot be {batch}")
    candidates = {
        name: tensor.shape
        for name, tensor in stated.items()
        if tensor.shape and name not in bindings.inputs
    }
    if not candidates:
        _check_batch(bound, bindings.inputs, batch)
        return
    open_ones = {n: s for n, s in candidates.items() if isinstance(s[0], str)}
    if open_ones:
        _bind_open_batch(bound, stated, open_ones, batch)
        return
    fixed = {shape[0] for shape in candidates.values()}
    if fixed == {batch}:
        return
    if len(fixed) > 1:
        raise InvalidInput(
            "the batch cannot be bound: the model's inputs have no common first dimension "
            f"({list_names(sorted(str(size) for size in fixed))}); bind single inputs instead"
        )
    for name, shape in candidates.items():
        bound.types[name] = TensorType(bound.types[name].element_type, (batch, *shape[1:]))
        bound.replaced.add(name)


def _check_batch(bound: BoundInputs, chosen: Iterable[str], batch: int) -> None:
    """Where every input is bound whole, one of them must have the batch in front."""
    firsts = [shape[0] for name in chosen if (shape := bound.types[name].shape)]
    if firsts and batch not in firsts:
        raise InvalidInput(f"the batch {batch} contradicts the shapes that the inputs are bound to")
    if not firsts and batch != 1:
        raise InvalidInput(f"the batch cannot be {batch}: no input has a dimension for it")


def _bind_open_batch(
    bound: BoundInputs,
    stated: Mapping[str, TensorType],
    open_ones: Mapping[str, Shape],
    batch: int,
) -> None:
    """Bind the symbols (or unnamed sizes) in dimension 0."""
    elsewhere = {d for t in stated.values() for d in (t.shape or ())[1:]}
    chosen = {
        name: shape
        for name, shape in open_ones.items()
        if shape[0] in ("", ANY) or (shape[0] not in elsewhere and is_plain_symbol(str(shape[0])))
    }
    for name, shape in (chosen or open_ones).items():
        symbol = str(shape[0])
        if symbol in ("", ANY):
            element_type = bound.types[name].element_type
            bound.types[name] = TensorType(element_type, (batch, *shape[1:]))
            bound.changed.add(name)
        elif bound.sizes.setdefault(symbol, batch) != batch:
            raise InvalidInput(
                f"the batch {batch} contradicts the size {bound.sizes[symbol]} that "
                f"{quote(symbol)} is bound to"
            )
