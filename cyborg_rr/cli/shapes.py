"""The options of a verb that say how a model is read: its shapes, and how long it may take."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

from cyborg_rr.offline import Limits

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


def find_weights(arguments: argparse.Namespace) -> str | None:
    """What all ``--weights`` name together."""
    return None if arguments.weights is None else ",".join(arguments.weights)


def make_limits(arguments: argparse.Namespace) -> Limits:
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


def render_command(verb: str, path: Path, arguments: argparse.Namespace, example: list[str]) -> str:
    """A command line that gives what a model leaves open, beside what was given."""
    words = ["cyborg-rr", verb, str(path)]
    if arguments.batch is not None:
        words += ["--batch", str(arguments.batch)]
    for part in arguments.weights or ():
        words += ["--weights", part]
    for each in (*arguments.input, *example):
        words += ["--input", each]
    return shlex.join(words)
