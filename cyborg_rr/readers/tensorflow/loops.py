"""Loops of version 1, taken for what they are: a ``While`` with a condition and a body.

A loop is a frame: ``Enter`` brings values in, ``Merge`` joins the first with what comes back by
``NextIteration``, ``LoopCond`` says whether to go on, ``Switch`` sends values into the body or, by
``Exit``, out. ``Enter`` without a ``Merge`` brings in what stays the same. Source:
tensorflow/core/ops/control_flow_ops.cc; "Implementation of Control Flow in TensorFlow" (2017).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.readers.tensorflow.messages import Argument, FunctionDef, GraphDef, NodeDef
from cyborg_rr.readers.tensorflow.values import FunctionName, TypeWord

_ENTERS: Final = frozenset({"Enter", "RefEnter"})
_MERGES: Final = frozenset({"Merge", "RefMerge"})
_SWITCHES: Final = frozenset({"Switch", "RefSwitch"})
_EXITS: Final = frozenset({"Exit", "RefExit"})
_RETURNS: Final = frozenset({"NextIteration", "RefNextIteration"})
_OUTSIDE: Final = frozenset({"Placeholder", "PlaceholderV2", "PlaceholderWithDefault",
                             "VarHandleOp", "Variable", "VariableV2"})  # fmt: skip
"""Operations that belong to the graph around: a loop that holds one is left as it is."""

_MOST_LOOKS: Final = 8
_MOST_DEEP: Final = 6
"""How often each node is looked at, and how deep loops are within one another; others are left."""


@dataclass(slots=True)
class _Frame:
    """A loop: nodes by what they do. ``merges`` have what enters and what returns."""

    name: str
    enters: list[NodeDef] = field(default_factory=list)
    merges: dict[str, tuple[NodeDef, NodeDef]] = field(default_factory=dict)
    switches: dict[str, str] = field(default_factory=dict)
    exits: dict[str, str] = field(default_factory=dict)
    condition: NodeDef | None = None
    inside: set[str] = field(default_factory=set)


def raise_loops(
    graph: GraphDef, nodes: list[NodeDef], prefix: str = "", depth: int = 0
) -> list[NodeDef]:
    """The nodes with a ``While`` for each outermost loop; what it replaces is read no more."""
    if depth >= _MOST_DEEP or not any(node.operation in _ENTERS for node in nodes):
        return nodes
    named = {node.name: node for node in nodes}
    looks = [_MOST_LOOKS * len(nodes)]
    frames = [each for each in _list_frames(nodes, named) if _fill(each, named, looks)]
    within: dict[str, int] = {}
    for frame in frames:
        for name in frame.inside:
            within[name] = within.get(name, 0) + 1
    replaced: dict[str, NodeDef] = {}
    made: list[NodeDef] = []
    for number, frame in enumerate(frames):
        if any(enter.name in within for enter in frame.enters):
            continue  # it is in the body of another one, and is raised with it
        whole = f"{prefix}{frame.name or 'loop'}/While"
        whole = f"{whole}{number}" if whole in named else whole
        made.append(_raise(graph, frame, named, whole, depth))
        for place, merge in enumerate(frame.merges):
            for exit_, switched in frame.exits.items():
                if switched == merge:
                    old = named[exit_]
                    source = [f"{made[-1].name}:{place}"]
                    replaced[exit_] = NodeDef(exit_, old.operation, source, old.attributes)
    return [replaced.get(node.name, node) for node in nodes] + made


def _source(text: str) -> str:
    """The node that an input names, empty for one that only orders."""
    return "" if text.startswith("^") else text.partition(":")[0]


def _sources(node: NodeDef) -> list[str]:
    return [name for name in map(_source, node.inputs) if name]


def _list_frames(nodes: Iterable[NodeDef], named: dict[str, NodeDef]) -> list[_Frame]:
    frames: dict[str, _Frame] = {}
    owner: dict[str, _Frame] = {}
    for node in nodes:
        if node.operation in _ENTERS:
            name = node.attributes.get("frame_name")
            frame = frames.setdefault(str(name), _Frame(str(name)))
            frame.enters.append(node)
            owner[node.name] = frame
    for node in nodes:
        if node.operation in _MERGES:
            sources = [named[name] for name in _sources(node) if name in named]
            enters = [each for each in sources if each.name in owner]
            returns = [each for each in sources if each.operation in _RETURNS]
            if len(enters) == len(returns) == 1 and len(sources) == 2:
                frame = owner[enters[0].name]
                frame.merges[node.name] = (enters[0], returns[0])
                owner[node.name] = frame
    _find_switches(nodes, named, owner)
    return list(frames.values())


def _find_switches(
    nodes: Iterable[NodeDef], named: dict[str, NodeDef], owner: dict[str, _Frame]
) -> None:
    switched: dict[str, _Frame] = {}
    for node in nodes:
        sources = _sources(node)
        if node.operation in _SWITCHES and len(sources) == 2 and sources[0] in owner:
            frame, condition = owner[sources[0]], named.get(sources[1])
            if condition is not None and condition.operation == "LoopCond":
                frame.switches[node.name] = sources[0]
                frame.condition = condition
                switched[node.name] = frame
    for node in nodes:
        sources = _sources(node)
        if node.operation in _EXITS and len(sources) == 1 and sources[0] in switched:
            frame = switched[sources[0]]
            frame.exits[node.name] = frame.switches[sources[0]]


def _fill(frame: _Frame, named: dict[str, NodeDef], looks: list[int]) -> bool:
    """Find what is in the loop; False for one that cannot be told apart from its surroundings."""
    if frame.condition is None or not frame.merges or not _sources(frame.condition):
        return False
    brought = [*frame.enters, *(returning for _, returning in frame.merges.values())]
    if any(len(_sources(node)) != 1 or node.inputs[0].startswith("^") for node in brought):
        return False
    ends = [*_sources(frame.condition)]
    for _, returning in frame.merges.values():
        ends.extend(_sources(returning))
    borders = {*frame.merges, *frame.switches, *(enter.name for enter in frame.enters)}
    pending = [name for name in ends if name not in borders]
    while pending:
        name = pending.pop()
        node = named.get(name)
        if name in frame.inside or node is None:
            continue
        looks[0] -= 1
        if node.operation in _OUTSIDE or looks[0] < 0:
            return False
        frame.inside.add(name)
        pending.extend(each for each in _sources(node) if each not in borders)
    return True


def _raise(
    graph: GraphDef, frame: _Frame, named: dict[str, NodeDef], name: str, depth: int
) -> NodeDef:
    """A ``While`` for a loop, whose functions join the library."""
    entered = [enter for enter, _ in frame.merges.values()]
    same = [each for each in frame.enters if each not in entered]
    arguments = [_argument(place, each) for place, each in enumerate((*entered, *same))]
    renamed = {merge: arguments[place].name for place, merge in enumerate(frame.merges)}
    for place, each in enumerate(same):
        renamed[each.name] = arguments[len(entered) + place].name
    for switch, merge in frame.switches.items():
        renamed[switch] = renamed[merge]
    inner = [_rename(node, renamed) for node in named.values() if node.name in frame.inside]
    condition = frame.condition
    tests = _rename(condition, renamed).inputs[:1] if condition is not None else []
    results = [
        *(_rename(returning, renamed).inputs[0] for _, returning in frame.merges.values()),
        *(argument.name for argument in arguments[len(entered) :]),
    ]
    _add_function(graph, f"{name}/condition", arguments, inner, tests)
    raised = raise_loops(graph, inner, f"{name}/", depth + 1)
    _add_function(graph, f"{name}/body", arguments, raised, results)
    functions = {"cond": FunctionName(f"{name}/condition"), "body": FunctionName(f"{name}/body")}
    inputs = [each.inputs[0] for each in (*entered, *same)]
    return NodeDef(name, "While", inputs, functions)


def _argument(place: int, enter: NodeDef) -> Argument:
    word = enter.attributes.get("T")
    return Argument(f"carried {place}", word if isinstance(word, TypeWord) else None, many=False)


def _rename(node: NodeDef, renamed: dict[str, str]) -> NodeDef:
    """The node as it reads in the loop's functions."""
    if not any(_source(text) in renamed for text in node.inputs):
        return node
    inputs = [renamed.get(_source(text), text) for text in node.inputs]
    return NodeDef(node.name, node.operation, inputs, node.attributes)


def _add_function(
    graph: GraphDef, name: str, inputs: list[Argument], nodes: list[NodeDef], results: Sequence[str]
) -> None:
    outputs = [Argument(f"result {place}", None, many=False) for place in range(len(results))]
    returned = {each.name: text for each, text in zip(outputs, results, strict=True)}
    graph.raised[name] = FunctionDef(name, inputs, outputs, nodes, returned)
