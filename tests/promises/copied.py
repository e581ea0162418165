"""A copy of the package to perform a change in, counting the files that it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT, copy_tree


class CopiedPackage:
    """The package in a folder of its own; ``changed`` names the files that were written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed: list[str] = []
        copy_tree(folder, "cyborg_rr")

    def write(self, name: str, text: str) -> None:
        """Write a file of the package, new or whole."""
        file = self.folder / "cyborg_rr" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if name not in self.changed:
            self.changed.append(name)

    def replace(self, name: str, old: str, new: str) -> None:
        """Change the one place of a file that reads so."""
        text = (self.folder / "cyborg_rr" / name).read_text()
        assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
        self.write(name, text.replace(old, new))

    def append(self, name: str, text: str) -> None:
        """Add to the end of a file."""
        self.write(name, (self.folder / "cyborg_rr" / name).read_text() + text)

    def add_entry_point(self, group: str, line: str) -> None:
        """What one line of ``pyproject.toml`` is to a program: an entry point of this folder."""
        metadata = self.folder / "addition-0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: addition\nVersion: 0\n")
        (metadata / "entry_points.txt").write_text(f"[{group}]\n{line}\n")

    def run(self, program: str) -> str:
        """What a program prints that runs on the copy; a failure shows its traceback."""
        head = f"import cyborg_rr\nassert cyborg_rr.__file__.startswith({str(self.folder)!r})\n"
        environment = {**os.environ, "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}"}
        done = subprocess.run(
            [sys.executable, "-c", head + program],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def find_head(self) -> str:
        """The newest revision of the database, which a new migration follows."""
        versions = self.folder / "cyborg_rr" / "db" / "migrations" / "versions"
        newest = max(versions.glob("0*.py"))
        lines = newest.read_text().splitlines()
        return next(line.split('"')[1] for line in lines if line.startswith("revision"))
