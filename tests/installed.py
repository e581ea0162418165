"""Whether the package that is installed is the one in this checkout.

Entry points are copied when the package is installed: one that is new in ``pyproject.toml`` is not
seen before it is installed again, and not while a ``cyborg_rr.egg-info`` of an earlier
``pip install .`` lies in the checkout, which Python finds first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _list_installed(group: str) -> Iterable[EntryPoint]:
    return entry_points(group=group)


def list_missing(
    pyproject: str, list_installed: Callable[[str], Iterable[EntryPoint]] = _list_installed
) -> list[str]:
    """The entry points of ``pyproject.toml`` that are not installed, each with its group."""
    missing = []
    for group, declared in tomllib.loads(pyproject)["project"]["entry-points"].items():
        known = {(point.name, point.value) for point in list_installed(group)}
        missing += [f"{group}: {name}" for name, _ in declared.items() - known]
    return sorted(missing)


def find_reinstall_advice() -> str | None:
    """What to do before any test can say something; None when all is installed."""
    missing = list_missing((ROOT / "pyproject.toml").read_text())
    if not missing:
        return None
    return (
        f"pyproject.toml names what the installed package has not ({', '.join(missing)}):"
        " run  rm -rf cyborg_rr.egg-info && pip install -e ."
    )
