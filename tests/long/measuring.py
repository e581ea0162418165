"""Whether real runtimes are timed: every runtime of an interpreter, on its processor or a GPU.

Usage: ``python -m tests.long.measuring --python FILE [--device cuda:0] [--runtime NAME]``, where
FILE is an interpreter with PyTorch, JAX or ONNX Runtime. Times the operators with the product's own
program and looks whether what comes out can be: most operators are timed, none spreads too much,
and what is larger takes longer.

Ends with 0 when all of it holds, 1 when something does not, 2 when the interpreter has no runtime.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cyborg_rr.cli.measuring.collecting import Collected, collect
from cyborg_rr.cli.measuring.running import Request, hear
from cyborg_rr.domain.representation.measured.checking import MAX_SPREAD
from cyborg_rr.domain.representation.measured.measurement import RUNTIMES_MEASURED
from cyborg_rr.domain.representation.measured.plan import list_operators

GOOD, WRONG, ABSENT = 0, 1, 2
LEAST_TIMED = 0.5
"""Of the operators; on a machine that is busy many vary too much."""

LARGER = 64
"""A product of so many times the work takes longer on whatever else runs beside it."""


def measure(python: str, runtime: str, device: str, seconds: float) -> Collected:
    """What the program says in that interpreter."""
    operators = list_operators(runtime, is_small=device == "cpu")
    rotated = (64 if device == "cpu" else 256) << 20
    request = Request(runtime, device, operators, seconds=seconds, rotated_bytes=rotated)
    return collect(request, hear([python], request))


def find_faults(found: Collected, asked: int) -> Iterator[str]:
    """What is wrong with it, in sentences."""
    absent = [text for text in found.left_out if "Skipped" in text or "spread" in text]
    if len(found.operators) + len(absent) < LEAST_TIMED * asked:
        yield f"{len(found.operators)} of {asked} were timed: {'; '.join(found.left_out)}"
    for each in found.operators:
        if each.spread > MAX_SPREAD or each.seconds <= 0:
            yield f"{each.operator.render()} takes {each.seconds} s, spread {each.spread:.0%}"
    products = [
        (each.operator.operations, each.seconds)
        for each in found.operators
        if each.operator.name == "matmul" and each.operator.element_type == "f32"
    ]
    for work, seconds in products:
        for other, longer in products:
            if other >= LARGER * work and longer <= seconds:
                yield f"{other} operations take {longer} s, {work} take {seconds} s"


def main() -> int:
    """Measure each runtime that was named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--runtime", action="append", choices=tuple(RUNTIMES_MEASURED))
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    status = ABSENT
    for runtime in arguments.runtime or [name for name in RUNTIMES_MEASURED if "llama" not in name]:
        found = measure(arguments.python, runtime, arguments.device, arguments.seconds)
        if found.refused is not None:
            print(f"{runtime}: skipped, {found.refused}")
            continue
        is_small = arguments.device == "cpu"
        faults = list(find_faults(found, len(list_operators(runtime, is_small=is_small))))
        print(f"{runtime}: {len(found.operators)} operators, {len(found.left_out)} left out")
        for fault in faults:
            print(f"  {fault}")
        status = WRONG if faults or status == WRONG else GOOD
    return status


if __name__ == "__main__":
    raise SystemExit(main())
