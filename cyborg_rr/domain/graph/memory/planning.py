"""When memory is taken and given back in one block, and which results take over what dies.

A result that only updates a part of a tensor takes over the tensor's memory when nobody reads it
afterwards. What a loop carries has one buffer from its first value to its result: the first value
gives its memory when it is a temporary (or a donated argument) that nobody reads afterwards, and a
trip writes the next value into it where the last one is dead by then, or is read by an elementwise
node or an update for the last time. A next value for which that is not so needs memory of its own
until the trip ends, as does one that is another carried value: they are copied.
XLA does so (copy insertion, and buffer assignment by colouring). What a carried value is to a body
a donated argument is to the entry, but that it is written over only on the way to its own output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.aliases import Aliases
from cyborg_rr.domain.graph.inference.control_flow import scan_operands
from cyborg_rr.domain.graph.inference.derived import find_derived
from cyborg_rr.domain.graph.inference.loops.carried import invariant_places
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.memory.attending import find_attended
from cyborg_rr.domain.graph.memory.fusing import MAX_OPERANDS, find_fused
from cyborg_rr.domain.graph.memory.habits import AS_WRITTEN, Habits
from cyborg_rr.domain.graph.memory.strides import StridedViews
from cyborg_rr.domain.graph.operations.declaring.operation import Operation

_REPEATING = frozenset({"broadcast_in_dim", "expand"})


@dataclass(slots=True)
class Plan:
    """What each node takes and what is dead after it.

    ``shares`` names, by the place of an output, the input whose memory it could take over, and
    whether by updates alone. ``scores`` are the element type and bytes of what single operations
    of attention store while they run, by their places.
    """

    owners: list[list[str]]
    dead_after: list[list[str]]
    shares: dict[int, tuple[str, bool]] = field(default_factory=dict)
    scores: Mapping[int, tuple[str, int]] = field(default_factory=dict)


def find_carried(node: Node, typed: TypedBlock) -> dict[int, str]:
    """By the place of an output of a loop's body the input that carries it; untouched ones not."""
    block = typed.block
    inputs = list(block.inputs)
    if node.operation == "while":
        lead, skipped, count = 0, 0, len(inputs)
    elif node.operation == "loop":
        lead, skipped, count = 2, 1, len(inputs) - 2
    elif node.operation == "scan":
        scanned = node.attributes.get("num_scan_inputs")
        lead, skipped = 0, 0
        count = len(scan_operands(node)) - (scanned if isinstance(scanned, int) else 0)
    else:
        return {}
    untouched = invariant_places(block, lead, skipped)
    pairs = zip(range(skipped, len(block.outputs)), inputs[lead : lead + count], strict=False)
    return {p: name for place, (p, name) in enumerate(pairs) if place not in untouched}


class Planner:
    """Plans blocks for a runtime; what a function's outputs could take over is found once."""

    def __init__(self, habits: Habits = AS_WRITTEN) -> None:
        self.habits = habits
        self.fuses = habits.fuses
        self._functions: dict[int, Plan] = {}

    def plan(
        self,
        typed: TypedBlock,
        donated: frozenset[str] = frozenset(),
        carried: Mapping[int, str] | None = None,
        *,
        keeps_outputs: bool = False,
    ) -> Plan:
        """The plan of a block, of the entry with donated inputs or of a loop's body.

        With ``keeps_outputs`` its outputs take memory from when they are made to the end.
        """
        carried = carried or {}
        if not donated:
            free = frozenset(carried.values())
            return _Planning(self, typed, frozenset(), free, carried).run(keeps_outputs)
        aliased = typed.block.aliased_outputs
        plan = _Planning(self, typed, donated, frozenset(), {}).run()
        kept = {name for at, name in aliased.items() if plan.shares.get(at, ("",))[0] == name}
        return _Planning(self, typed, donated & kept, frozenset(), aliased).run(keeps_outputs)

    def find_shares(self, function: TypedBlock) -> Mapping[int, tuple[str, bool]]:
        """What the outputs of a function could take over, as ``Plan`` has it."""
        known = self._functions.get(id(function))
        if known is None:
            self._functions[id(function)] = Plan([], [])  # what calls itself shares nothing
            inputs = frozenset(function.block.inputs)
            known = _Planning(self, function, inputs, inputs, {}).run()
            self._functions[id(function)] = known
        return known.shares


class _Planning:
    """The plan of one block, whose nodes may write the ``free`` inputs.

    ``carried`` names by the place of an output the input in whose memory it has to lie at the end.
    ``donated`` ones are written by updates, and by all else only to make what has to lie there.
    """

    def __init__(
        self,
        planner: Planner,
        typed: TypedBlock,
        donated: frozenset[str],
        free: frozenset[str],
        carried: Mapping[int, str],
    ) -> None:
        self._planner = planner
        self._typed = typed
        self._carried = carried
        self._free = free
        self._claimed = frozenset(carried.values())
        self._writable = donated | free
        self._tracked = self._writable | self._claimed
        self._ends: dict[str, set[str]] = {}
        self._any_may_overwrite = True
        self._aliases = Aliases()
        self._own: list[list[str]] = []
        self._born: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._holders: dict[str, str] = {}
        self._busy_until: dict[str, int] = {}
        self._claimed_at: dict[str, int] = {}
        self._rewritten: set[str] = set()
        self._kept: set[str] = set()
        self._attended = find_attended(typed, planner.habits.attending)

    def run(self, keeps_outputs: bool = False) -> Plan:
        self._look()
        operations, inner = self._typed.operations, self._typed.inner
        self._any_may_overwrite = bool(self._free or self._ends or self._planner.fuses)
        for index, node in enumerate(self._typed.block.nodes):
            if self._any_may_overwrite or operations[index].updates or index in inner:
                self._share(index, node)
        if self._carried:
            self._place_outputs()
        return self._conclude(keeps_outputs)

    # ---- who lives how long

    def _look(self) -> None:
        typed, aliases, operations = self._typed, self._aliases, self._typed.operations
        last, tracked = self._last, self._tracked
        nowhere = _find_repeated(typed) | find_derived(typed)
        fused = find_fused(typed) if self._planner.fuses else frozenset()
        strided = StridedViews(typed) if self._planner.habits.strided else None
        moments, hidden = self._attended.moments, self._attended.hidden
        for index, node in enumerate(typed.block.nodes):
            self._alias(node, operations[index], strided)
            moment = moments.get(index, index)
            if fused and moment == index and node.outputs and node.outputs[0] in fused:
                aliases.keep(node.outputs[0], node.inputs, MAX_OPERANDS)
            used: Iterable[str] = node.inputs
            if index in typed.inner:
                aliases.note_loop(node)
                used = {*used, *typed.inner[index].captured}
            own = [
                name
                for name in node.outputs
                if name and name not in nowhere and aliases.has_own(name)
            ]
            if index in hidden:
                own = []
            self._own.append(own)
            for name in own:
                self._born[name] = last[name] = index
            for name in used:
                for root in aliases.roots(name):
                    if root in last or root in tracked:
                        last[root] = max(moment, last.get(root, moment))
        outputs = typed.block.outputs
        self._kept = {root for name in outputs for root in aliases.roots(name)}
        for place, name in typed.block.aliased_outputs.items():
            self._ends.setdefault(aliases.root(outputs[place]), set()).add(name)

    def _alias(self, node: Node, operation: Operation, strided: StridedViews | None) -> None:
        """Take up which results show the memory of operands."""
        aliases = self._aliases
        views = None if strided is None else strided.find_views(operation, node)
        shown = self._attended.shown.get(node.outputs[0]) if node.outputs else None
        if shown is not None and (strided is None or not strided.is_repeated(shown)):
            aliases.bind(node.outputs[0], shown)
            return
        if views is not None:
            for name in views:
                if name:
                    aliases.bind(name, node.inputs[0])
        elif not aliases.note(operation, node) and _keeps_elements(self._typed, node, operation):
            aliases.bind(node.outputs[0], node.inputs[0])

    def _holder(self, name: str) -> str | None:
        """Whose memory a value lies in; None for a tuple."""
        roots = self._aliases.roots(name)
        return self._holders.get(roots[0], roots[0]) if len(roots) == 1 else None

    # ---- who takes over what

    def _share(self, index: int, node: Node) -> None:
        for result, operand, is_update in self._list_chances(index, node):
            roots = self._aliases.roots(operand)
            if result not in self._born or len(roots) != 1 or roots[0] in self._kept:
                continue
            holder = self._holders.get(roots[0], roots[0])
            is_there = holder in self._writable
            allowed = holder in self._free or (is_update and (is_there or holder in self._born))
            allowed = allowed or (is_there and holder in self._ends.get(result, ()))
            allowed = allowed or (self._planner.fuses and holder in self._born)
            if allowed and result not in self._holders and self._is_idle(holder, roots[0], index):
                self._take_over(result, holder, index)
                if not is_update or roots[0] in self._rewritten:
                    self._rewritten.add(result)

    def _is_idle(self, holder: str, root: str, index: int) -> bool:
        """Whether nobody reads what lies there, but for this node."""
        if self._last.get(root, -1) > index or self._claimed_at.get(holder) == index:
            return False
        return max(self._busy_until.get(holder, -1), self._last.get(holder, -1)) <= index

    def _take_over(self, result: str, holder: str, index: int) -> None:
        self._holders[result] = holder
        self._busy_until[holder] = self._last[result]
        self._claimed_at[holder] = index
        if result in self._kept:
            self._busy_until[holder] = len(self._own)

    def _list_chances(self, index: int, node: Node) -> Iterator[tuple[str, str, bool]]:
        """Result, operand that it may overwrite, and whether it does so as an update."""
        inner = self._typed.inner.get(index)
        if inner is not None:
            if node.operation == "call":
                places = {name: at for at, name in enumerate(inner.blocks[0].block.inputs)}
                shares = self._planner.find_shares(inner.blocks[0])
                for place, (name, by_updates) in shares.items():
                    if place < len(node.outputs) and places[name] < len(node.inputs):
                        yield node.outputs[place], node.inputs[places[name]], by_updates
            else:
                yield from self._list_first_values(index, node, inner.blocks[-1])
            return
        operation = self._typed.operations[index]
        if not node.outputs or not node.inputs:
            return
        if operation.updates:
            is_update = not operation.updates_if or bool(node.attributes.get(operation.updates_if))
            for place, operand in operation.updates.items():
                if place < len(node.outputs) and operand < len(node.inputs):
                    yield node.outputs[place], node.inputs[operand], is_update
        elif not operation.is_known:  # what the file says of its results is all that is known
            for result in node.outputs:
                for name in self._ends.get(result, ()):
                    if name in node.inputs:
                        yield result, name, False
        elif (
            self._any_may_overwrite and operation.kind == "elementwise" and operation.view == "none"
        ):
            size = self._typed.types[node.outputs[0]] if node.outputs[0] else None
            names: Iterable[str] = node.inputs
            if self._planner.fuses:
                names = [root for name in names if name for root in self._aliases.roots(name)]
            for name in names:
                if name and size is not None and self._typed.type_of(name) == size:
                    yield node.outputs[0], name, False

    def _list_first_values(
        self, index: int, node: Node, body: TypedBlock
    ) -> Iterator[tuple[str, str, bool]]:
        """What a loop carries, with its first value, where the loop reads that in no other way."""
        carried = find_carried(node, body)
        operands = node.inputs[2:] if node.operation == "loop" else node.inputs
        if node.operation == "scan":
            operands = scan_operands(node)
        skipped = 1 if node.operation == "loop" else 0
        places = {place - skipped for place in carried}
        others = [name for at, name in enumerate(operands) if at not in places]
        others += [*node.inputs[: len(node.inputs) - len(operands)]]
        others += self._typed.inner[index].captured
        read = {root for name in others if name for root in self._aliases.roots(name)}
        for place in sorted(places):
            if place >= len(operands) or place >= len(node.outputs) or not operands[place]:
                continue
            if read.isdisjoint(self._aliases.roots(operands[place])):
                yield node.outputs[place], operands[place], True

    def _place_outputs(self) -> None:
        """Write a next value straight into its buffer where the last one is dead before."""
        for place, name in self._carried.items():
            output = self._typed.block.outputs[place]
            if self._holder(output) == name:
                continue
            root = self._aliases.root(output)
            if root not in self._born or root in self._holders or name in self._kept:
                continue
            busy = max(self._busy_until.get(name, -1), self._last.get(name, -1))
            if busy < self._born[root]:
                self._take_over(root, name, self._born[root])

    # ---- the result

    def _conclude(self, keeps_outputs: bool) -> Plan:
        outputs, count = self._typed.block.outputs, len(self._own)
        last = dict(self._last)
        for name, holder in self._holders.items():
            last[holder] = max(last.get(holder, -1), self._last[name])
        held = {self._holders.get(root, root) for root in self._kept}
        temporary = self._list_copied()
        owners = [
            [
                name
                for name in own
                if name not in self._holders
                and (name not in held or name in temporary or keeps_outputs)
            ]
            for own in self._own
        ]
        dead: list[list[str]] = [[] for _ in range(count)]
        for own in owners:
            for name in own:
                if name in temporary or name not in held:
                    dead[count - 1 if name in temporary else last[name]].append(name)
        shares = {}
        for place, name in enumerate(outputs):
            lies_in = self._holder(name)
            if lies_in is not None and lies_in in self._writable:
                shares[place] = lies_in, self._aliases.root(name) not in self._rewritten
        if count:  # what is copied as a trip ends lies beside what was computed by then
            owners[-1] += [name for name in temporary if name in self._claimed]
            dead[-1] += [name for name in temporary if name in self._claimed]
        return Plan(owners, dead, shares, self._attended.scores)

    def _list_copied(self) -> dict[str, None]:
        """Next values of a body that do not lie in their buffers."""
        found: dict[str, None] = {}
        for place, name in self._carried.items():
            holder = self._holder(self._typed.block.outputs[place])
            if holder is not None and holder != name:
                found[holder] = None
        return found


def _keeps_elements(typed: TypedBlock, node: Node, operation: Operation) -> bool:
    """Whether a broadcast only adds dimensions of 1, so that it shows its operand."""
    if (
        not operation.repeats
        or node.operation not in _REPEATING
        or not node.inputs
        or not node.inputs[0]
    ):
        return False
    if not node.outputs or not node.outputs[0]:
        return False
    before, after = typed.type_of(node.inputs[0]).elements, typed.types[node.outputs[0]].elements
    if before is None or before != after:
        return False
    axes = node.attributes.get("broadcast_dimensions", ())
    places = [axis for axis in axes if isinstance(axis, int)] if isinstance(axes, tuple) else []
    return places == sorted(places)


def _find_repeated(typed: TypedBlock) -> set[str]:
    """Values that repeat one element and that only elementwise nodes read: no runtime stores them.

    A compiler that finds equal values keeps one such for a whole model.
    """
    found: set[str] = set()
    operations = typed.operations
    for index, node in enumerate(typed.block.nodes):
        operation = operations[index]
        if operation.repeats and node.operation in _REPEATING and node.inputs and node.outputs:
            if typed.type_of(node.inputs[0]).elements == 1:
                found.add(node.outputs[0])
        elif operation.kind != "elementwise" or index in typed.inner:
            found.difference_update(node.inputs)
            if index in typed.inner:
                found -= typed.inner[index].captured
    return found.difference(typed.block.outputs)
