"""Only ``tests/patience.py`` measures time: it knows how slow a machine may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.tree import ROOT, name_of, parse

MAY_MEASURE = (
    "tests/patience.py",
    "tests/unit/test_patience.py",
    "tests/run.py",  # says how long each check took
    "tests/benchmarks/",
    "tests/long/",
)
PROCESSOR = {
    "getrusage", "process_time", "process_time_ns", "ru_stime", "ru_utime", "thread_time",
    "thread_time_ns", "RLIMIT_CPU", "ITIMER_PROF", "ITIMER_VIRTUAL",
}  # fmt: skip
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
LEAST_SECONDS = 30
"""What is polled for may take that long on a machine that is busy."""
FILES = [
    path for path in sorted((ROOT / "tests").rglob("*.py"))
    if not name_of(path).startswith(MAY_MEASURE)
]  # fmt: skip


def find_timing(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What measures how long something takes, with its line.

    A clock may be asked for a deadline that is far away, and for what is left of a pause.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        names = {getattr(node, "id", None), getattr(node, "attr", None)}
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
        for name in names & PROCESSOR:
            yield node.lineno, f"{name} is asked"
        if not isinstance(node, ast.BinOp) or not _asks_clock(node.left):
            continue
        if isinstance(node.op, ast.Sub) and not isinstance(node.right, ast.Constant):
            yield node.lineno, "two moments are compared"
        if isinstance(node.op, ast.Add) and _find_number(node.right) < LEAST_SECONDS:
            yield node.lineno, f"a deadline of less than {LEAST_SECONDS} s"


def _asks_clock(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return (getattr(node.func, "attr", None) or getattr(node.func, "id", None)) in CLOCKS


def _find_number(node: ast.expr) -> float:
    """A number that stands there; one that does not is taken to be large."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    return float("inf")


def test_no_test_is_timed() -> None:
    assert len(FILES) > 100
    found = [
        f"{name_of(path)}:{line} {what}"
        for path in FILES
        for line, what in find_timing(parse(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_timing"),
    [
        ("assert time.process_time() - began < 1", True),
        ("from time import process_time", True),
        ("resource.getrusage(resource.RUSAGE_SELF).ru_utime", True),
        ("assert time.monotonic() - began < 2", True),
        ("seconds = monotonic() - began", True),
        ("took = time.perf_counter() - self.began", True),
        ("deadline = time.monotonic() + 5", True),
        ("deadline = time.monotonic() + 30", False),
        ("deadline = time.monotonic() + seconds", False),
        ("long_ago = time.monotonic() - 61", False),
        ("time.sleep(began + 12 - time.monotonic())", False),
    ],
)
def test_timing_is_told_from_deadlines(text: str, is_timing: bool) -> None:
    assert bool(list(find_timing(ast.parse(text)))) == is_timing
