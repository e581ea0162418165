"""llama.cpp, timed by its own benchmark: ``llama-bench -o json``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cyborg_rr.cli.measuring.collecting import summarise
from cyborg_rr.cli.measuring.protocol import MAX_SAMPLES, MeasuringFailed

TOOL: Final = "llama-bench"
_PROMPT, _GENERATED, _REPEATS = 512, 64, 5
_NANO: Final = 1e-9
_MAX_BYTES: Final = 1 << 20
_MAX_RUNS: Final = 16


@dataclass(frozen=True, slots=True)
class LlamaRun:
    """One of its tests: so many tokens read or made, in seconds."""

    what: str
    seconds: float
    spread: float
    samples: int
    software: str
    device: str


def run_llama_bench(model: Path, seconds: float, tool: Sequence[str] = (TOOL,)) -> list[LlamaRun]:
    """The times of a prompt and of what is made after it; ``MeasuringFailed`` says why not."""
    command = [*tool, "-m", str(model), "-p", str(_PROMPT), "-n", str(_GENERATED)]
    command += ["-r", str(_REPEATS), "-o", "json"]
    try:
        told = subprocess.run(command, capture_output=True, timeout=seconds, check=True).stdout
    except subprocess.TimeoutExpired:
        raise MeasuringFailed(f"{tool[0]} took longer than {seconds:g} s") from None
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.decode(errors="replace").split())[-300:]
        raise MeasuringFailed(f"{tool[0]} failed: {said}") from None
    except OSError as error:
        raise MeasuringFailed(f"{tool[0]} does not start: {error.strerror}") from None
    return parse_llama_bench(told)


def parse_llama_bench(text: bytes) -> list[LlamaRun]:
    """What its JSON says: a list of tests with ``n_prompt``, ``n_gen`` and ``samples_ns``."""
    try:
        document = json.loads(text) if len(text) <= _MAX_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, list) or not 0 < len(document) <= _MAX_RUNS:
        raise MeasuringFailed(f"{TOOL} wrote no list of tests in JSON")
    return [_read_run(entry) for entry in document]


def _read_run(entry: Any) -> LlamaRun:
    if not isinstance(entry, Mapping):
        raise MeasuringFailed(f"{TOOL} wrote a test that is no object")
    samples = entry.get("samples_ns")
    if not isinstance(samples, list) or not 0 < len(samples) <= MAX_SAMPLES:
        raise MeasuringFailed(f"{TOOL} wrote a test without samples_ns")
    if not all(isinstance(each, int | float) and 0 < each < 1e15 for each in samples):
        raise MeasuringFailed(f"{TOOL} wrote times that cannot be")
    seconds, spread = summarise(tuple(each * _NANO for each in samples))
    prompt, made = entry.get("n_prompt"), entry.get("n_gen")
    return LlamaRun(
        f"{prompt} tokens read" if prompt else f"{made} tokens made",
        seconds,
        spread,
        len(samples),
        f"llama.cpp {entry.get('build_commit')}"[:255],
        str(entry.get("gpu_info") or entry.get("cpu_info") or "unknown")[:255],
    )
