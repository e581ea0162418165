"""An NVMe drive that answers admin commands as the specification says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cyborg_rr.drivers.pci.cleaning import nvme
from cyborg_rr.drivers.privileged.nvme import AdminCommand, NotSent, Opcode


@dataclass
class FakeDrive:
    """Erases itself in ``polls`` looks at its status, and ends in the state ``outcome``.

    ``namespaces`` gives of each what bytes 26 and 29 of its identification say; ``shared`` are
    those that other controllers may have too, ``sharing`` and ``format_reach`` the drive's CMIC
    and FNA.
    """

    serial: str = "S1"
    sharing: int = 0
    shared: Sequence[int] = ()
    format_reach: int = 0

    sanitize_abilities: int = 0
    polls: int = 1
    outcome: int = nvme.SUCCEEDED
    can_format: bool = False
    manages: bool = False
    namespaces: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    hidden: Sequence[int] = ()
    now: float = 0
    actions: list[int] = field(default_factory=list)
    formats: dict[int, int] = field(default_factory=dict)
    is_erased: bool = False
    _left: int = 0
    _state: int = 0

    def sleep(self, seconds: float) -> None:
        """Let time pass; an hour at a time where nobody could wait for it."""
        self.now += seconds if self.polls < 10**6 else 3600

    def begin(self, action: int) -> None:
        """Begin to erase."""
        self.actions.append(action)
        self._left, self._state = self.polls, nvme.IN_PROGRESS

    def send(self, command: AdminCommand) -> bytes:
        """Answer one command."""
        command.check()
        data = bytearray(command.data_bytes)
        match command.opcode:
            case Opcode.IDENTIFY:
                self._identify(command, data)
            case Opcode.GET_LOG_PAGE:
                self._tell_status(command, data)
            case Opcode.SANITIZE:
                self.begin(command.word10)
            case Opcode.FORMAT_NVM if command.namespace in self.namespaces:
                self.formats[command.namespace] = command.word10
            case _:
                raise NotSent(f"command {command.opcode:#x} is unknown")
        return bytes(data)

    def _identify(self, command: AdminCommand, data: bytearray) -> None:
        match command.word10:
            case nvme.CONTROLLER:
                data[4:24] = self.serial.encode().ljust(20)
                data[76] = self.sharing
                data[524] = self.format_reach
                data[256] = self.can_format << 1 | self.manages << 3
                data[328] = self.sanitize_abilities
            case nvme.NAMESPACE:
                data[26], data[29] = self.namespaces[command.namespace]
                data[30] = command.namespace in self.shared
            case nvme.ACTIVE_NAMESPACES | nvme.ALLOCATED_NAMESPACES as which:
                hidden = self.hidden if which == nvme.ALLOCATED_NAMESPACES else ()
                listed = sorted({*self.namespaces, *hidden})
                after = [number for number in listed if number > command.namespace]
                for index, number in enumerate(after[: command.data_bytes // 4]):
                    data[4 * index : 4 * index + 4] = number.to_bytes(4, "little")
            case _:
                raise NotSent("nothing else can be identified")

    def _tell_status(self, command: AdminCommand, data: bytearray) -> None:
        assert command.word10 & 0xFF == nvme.SANITIZE_STATUS_LOG
        assert (command.word10 >> 16) + 1 == command.data_bytes // 4
        if self._state == nvme.IN_PROGRESS:
            self._left -= 1
            if self._left < 0:
                self._state = self.outcome
                self.is_erased = self.outcome == nvme.SUCCEEDED
        data[2:4] = self._state.to_bytes(2, "little")
        if self.actions:
            data[4:8] = self.actions[-1].to_bytes(4, "little")
