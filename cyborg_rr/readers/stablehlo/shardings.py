"""How a StableHLO module divides values among devices: Shardy's way, GSPMD's, and jax.export's.

A sharding that is not understood, or not that of its value, is left out with a warning: the value
may then be divided in any way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shardings import Sharding
from cyborg_rr.readers.dialects.mlir.calls import list_operations
from cyborg_rr.readers.formats.mlir.structure import Function, Module, Operation
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Value
from cyborg_rr.readers.formats.shardings.errors import BadSharding
from cyborg_rr.readers.formats.shardings.gspmd import parse_gspmd
from cyborg_rr.readers.formats.shardings.shardy import (
    Mesh,
    list_names,
    parse_mesh,
    parse_meshes,
    parse_shardy,
    split_shardings,
)
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.stablehlo.targets import CAST, find_target

_FRONTEND: Final = "mhlo.frontend_attributes"
_ENTERING: Final = frozenset({"xla.sdy.GlobalToLocalShape"})
_LEAVING: Final = frozenset({"xla.sdy.LocalToGlobalShape"})


class Shardings:
    """What the module says; ``values`` and ``outputs`` are what a graph keeps of it."""

    def __init__(self, module: Module) -> None:
        self.values: dict[str, Sharding] = {}
        self.outputs: dict[int, Sharding] = {}
        self.meshes: dict[str, Mesh] = {}
        self.devices = 1
        self._causes: Counter[str] = Counter()
        self._uses: dict[str, _Use | None] | None = None
        self._read_meshes(module)

    @property
    def mesh(self) -> Mapping[str, int]:
        """The axes of the file's mesh; none where it has several."""
        meshes = [mesh.axes for mesh in self.meshes.values() if mesh.devices > 1]
        return meshes[0] if len(meshes) == 1 else {}

    def list_warnings(self) -> list[str]:
        """What was left out, and why."""
        if not self._causes:
            return []
        cause = printable(self._causes.most_common(1)[0][0].encode())
        return [
            f"{self._causes.total()} shardings were left out ({cause}): their values may be"
            " divided in any way"
        ]

    def note(self, name: str, type_: TensorType, sharding: Sharding | None) -> None:
        """Keep the sharding of a value; two of one name that differ are none."""
        if sharding is not None and type_.shape is not None:
            known = self.values.setdefault(name, sharding)
            if known != sharding:
                self.values[name] = Sharding(
                    tuple(
                        old if old == new else ()
                        for old, new in zip(known.dimensions, sharding.dimensions, strict=False)
                    ),
                    "open",
                )

    # ---- what stands at values

    def find(self, attributes: Mapping[str, Value], type_: TensorType) -> Sharding | None:
        """The sharding among the attributes of an argument, a result or an operation."""
        stated = attributes.get("sdy.sharding")
        if isinstance(stated, DialectAttribute):
            return self._parse(stated.body, type_)
        exported = _frontend(attributes, "xla.sdy.sharding")
        if exported:
            return self._parse(exported.partition("<")[2].rpartition(">")[0], type_)
        tiles = attributes.get("mhlo.sharding")
        return self._parse_tiles(tiles, type_) if isinstance(tiles, str) else None

    def find_constraint(self, operation: Operation, type_: TensorType) -> Sharding | None:
        """What an operation that only divides its operand says of its result."""
        if operation.name.startswith("sdy."):
            stated = operation.attributes.get("sharding")
            body = stated.body if isinstance(stated, DialectAttribute) else ""
            bodies = operation.bodies or ([body] if body else [])
            return self._parse(bodies[0], type_) if bodies else None
        found = self.find(operation.attributes, type_)
        note = operation.attributes.get("backend_config")
        if found is not None and isinstance(note, str) and "unspecified_dims" in note:
            return replace(found, freedom="open") if found.freedom == "closed" else found
        return found

    def find_each(
        self, operation: Operation, key: str, types: Sequence[TensorType], inside: bool
    ) -> list[Sharding | None]:
        """The shardings of the operands or results of a region that devices run by hand.

        ``inside``: of the parts that the region sees.
        """
        stated = operation.attributes.get(key)
        bodies: list[str] = []
        if isinstance(stated, DialectAttribute):
            bodies = split_shardings(stated.body)
        elif isinstance(stated, list):
            bodies = [each.body for each in stated if isinstance(each, DialectAttribute)]
        if len(bodies) != len(types):
            return [None] * len(types)
        axes = _list_axes(operation.attributes.get("manual_axes")) if inside else ()
        return [self._parse(body, type_, axes) for body, type_ in zip(bodies, types, strict=True)]

    def find_exported(
        self, operation: Operation, target: str, types: Sequence[TensorType]
    ) -> list[Sharding | None]:
        """As ``find_each``, for the custom calls that jax.export writes in place of a region."""
        entering = target in _ENTERING
        if not entering and target not in _LEAVING:
            return [None] * len(types)
        attributes = operation.attributes
        text = _frontend(
            attributes, "xla.sdy.in_shardings" if entering else "xla.sdy.out_shardings"
        )
        bodies = split_shardings(text.partition("<")[2].rpartition(">")[0])
        if len(bodies) != len(types):
            return [None] * len(types)
        axes = list_names(_frontend(attributes, "xla.sdy.manual_axes")) if entering else ()
        return [self._parse(body, type_, axes) for body, type_ in zip(bodies, types, strict=True)]

    # ---- the entry

    def adopt(self, entry: Function, value: str, name: str, type_: TensorType) -> None:
        """An argument without a sharding that is used once gets that of its use, as in XLA.

        Only an even one: arguments of jit are divided into equal parts.
        """
        if self._uses is None:
            self._uses = _list_uses(entry)
        use, found = self._uses.get(value), None
        if use is None or type_.shape is None:
            return
        operation, place = use
        if operation.name == "sdy.manual_computation":
            types = [TensorType(None, None)] * len(operation.operands)
            types[place] = type_
            found = self.find_each(operation, "in_shardings", types, inside=False)[place]
        elif operation.name == "sdy.sharding_constraint" or find_target(operation) == "Sharding":
            found = self.find_constraint(operation, type_)
        if found is not None and found.freedom == "closed":
            pairs = zip(type_.shape, found.splits, strict=True)
            if all(isinstance(size, int) and size % count == 0 for size, count in pairs):
                self.note(name, type_, found)

    def _read_meshes(self, module: Module) -> None:
        text = _frontend(module.attributes, "xla.sdy.meshes")
        try:
            self.meshes.update(parse_meshes(text))
        except BadSharding as error:
            self._causes[str(error)] += 1
        for operation in module.operations:
            if operation.name == "sdy.mesh":
                self._read_mesh(operation)
        if len(self.meshes) == 1:
            self.meshes = {name: Mesh(mesh.axes) for name, mesh in self.meshes.items()}
        self.devices = max((mesh.devices for mesh in self.meshes.values()), default=1)

    def _read_mesh(self, operation: Operation) -> None:
        stated = operation.attributes.get("mesh")
        bodies = operation.bodies
        if isinstance(stated, DialectAttribute):
            bodies = [stated.body]
        name = operation.symbols[0] if operation.symbols else operation.attributes.get("sym_name")
        try:
            if bodies and isinstance(name, str):
                self.meshes[name] = parse_mesh(bodies[0])
        except BadSharding as error:
            self._causes[str(error)] += 1

    def _parse(
        self, body: str, type_: TensorType, by_hand: Collection[str] = ()
    ) -> Sharding | None:
        if type_.shape is None:
            return None
        try:
            return parse_shardy(body, len(type_.shape), self.meshes, by_hand)
        except BadSharding as error:
            self._causes[str(error)] += 1
            return None

    def _parse_tiles(self, text: str, type_: TensorType) -> Sharding | None:
        if type_.shape is None:
            return None
        try:
            found = parse_gspmd(text, len(type_.shape))
        except BadSharding as error:
            self._causes[str(error)] += 1
            return None
        self.devices = max(self.devices, found.devices or 1)
        return found.sharding


_Use = tuple[Operation, int]
"""An operation, and the place of the value among its operands."""


def _list_uses(function: Function) -> dict[str, _Use | None]:
    """The only use of a value, None where there are several; a cast is its operand under a name."""
    uses: dict[str, _Use | None] = {}
    sources: dict[str, str] = {}
    for operation in list_operations(function.body or []):
        operands = [sources.get(value, value) for value in operation.operands]
        if operation.name == CAST and len(operands) == len(operation.results) == 1:
            sources[operation.results[0]] = operands[0]
            continue
        for place, value in enumerate(operands):
            uses[value] = None if value in uses else (operation, place)
    return uses


def _frontend(attributes: Mapping[str, Value], key: str) -> str:
    """A text that stands among those for XLA's frontends."""
    stated = attributes.get(_FRONTEND)
    text = stated.get(key) if isinstance(stated, dict) else None
    return text if isinstance(text, str) else ""


def _list_axes(value: Value) -> list[str]:
    if isinstance(value, dict):
        return list(value)
    return list_names(value.body) if isinstance(value, DialectAttribute) else []
