"""From an archive to a block: the inputs of its forward method, its nodes, what it gives back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.graph.graph import Block, Completeness, TensorType
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.checkpoint.values import Tensor
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.torchscript.archive import EXPORT, Program
from cyborg_rr.readers.torchscript.drawing import Drawing
from cyborg_rr.readers.torchscript.element_types import NUMBERS
from cyborg_rr.readers.torchscript.holding import Holdings
from cyborg_rr.readers.torchscript.language.syntax import Literal, Parameter
from cyborg_rr.readers.torchscript.memory import Memory
from cyborg_rr.readers.torchscript.running import Runner
from cyborg_rr.readers.torchscript.values import UNKNOWN, Instance, Record, Ref, Sequence, Value

_PARTS: Final = re.compile(r"Tuple\[(Tensor(?:,Tensor)*)\]")
_OPTIONAL: Final = re.compile(r"Optional\[(.+)\]")
MAX_RESULTS: Final = 10_000


class Model:
    """One program on its way to a block, with what a user should be told about it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._memory = Memory(program)
        self._drawing = Drawing(self._memory.stored)
        self._views: dict[str, Ref] = {}
        self._left_out: list[str] = []
        self._vague: list[str] = []
        self.completeness: Completeness = "full"
        self._warnings: list[str] = []
        for name, stored in self._memory.stored.items():
            shape = stored.type.shape
            self._drawing.know(name, None if shape is None else len(shape))
            self._drawing.know(name, None, stored.type.element_type)

    def read(self) -> Block:
        """The block of the whole program."""
        drawing, program = self._drawing, self._program
        holdings = Holdings(program.library, program.constants, self._find_tensor)
        runner = Runner(program.library, drawing, holdings)
        root = Instance(program.model, "")
        name = program.model.maker.full if program.model.maker is not None else ""
        forward = program.library.find_method(name, "forward")
        if forward is None:
            self.completeness = "header"
            self._warnings.append(f"the program has no code of a forward method: {EXPORT}")
            return Block({}, (), (), drawing.stored)
        given: list[Value] = [root]
        given += [self._define_input(parameter) for parameter in forward.parameters[1:]]
        result = runner.call(forward, given, {}, "")
        outputs = tuple(dict.fromkeys(self._list_results(result)))
        if drawing.unknown or runner.open_loops or self._vague:
            self.completeness = "partial"
        if runner.open_loops:
            self._warnings.append(
                f"how often {runner.open_loops} loops run is not known before the model does, so "
                f"that they count as unknown: {EXPORT}"
            )
        return Block(drawing.inputs, outputs, tuple(drawing.nodes), drawing.stored, drawing.types)

    def _define_input(self, parameter: Parameter) -> Value:
        """What a caller gives; what has a default is left out, as callers mostly do."""
        if parameter.default is not None:
            self._left_out.append(parameter.name)
            default = parameter.default
            return default.value if isinstance(default, Literal) else UNKNOWN
        optional = _OPTIONAL.fullmatch(parameter.type)
        kind = optional[1] if optional is not None else parameter.type
        parts = _PARTS.fullmatch(kind)
        if parts is not None:
            count = parts[1].count("Tensor")
            return Sequence(
                [self._add_input(f"{parameter.name}.{i}", None) for i in range(count)], True
            )
        if kind in NUMBERS:
            return self._add_input(parameter.name, NUMBERS[kind])
        if kind == "Tensor":
            return self._add_input(parameter.name, None)
        self._vague.append(parameter.name)
        return UNKNOWN

    def _add_input(self, name: str, number: str | None) -> Ref:
        name = self._drawing.fresh(name)
        shape = None if number is None else ()
        self._drawing.inputs[name] = TensorType(number, shape)
        if number is not None:
            self._drawing.know(name, 0, number)
        return Ref(name, number is not None)

    def _find_tensor(self, tensor: Tensor, folder: str, path: str) -> Value:
        """The value of a tensor that the program holds; a lone number is one."""
        owner, known = self._memory.find(tensor, folder, path)
        if known is None:
            return UNKNOWN
        stored = self._drawing.stored[owner]
        if folder == "constants" and known.shape == () and stored.values:
            return stored.values[0]
        if known == tensor.type:
            return Ref(owner)
        return self._views.get(path) or self._view(owner, tensor.type, path)

    def _view(self, owner: str, kind: TensorType, path: str) -> Ref:
        """A tensor that lies in another one, which counts for both."""
        drawing = self._drawing
        name = drawing.fresh(path)
        step = Step("unknown", (owner,), (name,), {}, {name: kind})
        drawing.draw([step], "prim:view", name)
        drawing.know(name, len(kind.shape or ()), kind.element_type)
        self._views[path] = Ref(name)
        return Ref(name)

    def _list_results(self, value: Value) -> Iterator[str]:
        """Names of the tensors that a model gives back."""
        waiting, count = [value], 0
        while waiting and count < MAX_RESULTS:
            found, count = waiting.pop(), count + 1
            if isinstance(found, Ref):
                yield found.name
            elif isinstance(found, Sequence):
                waiting += reversed(found.parts)
            elif isinstance(found, Record):
                waiting += reversed(list(found.entries.values()))

    def warn(self) -> Iterator[str]:
        """What is to be said besides the graph."""
        yield from self._warnings
        if self.completeness == "partial":
            yield f"not all of the program could be followed: {EXPORT}"
        if self._left_out:
            yield f"inputs that have defaults are left out: {list_names(self._left_out)}"
        if self._vague:
            yield f"inputs that are no tensors are unknown: {list_names(self._vague)}"
        yield from self._memory.warn()
        yield from explain_unknown(self._drawing.unknown)
