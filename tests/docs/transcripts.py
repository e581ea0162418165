"""What the documentation shows of commands is what they print at 80 columns, kept as text files.

``python -m tests.docs.transcripts`` runs the commands and writes the files anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.architecture.tree import ROOT

README: Final = ROOT / "README.rst"
BEGIN: Final = ".. demo transcript begins"
END: Final = ".. demo transcript ends"

_FOLDER: Final = ROOT / "doc" / "source" / "user"
_PROGRAM: Final = Path(sys.executable).with_name("cyborg-rr")
_MODELS: Final = ROOT / "cyborg_rr" / "catalogue" / "models"

COMMANDS: Mapping[str, str] = {
    "demo.txt": "demo",
    "inspect.txt": "inspect resnet50.onnx --batch 1",
    "match.txt": "match resnet50.onnx",
    "match_one.txt": "match resnet50.onnx --batch 8 --dtype fp16 --device l4",
}
"""The arguments of the command whose output each file has."""

_DIFFERENT_IN_EACH_RUN: Final = (
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r"\bdemo-[0-9a-f]{8}\b", "PROFILE"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "TIME"),
    (r'"(hostname|bus|device|function)": "[^"]*"', r"\1"),
    (r"answers after [0-9.]+ s", "answers after SOME s"),
)


def run(name: str) -> str:
    """What the command of a file prints now."""
    done = subprocess.run(
        [_PROGRAM, *COMMANDS[name].split()], cwd=_MODELS, capture_output=True, text=True,
        check=True, timeout=120, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    return done.stdout.strip("\n") + "\n"


def read(name: str) -> str:
    """What the file shows."""
    return (_FOLDER / name).read_text()


def normalise(text: str) -> list[str]:
    """The words of a transcript, with one word for what no two runs have in common."""
    text = re.sub(r"(?<=\S)\\\n(?=\S)", "", text)  # a word that goes on in the next line
    for pattern, word in _DIFFERENT_IN_EACH_RUN:
        text = re.sub(pattern, word, text)
    return text.split()


def render_readme(transcript: str) -> str:
    """The README with the transcript of the demonstration."""
    before, _, rest = README.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    body = "\n".join(f"   {line}".rstrip() for line in transcript.rstrip("\n").split("\n"))
    return f"{before}{BEGIN}\n\n.. code-block:: text\n\n{body}\n\n{END}{after}"


def main() -> None:
    """Write all files."""
    for name in COMMANDS:
        (_FOLDER / name).write_text(run(name))
    README.write_text(render_readme(read("demo.txt")))


if __name__ == "__main__":
    main()
