"""Runs ``openstack`` commands, unmodified, that come as lines of JSON: lists of words.

The first argument is the package whose ``accelerator`` commands are used: ``openstackclient``,
which brings its own since 10.5 and then leaves those of the other aside, or ``cyborgclient``, as
with an older ``openstack``.
"""

import contextlib
import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
from typing import Any

from cliff import command


def use_cyborgclient() -> None:
    """Let plugins be looked up as if ``openstack`` had no accelerator commands of its own."""
    look_up = importlib.metadata.Distribution.entry_points.fget  # type: ignore[attr-defined]

    def entry_points(self: importlib.metadata.Distribution) -> Any:
        own = "openstackclient.accelerator"
        return importlib.metadata.EntryPoints(
            each for each in look_up(self) if not each.value.startswith(own)
        )

    importlib.metadata.Distribution.entry_points = property(entry_points)  # type: ignore
    from openstackclient import shell

    kept = [each for each in shell.IGNORED_MODULES if not each.startswith("cyborgclient")]
    shell.IGNORED_MODULES = tuple(kept)


def run(words: list[str]) -> tuple[int, str, str]:
    """One command, as the executable runs it: its status, output and errors.

    In a fork, because the client keeps options of one command for the next. What one has loaded,
    which takes most of its time, is loaded here for the next.
    """
    from openstackclient import shell

    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
        tempfile.TemporaryFile("w+") as loaded,
    ):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.dup2(output.fileno(), 1)
                os.dup2(errors.fileno(), 2)
                status = int(shell.main(words) or 0)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            finally:
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                loaded.write("\n".join(sorted(sys.modules)))
                loaded.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for file in (output, errors, loaded):
            file.seek(0)
        for name in loaded.read().split("\n"):
            with contextlib.suppress(Exception):  # what was made there instead of loaded
                importlib.import_module(name)
        return status, output.read(), errors.read()


def main(package: str) -> None:
    """Answer lines until there are no more."""
    if package == "cyborgclient":
        use_cyborgclient()
    # Each command asks for it, and it is kept: which package each module of the machine is from.
    command._get_distributions_by_modules()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
