"""The options of a verb that fix the shapes of a model."""

from __future__ import annotations

import argparse


def add_shape_arguments(parser: argparse.ArgumentParser) -> None:
    """``--batch`` and ``--input``."""
    parser.add_argument("--batch", type=int, metavar="N", help="size of the first dimension")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=SHAPE[:TYPE]",
        help="shape of one input, for example ids=1x128:i64",
    )
