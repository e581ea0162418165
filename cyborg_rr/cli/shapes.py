"""The options of a verb that say how a model is read: its shapes, and how long it may take."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from cyborg_rr import offline
from cyborg_rr.cli.given import list_given
from cyborg_rr.offline import IRRequirement, Limits, Reading

MAX_CPU_SECONDS = 86400


def add_shape_arguments(parser: argparse.ArgumentParser) -> None:
    """``--batch``, ``--input``, ``--weights`` and ``--cpu-seconds``."""
    parser.add_argument("--batch", type=int, metavar="N", help="size of the first dimension")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=SHAPE[:TYPE]",
        help="shape of one input, for example ids=1x128:i64, or size of one open dimension, for"
        " example batch=8",
    )
    parser.add_argument(
        "--weights",
        action="append",
        metavar="ARG[,ARG...]",
        help="which arguments of a program are its weights, by name, number, range or pattern, for"
        " example 0-290 or params*; no others are",
    )
    parser.add_argument(
        "--cpu-seconds",
        type=_count_seconds,
        metavar="S",
        help="processor time that reading a small file may take, 5 unless given; a large one gets"
        " more",
    )


def start_reading(
    path: Path, arguments: argparse.Namespace, more_inputs: Sequence[str] = ()
) -> Reading:
    """Begin to read a model as the options say, with further sizes where some were left open."""
    return offline.start_reading(
        path,
        batch=arguments.batch,
        inputs=[*_resolve_inputs(arguments.input), *more_inputs],
        weights=None if arguments.weights is None else ",".join(arguments.weights),
        limits=_make_limits(arguments),
        fork=True,
    )


def _resolve_inputs(given: Sequence[str]) -> Iterable[str]:
    """Inputs with our words for their element types."""
    if not any(":" in text for text in given):
        return given
    from cyborg_rr.cli.spelling import resolve_input  # 3 ms that only a type is worth

    return map(resolve_input, given)


def fill_open_sizes(
    requirement: IRRequirement, path: Path, arguments: argparse.Namespace
) -> tuple[IRRequirement, tuple[str, ...]]:
    """The requirement at likely sizes where some were left open, and which were assumed.

    Batches are 1. Where the model does not take them, which a large one shows only now, nothing is
    assumed.
    """
    example = requirement.example_inputs
    if not example:
        return requirement, ()
    try:
        return start_reading(path, arguments, example).result(), example
    except offline.InvalidInput:
        return requirement, ()


def _make_limits(arguments: argparse.Namespace) -> Limits:
    """What the process that reads the model may use."""
    limits = Limits(cpu_option="--cpu-seconds")
    if arguments.cpu_seconds is None:
        return limits
    seconds: int = arguments.cpu_seconds
    return replace(limits, cpu_seconds=seconds, wall_seconds=max(limits.wall_seconds, 24 * seconds))


def _count_seconds(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MAX_CPU_SECONDS:
        raise argparse.ArgumentTypeError(f"not a number of seconds from 1 to {MAX_CPU_SECONDS}")
    return int(text)


def make_command(
    verb: str,
    path: Path,
    arguments: argparse.Namespace,
    inputs: Sequence[str] = (),
    left_out: Collection[str] = (),
) -> list[str]:
    """The words of a command about one model, with the options that were given and more inputs."""
    place = f"./{path}" if str(path).startswith("-") else str(path)
    words = ["cyborg-rr", verb, place, *list_given(arguments, left_out)]
    for each in inputs:
        words += ["--input", each]
    return words
