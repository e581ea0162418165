"""IREE's compiler inside this process: many functions at once, each answered by itself."""

from __future__ import annotations

import ctypes
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

TARGETS: Mapping[str, tuple[str, ...]] = {
    "cuda": ("--iree-hal-target-device=cuda", "--iree-cuda-target=sm_80"),
    "rocm": ("--iree-hal-target-device=hip", "--iree-rocm-target=gfx942"),
    "vulkan": ("--iree-hal-target-device=vulkan",),
}
_APART = (
    "--iree-hal-link-executables=false",
    "--mlir-disable-threading",
    "--mlir-print-ir-after-failure",
)
"""Code of each function is made by itself, so that it is known of which none can be made."""

FRONT = "input"
"""The phase at whose end a model is linear algebra, which is the same for all targets."""

WHOLE = "end"
REFUSED = "refused"

TAKEN = "="
"""Begins what is said of a function that compiles."""

_SYMBOL = re.compile(r'@(?:"([^"]*)"|([A-Za-z_][\w$.-]*))')
_STORED = re.compile(r'(\w+): "(0x[0-9A-F]*)"')
_PLACE = re.compile(r"^[^\n]*?:(\d+):\d+: error: ([^\n]*)", re.MULTILINE)
_DUMP = re.compile(r"IR Dump After [^\n]* Failed[^\n]*\n[^\n]*?\bf(\d+)_")
_LOWERED = re.compile(
    r"^  (?:util\.func|func\.func) [^\n]*?@f(\d+)_.*?^  }$", re.MULTILINE | re.DOTALL
)


class Compiler:
    """Compiles modules of one kind of input; what it writes as errors is read back from a file."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._sessions: dict[str, Any] = {}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  as long as the process
        os.dup2(self._errors.fileno(), 2)

    def compile(self, functions: Sequence[str], target: str, phase: str) -> list[str]:
        """For each function nothing where it compiles (the lowered text in front), else why not.

        All are compiled at once, without those against which something was said before, until
        nothing is said. Where it is not said which function is meant, it is looked for by halves.
        """
        said = [""] * len(functions)
        left = list(range(len(functions)))
        while left:
            text, lines = join([functions[index] for index in left])
            problems, lowered = self._run(text, target, phase)
            if problems is None:
                if lowered is not None and len(lowered) < len(left):
                    raise SystemExit(f"not found among what was lowered: {text}")
                for place, index in enumerate(left):
                    said[index] = TAKEN + (lowered or {}).get(place, "")
                return said
            blamed = find_blamed(problems, lines)
            if not blamed and len(left) == 1:
                blamed = {0: REFUSED}
            if not blamed:
                middle = len(left) // 2
                for half in (left[:middle], left[middle:]):
                    found = self.compile([functions[index] for index in half], target, phase)
                    for index, answer in zip(half, found, strict=True):
                        said[index] = answer
                return said
            for place, message in blamed.items():
                said[left[place]] = message or REFUSED
            left = [index for place, index in enumerate(left) if place not in blamed]
        return said

    def _run(self, text: str, target: str, phase: str) -> tuple[str | None, dict[int, str] | None]:
        """What is said against the text, None where it compiled; and what it is lowered to."""
        from iree.compiler.api import Output, Source, ctypes_dl

        session = self._session(target)
        invocation = session.invocation()
        invocation.enable_console_diagnostics()
        ctypes_dl._dylib.ireeCompilerInvocationSetCompileToPhase(
            ctypes.c_void_p(invocation._inv_p), ctypes.c_char_p(phase.encode())
        )
        self._errors.truncate(0)
        os.lseek(self._errors.fileno(), 0, os.SEEK_SET)
        source = Source.wrap_buffer(session, text.encode() + b"\0")
        try:
            if invocation.parse_source(source) and invocation.execute():
                if phase != FRONT:
                    return None, None
                output = Output.open_membuffer()
                invocation.output_ir(output)
                return None, split(bytes(output.map_memory()).decode())
        finally:
            invocation.close()
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace"), None

    def _session(self, target: str) -> Any:
        from iree.compiler.api import Session, ctypes_dl

        if not self._sessions:
            ctypes_dl._initializeGlobalCL("iree", *_APART)
        if target not in self._sessions:
            self._sessions[target] = Session()
            self._sessions[target].set_flags(f"--iree-input-type={self._kind}", *TARGETS[target])
        return self._sessions[target]


def join(functions: Sequence[str]) -> tuple[str, list[int]]:
    """One module of all functions, their symbols kept apart, and the line each begins at."""
    parts, starts, line, stored = ["module {"], [], 2, []
    for index, text in enumerate(functions):
        starts.append(line)
        body, _, resources = text.partition("{-#")
        parts.append(_rename(body, index))
        stored += [f'f{index}_{name}: "{value}"' for name, value in _STORED.findall(resources)]
        line += parts[-1].count("\n") + 1
    parts.append("}")
    if stored:
        parts.append("{-# dialect_resources: { builtin: {\n" + ",\n".join(stored) + "\n} } #-}")
    return "\n".join(parts), starts


def _rename(text: str, index: int) -> str:
    inner = text.strip()
    if inner.startswith("module"):
        inner = inner[inner.index("{") + 1 : inner.rindex("}")].strip("\n")
    inner = inner.replace("dense_resource<", f"dense_resource<f{index}_")
    return _SYMBOL.sub(lambda found: f'@"f{index}_{found[1] or found[2]}"', inner)


def find_blamed(said: str, starts: Sequence[int]) -> dict[int, str]:
    """The functions that errors are about: by the place, else by the function that is shown."""
    blamed = {find_function(starts, int(line)): message for line, message in _PLACE.findall(said)}
    for index in _DUMP.findall(said):
        blamed.setdefault(int(index), REFUSED)
    return {index: message for index, message in blamed.items() if index < len(starts)}


def find_function(starts: Sequence[int], line: int) -> int:
    """Which function a line of the joined text belongs to."""
    return max((index for index, start in enumerate(starts) if start <= line), default=0)


def split(lowered: str) -> dict[int, str]:
    """The lowered functions by their number, each with those that were made for it."""
    found: dict[int, str] = {}
    for each in _LOWERED.finditer(lowered):
        found[int(each[1])] = found.get(int(each[1]), "") + each[0] + "\n"
    return found
