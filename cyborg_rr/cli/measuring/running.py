"""Runs the measuring program in another interpreter, within limits, and hears what it says."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cyborg_rr.cli.measuring.packing import save_program
from cyborg_rr.cli.measuring.protocol import (
    MAX_LINE_BYTES,
    EndSaid,
    MeasuringFailed,
    RefusedSaid,
    Said,
    SkippedSaid,
    parse_line,
)
from cyborg_rr.domain.representation.measured.operators import Operator

START_SECONDS: Final = 180.0
"""How much longer than it was given the program may take: runtimes are slow to load, to compile one
operator, and to end."""

_BESIDE: Final = 8
"""Lines beside those of operators."""

_TAIL_BYTES: Final = 400


@dataclass(frozen=True, slots=True)
class Model:
    """A model to run: where it is, and its inputs as (name, element type, shape)."""

    path: Path
    inputs: tuple[tuple[str, str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What to time, where, and how long new work is begun."""

    runtime: str
    device: str
    operators: tuple[Operator, ...]
    model: Model | None = None
    tf32: bool = False
    repeats: int = 7
    seconds: float = 60.0
    rotated_bytes: int = 256 << 20

    def render(self) -> dict[str, Any]:
        """As the program reads it."""
        return {
            "runtime": self.runtime,
            "device": self.device,
            "operators": [_render_operator(each) for each in self.operators],
            "model": None if self.model is None else _render_model(self.model, self.tf32),
            "repeats": self.repeats,
            "seconds": self.seconds,
            "rotated_bytes": self.rotated_bytes,
        }


def _render_operator(operator: Operator) -> dict[str, Any]:
    return {
        "name": operator.name,
        "element_type": operator.element_type,
        "shape": list(operator.shape),
        "tf32": operator.tf32,
        "channels_last": operator.channels_last,
    }


def _render_model(model: Model, tf32: bool) -> dict[str, Any]:
    inputs = [
        {"name": name, "element_type": element_type, "shape": list(shape)}
        for name, element_type, shape in model.inputs
    ]
    return {"path": str(model.path.resolve()), "inputs": inputs, "tf32": tf32}


def hear(
    python: Sequence[str], request: Request, grace_seconds: float = START_SECONDS
) -> Iterator[Said]:
    """What the program says, until it ends.

    ``python`` begins its command line. ``MeasuringFailed`` where it does not start, says what it
    may not or too much, ends without an end, or takes longer than its time and ``grace_seconds``;
    it and what it started are then gone.
    """
    deadline = time.monotonic() + request.seconds + grace_seconds
    most = len(request.operators) + _BESIDE
    with _start(python, request) as (process, errors):
        for count, line in enumerate(_read_lines(process, deadline)):
            if count >= most:
                raise MeasuringFailed("the measuring program wrote more lines than were asked for")
            said = parse_line(line)
            yield said
            if isinstance(said, EndSaid | RefusedSaid):
                return
        raise MeasuringFailed(f"the measuring program ended early: {_read_tail(errors)}")


@contextmanager
def _start(
    python: Sequence[str], request: Request
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    with tempfile.TemporaryDirectory(prefix="cyborg-rr-") as folder:
        program = save_program(Path(folder) / "measure.pyz")
        errors = (Path(folder) / "errors").open("w+b")
        try:
            process = subprocess.Popen(
                [*python, str(program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            errors.close()
            raise MeasuringFailed(f"{python[0]} does not start: {error.strerror}") from error
        try:
            _write(process, request)
            yield process, errors
        finally:
            _end(process)
            errors.close()


def _write(process: subprocess.Popen[bytes], request: Request) -> None:
    if process.stdin is None:
        return
    with suppress(BrokenPipeError), process.stdin:  # how it ended is told by what it wrote
        process.stdin.write(json.dumps(request.render()).encode() + b"\n")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the session that was started for it: compilers leave workers behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _read_lines(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    file, held = (-1 if process.stdout is None else process.stdout.fileno()), b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([file], [], [], left)[0]:
            raise MeasuringFailed("the measuring program took too long and was ended")
        chunk = os.read(file, MAX_LINE_BYTES)
        if not chunk:
            return
        *lines, held = (held + chunk).split(b"\n")
        if len(held) > MAX_LINE_BYTES or any(len(line) > MAX_LINE_BYTES for line in lines):
            raise MeasuringFailed("the measuring program wrote a line that is too long")
        yield from lines


def _read_tail(errors: IO[bytes]) -> str:
    """The end of what it complained of, on one line."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _TAIL_BYTES))
    text = " ".join(errors.read().decode(errors="replace").split())
    return text or "it said nothing"


def explain_skipped(said: SkippedSaid, request: Request) -> str:
    """Which operator was not timed, and why."""
    what = "the model" if said.index is None else request.operators[said.index].render()
    return f"{what}: {said.why}"
