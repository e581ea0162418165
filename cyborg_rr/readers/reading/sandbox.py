"""Reading a model in a process of its own, with limits on memory and time.

Whatever a hostile file does to a parser, it does to that process, and the caller gets one line.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cyborg_rr import codec
from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.answers import OUT_OF_MEMORY, explain_complaint, parse_answer
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.processes import Ended, Start, spawn

_NAME_ON_HUB = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_ADDRESS = re.compile(r"(?:https?|hf|s3|gs|ftp):/", re.IGNORECASE)


BYTES_PER_SHARE = 5 * 1024**2
"""Each such part of a file gives its reading ``cpu_seconds`` more: 35 000 operations of StableHLO
text or 150 000 nodes of ONNX, which take 1 to 5 s."""

MAX_SHARES = 12
"""How many times ``cpu_seconds`` the time becomes at most: most of a large file are weights."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading process may use; ``file_bytes`` is the largest file that is read at all.

    A file is mapped, and of weights hardly more than the header is looked at: its bound is the
    address space, of which a process has 128 TiB.

    ``cpu_seconds`` is for a file of any size, and more is given for a large one; ``cpu_option``
    is what the caller calls that limit.
    """

    memory_bytes: int = 1024**3
    cpu_seconds: int = 5
    wall_seconds: int = 120
    file_bytes: int = 64 * 1024**4
    cpu_option: str = "cpu_seconds"

    def reckon_cpu_seconds(self, size_bytes: int) -> int:
        """The processor time that reading so many bytes may take."""
        shares = min(1 + size_bytes / BYTES_PER_SHARE, MAX_SHARES)
        return round(self.cpu_seconds * shares)


def analyse_file(
    path: Path,
    options: AnalysisOptions,
    limits: Limits | None = None,
    name: str | None = None,
    *,
    alone: bool = False,
) -> IRRequirement:
    """What the model in the file or the folder asks for.

    A file that is read ``alone`` is read without those beside it. Raises ``UnreadableModel`` with
    the cause for what cannot be read, and ``InvalidInput`` for options that do not fit it.
    """
    return Reading(path, options, limits or Limits(), name or path.name, alone=alone).result()


class Reading:
    """A reading under way: started at once, so that the caller can do other work meanwhile."""

    def __init__(
        self,
        path: Path,
        options: AnalysisOptions,
        limits: Limits,
        name: str,
        *,
        alone: bool = False,
        start: Start = spawn,
    ) -> None:
        self._limits = limits
        with ExitStack() as opened:
            descriptor = _open(path, limits)
            opened.callback(os.close, descriptor)
            folder = None if alone else _open_around(path, descriptor)
            if folder is not None:
                opened.callback(os.close, folder)
            self._cpu_seconds = limits.reckon_cpu_seconds(os.fstat(descriptor).st_size)
            request = {
                "name": name,
                "options": codec.render(options),
                "limits": {
                    "memory_bytes": limits.memory_bytes,
                    "cpu_seconds": self._cpu_seconds,
                },
                "source": descriptor,
                "folder": folder,
            }
            self._process = start(request)

    def result(self) -> IRRequirement:
        """Wait for the answer."""
        ended = self._process.wait(self._limits.wall_seconds)
        if ended is None:
            raise UnreadableModel(f"reading it takes more than {self._limits.wall_seconds} s")
        if ended.status != 0:
            raise UnreadableModel(self._explain_end(ended))
        return codec.parse(IRRequirement, parse_answer(ended.answer), "requirement")

    def _explain_end(self, ended: Ended) -> str:
        """The cause, from the status alone; of the complaint only the error's name is shown."""
        import logging  # seldom needed, as is the next
        import signal

        code = ended.status
        if code == OUT_OF_MEMORY:
            return "reading it takes more memory than is allowed"
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return (
                f"reading it took more than {self._cpu_seconds} s of processor time; raise "
                f"{self._limits.cpu_option} if the file is to be trusted"
            )
        if code < 0:
            return f"reading it ended the reader with {signal.Signals(-code).name}"
        complaint = ended.complaint.decode(errors="replace")
        log = logging.getLogger(__name__)
        if not log.hasHandlers():  # a command keeps no log, and its user wants no traceback
            log.addHandler(logging.NullHandler())
        log.error("The reading process ended with %d: %s", code, complaint)
        return explain_complaint(complaint)


def _open_around(path: Path, descriptor: int) -> int | None:
    """Open the folder that a file lies in; None where that is not allowed, or a folder is read."""
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        return None
    try:
        return os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None


def _advise_of_hub(path: Path) -> str:
    """What to do where the path is the address, or the name, of a model on a hub."""
    is_name = _NAME_ON_HUB.fullmatch(str(path)) is not None and not path.parent.exists()
    if not is_name and _ADDRESS.match(str(path)) is None:
        return ""
    return ": models are read from local files, so download it first and give its folder"


def _open(path: Path, limits: Limits) -> int:
    """Open a regular file or a folder for reading; a device or FIFO would never end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise UnreadableModel(f"{error.strerror}{_advise_of_hub(path)}") from error
    except OSError as error:
        raise UnreadableModel(f"{error.strerror}") from error
    state = os.fstat(descriptor)
    if stat.S_ISDIR(state.st_mode):
        return descriptor
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise UnreadableModel("it is neither a regular file nor a folder")
    if state.st_size > limits.file_bytes:
        os.close(descriptor)
        raise UnreadableModel(f"it has {state.st_size} bytes; at most {limits.file_bytes} are read")
    return descriptor
