"""What must hold of the tree as a whole: self-contained text, release notes, entry points."""

import importlib
import re
import tomllib

import pytest
import yaml

from tests.architecture.tree import ROOT, list_files, name_of

_DEVELOPERS_DIRECTORY = re.compile(rb"(?<![\w.$}])/(?:home|root|Users|work)/\w")
_PACKAGE_REGISTRY = re.compile(
    rb"https?://[^/\s]*\b(?:pypi|pythonhosted|registry|mirrors?|artifactory|nexus|conda)\b"
    rb"|--(?:extra-)?index-url|--trusted-host|--find-links",
    re.IGNORECASE,
)
_NOTE_SECTIONS = {
    "prelude",
    "features",
    "issues",
    "upgrade",
    "deprecations",
    "critical",
    "security",
    "fixes",
    "other",
}
_MAX_TEXT_BYTES = 1 << 20
_NOTES = sorted((ROOT / "releasenotes" / "notes").glob("*.yaml"))


def _entry_points() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    return {f"{group}: {name}": v for group, held in groups.items() for name, v in held.items()}


def _find_in_tree(pattern: re.Pattern[bytes]) -> list[str]:
    found = []
    for path in list_files():
        if name_of(path) == name_of(ROOT / "tests/architecture/test_tree_rules.py"):
            continue
        if path.stat().st_size > _MAX_TEXT_BYTES:
            continue
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for match in pattern.finditer(content):
            line = content.count(b"\n", 0, match.start()) + 1
            found.append(f"{name_of(path)}:{line} {match[0].decode()}")
    return found


def test_no_file_names_a_directory_of_somebodys_machine() -> None:
    assert _find_in_tree(_DEVELOPERS_DIRECTORY) == []


def test_no_file_names_a_package_registry() -> None:
    assert _find_in_tree(_PACKAGE_REGISTRY) == []


@pytest.mark.parametrize(("name", "value"), _entry_points().items())
def test_every_entry_point_leads_to_something(name: str, value: str) -> None:
    module, attribute = value.split(":")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_there_are_release_notes() -> None:
    assert _NOTES


@pytest.mark.parametrize("note", _NOTES, ids=lambda path: path.stem)
def test_every_release_note_is_made_of_known_sections(note) -> None:  # type: ignore[no-untyped-def]
    content = yaml.safe_load(note.read_text())
    assert set(content) <= _NOTE_SECTIONS
    for section, entries in content.items():
        if section == "prelude":
            assert isinstance(entries, str)
        else:
            assert entries
            assert all(isinstance(entry, str) for entry in entries)
    assert re.search(r"-[0-9a-f]{16}$", note.stem), "reno needs a unique id in the name"


_OWN_PROCESS = ("tests/benchmarks/", "tests/data/", "tests/promises/", "tests/long/")


def test_no_test_joins_the_bus_in_memory_of_others() -> None:
    """It is one for the process: a service that other tests share would answer there."""
    found = _find_in_tree(re.compile(rb"make_transport\([^)]*fake://[^)]*\)"))
    others = [each for each in found if not each.startswith(_OWN_PROCESS)]
    assert [each.partition(":")[0] for each in others] == ["tests/memory_bus.py"]
