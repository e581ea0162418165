"""cyborg-rr record: this host's devices as a file, for a driver that is written elsewhere."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from cyborg_rr import offline
from cyborg_rr.cli.writing import write_whole
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.printing import name_count
from cyborg_rr.processes.this_host import KERNEL_TREE, record_here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``record``."""
    parser.add_argument(
        "--sysfs",
        type=Path,
        default=KERNEL_TREE,
        metavar="DIRECTORY",
        help="the kernel's device tree, %(default)s unless given",
    )
    parser.add_argument("--all", action="store_true", help="every PCI function")
    parser.add_argument("--source", metavar="TEXT", help="which machine it is, in your words")
    parser.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")


def run(arguments: argparse.Namespace) -> int:
    """Write the tree, and say on standard error what is and what is not in it."""
    output: Path | None = arguments.output
    is_there = output is not None and os.path.lexists(output)
    if is_there and not arguments.overwrite:
        raise InvalidInput(f"{output} is there already; --overwrite replaces it")
    if is_there and output is not None and not output.is_file():
        raise InvalidInput(f"{output} is no regular file, and is not replaced")
    recording = record_here(arguments.sysfs, offline.load_catalogue(), is_everything=arguments.all)
    text = recording.render(arguments.source or f"a machine with Linux {os.uname().release}")
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text, may_replace=arguments.overwrite)
    told = [
        name_count(len(recording.functions), "function"),
        f"{sum(map(len, recording.entries.values()))} entries",
        f"numbers blanked in {name_count(len(recording.blanked), 'file')}",
        f"{name_count(recording.left_out_count, 'place')} left out",
    ]
    print(", ".join(told), file=sys.stderr)
    if not recording.functions:
        print("No function here may be an accelerator; --all takes every one.", file=sys.stderr)
    if is_there:
        print(f"{output} was replaced", file=sys.stderr)
    print("Look through it before you hand it on.", file=sys.stderr)
    return 0
