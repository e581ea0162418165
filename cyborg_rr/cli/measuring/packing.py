"""Makes one file of the measuring program, which any Python can run."""

from __future__ import annotations

import io
import zipfile
from importlib import resources
from pathlib import Path
from typing import Final

PROGRAM: Final = "cyborg_rr.cli.measuring.program"
_START: Final = f"from {PROGRAM}.main import main\nmain()\n"
_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The same for every file: the same program is the same bytes."""


def pack_program() -> bytes:
    """A zip that Python runs; its parents are empty packages, so that it finds itself."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "__main__.py", _START)
        names = PROGRAM.split(".")
        for depth in range(1, len(names)):
            _add(archive, "/".join([*names[:depth], "__init__.py"]), "")
        folder = resources.files(PROGRAM)
        for file in sorted(folder.iterdir(), key=lambda each: each.name):
            if file.name.endswith(".py"):
                text = file.read_text(encoding="utf-8")
                _add(archive, "/".join([*names, file.name]), text)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(zipfile.ZipInfo(name, _DAY), text)


def save_program(path: Path) -> Path:
    """Write it to a file."""
    path.write_bytes(pack_program())
    return path
