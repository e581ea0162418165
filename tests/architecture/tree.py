"""Reads the project's own tree for the tests of its rules."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "cyborg_rr"
_LEFT_BY_TOOLS = {"__pycache__", "build", "dist", ".venv", ".git", ".tox"}


@cache
def list_sources() -> tuple[Path, ...]:
    """Every Python file of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), filename=str(path))


def name_of(path: Path) -> str:
    """A file's path as messages and allow-lists write it."""
    return path.relative_to(ROOT).as_posix()


def list_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every import of a module, with its line; ``from a import b`` counts as ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def copy_tree(target: Path, *names: str) -> None:
    """Copy files and folders of the tree, by their paths in it, to the same places elsewhere."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)


def list_files() -> list[Path]:
    """Every file that git keeps or would keep; without git, every file no tool has left behind."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        found = (p for p in ROOT.rglob("*") if not _LEFT_BY_TOOLS & set(p.relative_to(ROOT).parts))
    else:
        found = (ROOT / name for name in done.stdout.split("\0") if name)
    return sorted(path for path in found if path.is_file())
