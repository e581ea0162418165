"""Reads what is asked, times it, and writes one JSON object a line.

The request is one line of JSON on standard input: ``runtime``, ``device``, ``operators`` (objects
with ``name``, ``element_type``, ``shape``, ``tf32``, ``channels_last``), ``model`` (None, or an
object with ``path``, ``inputs``, ``tf32``), ``repeats``, ``seconds`` (when to stop beginning more)
and ``rotated_bytes``. Lines out have a ``line``: ``hello``, ``operator`` (``index``, ``seconds``),
``skipped`` (``index``, ``why``), ``model``, ``memory`` and ``end``. The program only times: what an
operator's size means in work and bytes is known to whoever asks.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from cyborg_rr.cli.measuring.program.timing import Run, Skipped, sample, take_call_away

VERSION = 1
_FOLDER = "cyborg_rr.cli.measuring.program"
_RUNTIMES = {
    "eager": "torch_runtime",
    "graph": "torch_runtime",
    "inductor": "torch_runtime",
    "xla": "jax_runtime",
    "onnxruntime": "onnx_runtime",
}
"""The module of each runtime, by the name before any hyphen; its class is ``Timed``."""

_WHY_CHARACTERS = 300

Say = Callable[..., None]


def main() -> None:
    """Answer one request. Whatever libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def say(line: str, **facts: Any) -> None:
        out.write(json.dumps({"line": line, **facts}) + "\n")
        out.flush()

    request = json.loads(sys.stdin.readline())
    try:
        timed = _open(request)
    except (Skipped, ImportError, RuntimeError) as error:
        say("refused", why=_explain(error))
        return
    say("hello", program=VERSION, python=sys.version.split()[0], **timed.describe())
    _answer(timed, request, say)
    say("memory", **timed.memory())
    say("end")


def _open(request: dict[str, Any]) -> Any:
    name = request["runtime"].partition("-")[0]
    return import_module(f"{_FOLDER}.{_RUNTIMES[name]}").Timed(request)


def _answer(timed: Any, request: dict[str, Any], say: Say) -> None:
    until = time.monotonic() + request["seconds"]
    repeats = request["repeats"]
    for index, operator in enumerate(request["operators"]):
        if time.monotonic() > until:
            say("skipped", index=index, why="the time was up")
            continue
        _try(partial(timed.make, operator), timed, repeats, until, say, index)
    model = request["model"]
    if model is not None:
        load = partial(timed.load, model["path"], model["inputs"], model["tf32"])
        _try(load, timed, repeats, until, say, None)


def _try(
    make: Callable[[], Any], timed: Any, repeats: int, until: float, say: Say, index: int | None
) -> None:
    """Time one thing; what a runtime cannot do it says in many ways, and the next is tried."""
    try:
        made = make()
        run, calls = made if isinstance(made, tuple) else (made, 1)
        seconds = _divide(run, calls, timed, repeats, until)
        if index is None:
            say("model", seconds=seconds, **timed.peak())
            return
        if calls == 1:
            seconds = take_call_away(seconds, timed.find_call_seconds(), waits=timed.waits)
        say("operator", index=index, seconds=seconds)
    except Exception as error:  # noqa: BLE001
        say("skipped", index=index, why=_explain(error))
        timed.recover()


def _divide(run: Run, calls: int, timed: Any, repeats: int, until: float) -> list[float]:
    return [each / calls for each in sample(run, timed.clock, repeats, until)]


def _explain(error: Exception) -> str:
    """What is wrong, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_WHY_CHARACTERS]
