"""HloProto, HloModuleProto and HloSnapshot, which no magic number tells apart: structure does."""

from __future__ import annotations

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message, signed
from cyborg_rr.readers.hlo.module import Alias, Computation, Module, check_size
from cyborg_rr.readers.hlo.proto.attributes import read_numbers, read_repeated
from cyborg_rr.readers.hlo.proto.buffers import read_temporary_bytes
from cyborg_rr.readers.hlo.proto.instructions import InstructionReader
from cyborg_rr.readers.hlo.proto.layers import find_module
from cyborg_rr.readers.reading.source import Buffer

_OF_ONE_DEVICE = frozenset({7, 12, 14})
"""The schedule, and what the partitioner notes of results and parameters."""

_MAX_COUNT = 2**31
_MAX_ALIASES = 1 << 20


def parse_proto(data: Buffer) -> Module:
    """The module in a protobuf, with what a buffer assignment beside it reserves."""
    found = find_module(Message(data))
    module = _ModuleReader(found.module).read()
    if found.buffers is not None:
        module.temporary_bytes = read_temporary_bytes(found.buffers)
    return module


class _ModuleReader:
    """Walks one HloModuleProto."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._module = Module("", "protobuf", lambda position: f"byte {position}")
        self._instructions = InstructionReader(self._module)
        self._entry_name = ""
        self._count = 0

    def read(self) -> Module:
        """The module; each field is looked at once."""
        message, module = self._message, self._module
        for field, wire, value, stop in message:
            if wire == VARINT:
                if field == 6:
                    module.entry = signed(value)
            elif wire != LENGTH:
                continue
            elif field == 1:
                module.name = message.text(value, stop, 4096)
            elif field == 2:
                self._entry_name = message.name(value, stop)
            elif field == 3:
                self._read_computation(message.message(value, stop))
            elif field in _OF_ONE_DEVICE:
                module.is_partitioned = True
            elif field == 8:
                self._read_aliases(message.message(value, stop))
            elif field == 15:
                self._read_devices(message.message(value, stop))
        if module.entry not in module.computations:
            module.entry = self._find_entry()
        return module

    def _find_entry(self) -> int | None:
        """The computation of the stated name: files before 2018 number nothing."""
        for key, computation in self._module.computations.items():
            if computation.name == self._entry_name and isinstance(key, int):
                return key
        return None

    def _read_computation(self, message: Message) -> None:
        position = message.offset(message.start)
        computation = Computation(0, "", position)
        root = None
        by_key = {}
        for field, wire, value, stop in message:
            if wire == VARINT:
                if field == 5:
                    computation.key = signed(value)
                elif field == 6:
                    root = signed(value)
            elif wire == LENGTH and field == 1:
                computation.name = message.name(value, stop)
            elif wire == LENGTH and field == 2:
                made = self._instructions.read(message.message(value, stop))
                by_key[made.key] = made
                computation.instructions.append(made)
        computation.root = by_key.get(root) if root is not None else None
        if computation.root is None and computation.instructions:
            if root is not None:
                raise self._module.fail(
                    f"the result of {computation.name[:60]!r} is not in it", position
                )
            computation.root = computation.instructions[-1]
        self._count += len(computation.instructions)
        check_size(self._count)
        self._module.add(computation)

    def _read_aliases(self, message: Message) -> None:
        aliases = self._module.aliases
        for field, wire, value, stop in message:
            if field != 1 or wire != LENGTH:
                continue
            if len(aliases) >= _MAX_ALIASES:
                raise UnreadableModel(f"more than {_MAX_ALIASES} aliases are stated")
            entry = message.message(value, stop)
            lists = read_repeated(entry, {1: "output", 3: "index"})
            output, index = lists.get("output", ()), lists.get("index", ())
            aliases.append(Alias(output, read_numbers(entry).get(2, 0), index))

    def _read_devices(self, message: Message) -> None:
        """DeviceAssignmentProto: how many copies of the program, of how many parts each."""
        numbers = read_numbers(message)
        for field in (1, 2):
            if not 0 <= numbers.get(field, 0) < _MAX_COUNT:
                raise UnreadableModel("the number of devices is no positive number")
        self._module.replicas = numbers.get(1, 0) or 1
        self._module.partitions = numbers.get(2, 0) or 1
