"""A recording is looked at like the machine, and does nothing else to this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.drivers.recording.replay import load_replay, parse_replay, write_tree
from cyborg_rr.processes.this_host import Sight, discover_here, discover_recorded
from tests.drivers.trees import DATA, list_trees, load_tree

FUNCTION = "devices/pci0000:00/0000:00:01.0"


def tell(sight: Sight) -> list[tuple[str, str | None, str]]:
    """What matters of devices: where they are, who offers them, what they are."""
    return sorted(
        (device.key, device.driver_name, device.fields.model or "") for device in sight.devices
    )


@pytest.mark.parametrize("name", [name for name in list_trees() if not load_tree(name).nvml])
def test_a_recording_shows_what_its_machine_shows(name: str, tmp_path: Path) -> None:
    recorded = discover_recorded(DATA / name / "tree.yaml")
    assert tell(recorded) == tell(discover_here(load_tree(name).write(tmp_path)))


def test_the_recorded_answers_of_nvml_describe_a_gpu() -> None:
    sight = discover_recorded(DATA / "nvidia-h100-recorded" / "tree.yaml")
    said = load_tree("nvidia-h100-recorded").nvml
    assert sight.failures == {}
    assert [device.facts.memory_bytes for device in sight.devices] == [
        each["memory_total_bytes"] - each["memory_reserved_bytes"] for each in said.values()
    ]


def test_of_a_gpu_that_was_lost_the_recorded_error_is_its_trouble(tmp_path: Path) -> None:
    text = (DATA / "nvidia-h100-recorded" / "tree.yaml").read_text()
    (address,) = load_tree("nvidia-h100-recorded").nvml
    before = text[: text.index("\nnvml:")]
    file = tmp_path / "tree.yaml"
    file.write_text(f"{before}\nnvml: {{'{address}': {{error: GPU_IS_LOST}}}}\n")
    (device,) = discover_recorded(file).devices
    assert device.trouble is not None
    assert device.trouble.code == "gpu_lost"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no recording"),
        ("[1]", "no recording"),
        ("entries: 1", "no recording"),
        ("entries: {../x: {a: b}}", "no directory of a tree"),
        ("entries: {/etc: {a: b}}", "no directory of a tree"),
        ("entries: {a//b: {a: b}}", "no directory of a tree"),
        ("entries: {1: {a: b}}", "no directory of a tree"),
        ("entries: {a: 1}", "has no entries"),
        ("entries: {a: {../b: c}}", "is no name"),
        ("entries: {a: {..: c}}", "is no name"),
        ("entries: {a: {b: 1}}", "is not text in quotes"),
        ('entries: {a: {b: "x\\0y"}}', "is not text in quotes"),
        ("entries: &x {a: *x}", "aliases are not allowed"),
        ("entries: !!python/object:os.system {}", "tags are not allowed"),
        ("entries: {a: {b: c, b: d}}", "stands twice"),
        ("entries: {}\nnvml: [1]", "nvml"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_place(text: str, cause: str) -> None:
    with pytest.raises(InvalidInput, match=cause):
        parse_replay(text.encode(), "x.yaml")


@pytest.mark.parametrize(
    "entries",
    [
        {"a": {"b": "file"}, "a/b": {"c": "below a file"}},
        {"a": {"b": "-> /etc"}, "a/b": {"passwd": "through a link"}},
        {"a": {"x" * 300: "too long"}},
        {"a": {"config": "0xzz"}},
    ],
)
def test_what_no_tree_can_be_is_not_written(
    entries: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="cannot be put on disk"):
        write_tree(entries, tmp_path)


def test_no_link_of_a_recording_shows_files_of_this_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "vendor").write_text("0x10de\n")
    file = tmp_path / "tree.yaml"
    file.write_text(f"entries: {{bus/pci/devices: {{'0000:00:01.0': '-> {secret}'}}}}\n")
    assert discover_recorded(file).devices == ()


def test_a_recording_of_nothing_shows_nothing_and_names_no_directory_of_this_machine(
    tmp_path: Path,
) -> None:
    file = tmp_path / "tree.yaml"
    file.write_text("entries: {}\n")
    assert discover_recorded(file) == Sight((), {})


def test_a_recorded_device_is_not_named_for_this_machine() -> None:
    sight = discover_recorded(DATA / "nvidia-h100-recorded" / "tree.yaml")
    assert [device.deployables[0].name.split("_")[0] for device in sight.devices] == ["host"]


def test_a_recording_that_is_not_there_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        load_replay(tmp_path / "gone")
    monkeypatch.setattr("cyborg_rr.drivers.recording.replay.MAX_FILE_BYTES", 10)
    file = tmp_path / "large"
    file.write_text("x" * 11)
    with pytest.raises(InvalidInput, match="larger than 10 bytes"):
        load_replay(file)
