"""Loops, and iterations over slices: a network within a layer that runs trip by trip.

What every trip takes a slice of is gathered in the body; what every trip lets out is put together
behind the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.naming import name_step
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.scope import Scope
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.openvino.document import Layer
from cyborg_rr.readers.openvino.graph import Place, Translation
from cyborg_rr.readers.openvino.nesting.joints import (
    Inner,
    Joint,
    get_yielded,
    give,
    list_back_edges,
    list_joints,
    open_body,
    write_body,
)
from cyborg_rr.readers.openvino.types import type_of

_INDEX: Final = TensorType("i64", ())
_CONDITION: Final = TensorType("i1", ())
_NOTHING: Final = TensorType(None, None)


@dataclass(slots=True)
class _Loop:
    """What a loop is made of while its parts are found.

    ``before`` and ``behind`` are steps outside of it, ``within`` those at the body's beginning.
    """

    layer: Layer
    given: Mapping[int, str]
    scope: Scope
    index: str
    condition: str
    carried: dict[str, TensorType] = field(default_factory=dict)
    initial: list[str] = field(default_factory=list)
    nexts: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    stacked: list[str] = field(default_factory=list)
    stacks: list[str] = field(default_factory=list)
    within: list[Step] = field(default_factory=list)
    ending: list[Step] = field(default_factory=list)
    behind: list[Step] = field(default_factory=list)
    trips: int | None = None
    limit: str = ""


def make_loop(
    translation: Translation,
    place: Place,
    layer: Layer,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> list[Node]:
    """Loop and TensorIterator."""
    claim = translation.storage.names.claim
    given = dict(zip(layer.inputs, inputs, strict=True))
    scope = Scope(place.scope)
    loop = _Loop(layer, given, scope, claim("trip"), claim("goes_on"))
    scope.types.update({loop.index: _INDEX, loop.condition: _CONDITION})
    inner = open_body(translation, layer, "body", scope)
    before = _begin(translation, place, inner, loop)
    nodes = write_body(translation, inner)
    names = dict(zip((port.number for port in layer.outputs), outputs, strict=True))
    condition = _end(translation, inner, loop, names)
    block = Block(
        {loop.index: _INDEX, loop.condition: _CONDITION, **loop.carried},
        (condition, *loop.nexts, *loop.stacked),
        (*_spell(loop.within, layer), *nodes, *_spell(loop.ending, layer)),
        {},
        scope.types,
    )
    goes = inputs[1] if layer.kind == "Loop" and len(inputs) > 1 else ""
    attributes = {} if loop.trips is None else {"trip_count": loop.trips}
    step = Step(
        "loop", (loop.limit, goes, *loop.initial), (*loop.results, *loop.stacks), attributes
    )
    made = make_nodes([step], layer.kind, layer.name, (block,))
    return [*_spell(before, layer), *made, *_spell(loop.behind, layer)]


def _spell(steps: list[Step], layer: Layer) -> list[Node]:
    """Steps beside the loop itself, as steps of its layer."""
    return [
        Node(step.operation, name_step(layer.kind, step.operation), step.inputs, step.outputs,
             step.attributes, (), layer.name)
        for step in steps
    ]  # fmt: skip


def _begin(translation: Translation, place: Place, inner: Place, loop: _Loop) -> list[Step]:
    """Give the body its operands: what is carried, what is sliced and what stays."""
    layer, before = loop.layer, list[Step]()
    if layer.kind == "Loop" and layer.inputs:
        loop.limit = loop.given[layer.inputs[0]]
        loop.trips = _known_trips(translation, loop.limit)
    back = dict(list_back_edges(layer))
    for joint in list_joints(layer, "port_map", "input"):
        if joint.purpose == "current_iteration":
            give(inner, joint, loop.index, layer)
            continue
        if joint.port not in loop.given:
            raise UnreadableModel(f"{layer.place} has no input port {joint.port}")
        outer = loop.given[joint.port]
        if joint.axis is not None:
            give(inner, joint, _slice(translation, place, loop, joint, outer, before), layer)
        elif joint.inner in back or (joint.inner[0], None) in back:
            name = translation.storage.names.claim(f"{layer.name}/carried{len(loop.carried)}")
            known = _inner_type(inner, joint)
            loop.carried[name] = loop.scope.types[name] = known
            loop.initial.append(outer)
            give(inner, joint, name, layer)
        else:
            give(inner, joint, outer, layer)
    return before


def _inner_type(inner: Place, joint: Joint) -> TensorType:
    target = inner.network.layers.get(joint.inner[0])
    if target is None or not target.outputs or joint.inner[1] is not None:
        return _NOTHING
    known = type_of(target, target.outputs[0], scalars=False)
    return TensorType(known.element_type, None)


def _known_trips(translation: Translation, name: str) -> int | None:
    stored = translation.storage.stored.get(name)
    values = None if stored is None else stored.values
    first = values[0] if values else None
    return first if isinstance(first, int) and 0 <= first < 1 << 31 else None


def _slice(
    translation: Translation,
    place: Place,
    loop: _Loop,
    joint: Joint,
    outer: str,
    before: list[Step],
) -> str:
    """The part of an outer value that a trip takes; how many there are says how often it runs."""
    claim, label = translation.storage.names.claim, loop.layer.name
    known, axis = place.scope.find_type(outer), joint.axis or 0
    part = claim(f"{label}/part")
    rank = None if known is None or known.shape is None else len(known.shape)
    axis += rank if rank is not None and axis < 0 else 0
    if rank is not None and not 0 <= axis < rank:
        raise UnreadableModel(f"{loop.layer.place} slices dimension {axis} of {rank}")
    if joint.part == 1:
        if not loop.limit and loop.trips is None:
            loop.limit = claim(f"{label}/trips")
            before.append(
                Step("shape_of", (outer,), (loop.limit,), {"start": axis, "end": axis + 1})
            )
            place.scope.types[loop.limit] = TensorType("i64", (1,))
        taken = claim(f"{label}/taken")
        loop.within.append(Step("gather", (outer, loop.index), (taken,), {"axis": axis}))
        loop.within.append(Step("unsqueeze", (taken,), (part,), {"axes": (axis,)}))
        loop.scope.types[taken] = loop.scope.types[part] = _NOTHING
        return part
    shape = None if known is None else find_static(known.shape)
    if shape is None:
        loop.within.append(Step("unknown", (outer,), (part,), {}))
        loop.scope.types[part] = _NOTHING
        return part
    if not loop.limit and loop.trips is None:
        loop.trips = -(-shape[axis] // joint.part)
    sizes = tuple(joint.part if place == axis else size for place, size in enumerate(shape))
    starts = (loop.index,) * len(shape)
    attributes = {"slice_sizes": sizes}
    loop.within.append(Step("dynamic_slice", (outer, *starts), (part,), attributes))
    loop.scope.types[part] = _NOTHING
    return part


def _end(translation: Translation, inner: Place, loop: _Loop, names: Mapping[int, str]) -> str:
    """Tell what the body yields: the condition, what is carried on, what is put together."""
    layer, condition = loop.layer, loop.condition
    loop.nexts = [
        get_yielded(translation, inner, Joint(-1, source, None, 1, ""), layer)
        for source in _list_nexts(layer)
    ]
    places = {source[0]: place for place, source in enumerate(_list_nexts(layer))}
    loop.results = [
        translation.storage.names.claim(f"{layer.name}/last{each}") for each in loop.nexts
    ]
    seen: set[int] = set()
    for joint in list_joints(layer, "port_map", "output"):
        if joint.purpose == "execution_condition":
            condition = get_yielded(translation, inner, joint, layer)
            continue
        output = names.get(joint.port)
        if output is None or joint.port in seen:
            raise UnreadableModel(f"{layer.place}: its map names port {joint.port} amiss")
        seen.add(joint.port)
        if joint.axis is not None:
            _stack(translation, inner, loop, joint, output)
        elif (
            joint.inner[0] in places and loop.results[places[joint.inner[0]]] not in names.values()
        ):
            loop.results[places[joint.inner[0]]] = output
        else:
            _keep_last(translation, inner, loop, joint, output)
    if len(seen) < len(names):
        raise UnreadableModel(f"{layer.place}: its map leaves out an output")
    for name in loop.results:
        inner.scope.outer.types.setdefault(name, _NOTHING)  # type: ignore[union-attr]
    return condition


def _list_nexts(layer: Layer) -> list[Inner]:
    """What each carried value goes on with, in the order of the map."""
    back = dict(list_back_edges(layer))
    found = []
    for joint in list_joints(layer, "port_map", "input"):
        if joint.axis is None and joint.purpose != "current_iteration":
            source = back.get(joint.inner, back.get((joint.inner[0], None)))
            if source is not None:
                found.append(source)
    return found


def _keep_last(
    translation: Translation, inner: Place, loop: _Loop, joint: Joint, output: str
) -> None:
    """What only the last trip lets out is carried, and begins with nothing."""
    name = translation.storage.names.claim(f"{loop.layer.name}/kept{len(loop.carried)}")
    loop.carried[name] = loop.scope.types[name] = _NOTHING
    loop.initial.append("")
    loop.nexts.append(get_yielded(translation, inner, joint, loop.layer))
    loop.results.append(output)


def _stack(translation: Translation, inner: Place, loop: _Loop, joint: Joint, output: str) -> None:
    """Put the parts of all trips together along a dimension."""
    claim, label = translation.storage.names.claim, loop.layer.name
    part, axis = get_yielded(translation, inner, joint, loop.layer), joint.axis or 0
    outer = inner.scope.outer or inner.scope
    known = outer.types.get(output, _NOTHING)
    rank = None if known.shape is None else len(known.shape)
    axis += rank if rank is not None and axis < 0 else 0
    if joint.part == 1:
        taken = claim(f"{label}/yielded")
        loop.ending.append(Step("squeeze", (part,), (taken,), {"axes": (axis,)}))
        loop.scope.types[taken] = _NOTHING
        part = taken
    loop.stacked.append(part)
    if joint.part == 1 and (axis == 0 or rank is None):
        loop.stacks.append(output)
        return
    stack = claim(f"{label}/stack")
    outer.types[stack] = _NOTHING
    loop.stacks.append(stack)
    if joint.part == 1 and rank is not None and 0 <= axis < rank:
        order = (*range(1, axis + 1), 0, *range(axis + 1, rank))
        loop.behind.append(Step("transpose", (stack,), (output,), {"permutation": order}))
        return
    shape = find_static(known.shape)
    if shape is None:
        loop.behind.append(Step("unknown", (stack,), (output,), {}))
        return
    loop.behind.append(Step("reshape", (stack,), (output,), {"shape": shape, "allow_zero": True}))
