"""A machine is told from others by what it says of itself, if that says anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.agent.machine import MACHINE_ID, PRODUCT_UUID, read_machine_parts

ID = "0123456789abcdef0123456789abcdef"


def write(root: Path, path: str, text: str | bytes) -> None:
    """One file of a machine."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def test_each_thing_that_can_be_read_is_a_part_and_leaves_hashed(tmp_path: Path) -> None:
    assert read_machine_parts(tmp_path) == {}
    write(tmp_path, MACHINE_ID, f"{ID}\n")
    first = read_machine_parts(tmp_path)
    assert list(first) == ["machine-id"]
    write(tmp_path, PRODUCT_UUID, "4C4C4544-0042-3510-8056-B4C04F4E4D32\n")
    both = read_machine_parts(tmp_path)
    assert both["machine-id"] == first["machine-id"]
    assert ID not in str(both)
    write(tmp_path, PRODUCT_UUID, "4c4c4544-0042-3510-8056-b4c04f4e4d32")
    assert read_machine_parts(tmp_path) == both, "spelt otherwise by another kernel"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "uninitialized\n",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n",
    ],
)
def test_what_nobody_has_set_says_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path, PRODUCT_UUID, text)
    assert read_machine_parts(tmp_path) == {}


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / MACHINE_ID).mkdir(parents=True)
    write(tmp_path, PRODUCT_UUID, b"\xff\xfe" * 10_000)
    assert list(read_machine_parts(tmp_path)) == ["product_uuid"]
