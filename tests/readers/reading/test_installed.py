"""Readers of other distributions are found as ``importlib.metadata`` finds them."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cyborg_rr.readers.reading.installed import EntryPoint, list_entry_points

ONE = (
    "[console_scripts]\ntool = pack.tool:main\n\n[cyborg_rr.readers]\n# ours\none = pack.one:One\n"
)


def install(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir()
    (folder / name / "entry_points.txt").write_text(text)
    (folder / name / "METADATA").write_text(f"Name: {name.partition('-')[0]}\nVersion: 1\n")


@pytest.mark.parametrize("group", ["cyborg_rr.readers", "console_scripts", "oslo.config.opts"])
def test_what_is_installed_is_found_as_the_standard_library_finds_it(group: str) -> None:
    expected = sorted({(entry.name, entry.value) for entry in entry_points(group=group)})
    assert expected
    found = sorted({(entry.name, entry.value) for entry in list_entry_points(group)})
    assert found == expected


def test_readers_of_other_distributions_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(tmp_path, "pack-1.0.dist-info", ONE)
    monkeypatch.setattr("sys.path", [str(tmp_path), str(tmp_path / "nothing")])
    assert list_entry_points("cyborg_rr.readers") == [EntryPoint("one", "pack.one:One")]


@pytest.mark.parametrize("second", ["pack-1.0.dist-info", "pack.egg-info"])
def test_of_a_distribution_that_lies_twice_the_first_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, second: str
) -> None:
    for folder, name in (("a", "pack-2.0.dist-info"), ("b", second)):
        (tmp_path / folder).mkdir()
        install(tmp_path / folder, name, ONE.replace("one:", f"{folder}:"))
    monkeypatch.setattr("sys.path", [str(tmp_path / "a"), str(tmp_path / "b")])
    assert list_entry_points("cyborg_rr.readers") == [EntryPoint("one", "pack.a:One")]


def test_an_entry_point_is_loaded() -> None:
    assert EntryPoint("path", "pathlib:Path.home").load() == Path.home
