"""Drivers return facts: no file of theirs says a word about what devices are offered as."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, name_of

DRIVERS = PACKAGE / "drivers"
_FORBIDDEN = re.compile(
    r"CUSTOM_|OWNER_|\b[PV]GPU\b|\bPlacement\b"
    r"|(?i:trait|resource.?class|provider|deployable|hostname)"
)


def _find_words(text: str) -> list[str]:
    return [match[0] for match in _FORBIDDEN.finditer(text)]


def _list_texts() -> list[Path]:
    return sorted(path for path in DRIVERS.rglob("*") if path.suffix in {".py", ".csv", ".yaml"})


def test_the_rule_sees_the_files_of_every_room() -> None:
    seen = {path.relative_to(DRIVERS).parts[0] for path in _list_texts()}
    assert seen >= {path.name for path in DRIVERS.iterdir() if path.name != "__pycache__"}
    assert DRIVERS / "whole_function" / "families.csv" in _list_texts()


@pytest.mark.parametrize("path", _list_texts(), ids=name_of)
def test_a_driver_knows_nothing_of_what_its_devices_are_offered_as(path: Path) -> None:
    assert _find_words(path.read_text()) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('traits=("OWNER_CYBORG",)', ["trait", "OWNER_"]),
        ('render_trait("FPGA", "INTEL")', ["trait"]),
        ('resource_class="PGPU"', ["resource_class", "PGPU"]),
        ('name = f"CUSTOM_{chip}"', ["CUSTOM_"]),
        ("from cyborg_rr.domain.hardware.devices import Deployable", ["Deployable"]),
        ('f"{hostname}_{address}"', ["hostname"]),
        ("# what Placement has of it", ["Placement"]),
        ('info["placement"] = str(start)  # where the instance lies', []),
        ('kind="FPGA"  # it may serve vGPUs', []),
    ],
)
def test_the_rule_finds_what_it_forbids(line: str, words: list[str]) -> None:
    assert _find_words(line) == words
