"""What a recording of a host holds, what it never holds, and that it works like the host."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.drivers.recording.blanking import Blanks
from cyborg_rr.drivers.recording.config_space import blank_config
from cyborg_rr.drivers.recording.files import (
    MAX_DEPTH,
    MAX_ENTRIES_OF_FUNCTION,
    MAX_LEFT_OUT,
    MAX_VALUE_BYTES,
)
from cyborg_rr.drivers.recording.record import Recording, record_host
from tests.drivers.subjects import discover, list_drivers
from tests.drivers.trees import list_trees, load_tree, parse_tree
from tests.fakes.nvml import FakeNvml, Gpu

FUNCTION = "devices/pci0000:3b/0000:3b:00.0"
ACCELERATOR = {"vendor": "0xf00d", "device": "0x0001", "class": "0x120000", "numa_node": "0"}


def make_host(root: Path, files: dict[str, str | bytes] | None = None) -> Path:
    """A host with one accelerator that has these files, besides those that tell what it is."""
    add_function(root, "0000:3b:00.0", {**ACCELERATOR, **(files or {})})
    return root


def add_function(root: Path, address: str, files: dict[str, str | bytes]) -> Path:
    directory = root / "devices/pci0000:3b" / address
    directory.mkdir(parents=True)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else f"{content}\n".encode()
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(raw)
    link = root / "bus/pci/devices" / address
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(f"../../../devices/pci0000:3b/{address}")
    return directory


def record_all(root: Path, *machine_names: str) -> Recording:
    return record_host(root, None, machine_names)


def record_files(root: Path, files: dict[str, str | bytes], *machine_names: str) -> dict[str, str]:
    """What is recorded of the accelerator."""
    recording = record_all(make_host(root, files), *machine_names)
    return dict(recording.entries[FUNCTION])


def is_of_a_device(path: str) -> bool:
    """Whether a directory of a tree is one that is recorded whole."""
    kept_by_kernel = {"power", "msi_irqs", "system"}
    return path.startswith("devices/") and not kept_by_kernel & set(path.split("/"))


@pytest.mark.parametrize("name", list_trees())
def test_a_recording_of_a_tree_is_that_tree(name: str, tmp_path: Path) -> None:
    tree = load_tree(name)
    recording = record_all(tree.write(tmp_path))
    for path, entries in tree.entries.items():
        if is_of_a_device(path):
            shown = {n for n in entries if f"{path}/{n}" not in recording.blanked}
            found = recording.entries[path]
            assert {n: found[n] for n in shown} == {n: entries[n] for n in shown}
    for path, entries in recording.entries.items():
        assert entries.keys() <= tree.entries[path].keys()
    assert all(cause.startswith("beyond byte ") for cause in recording.left_out.values())


@pytest.mark.parametrize("name", list_trees())
def test_every_driver_finds_the_same_on_a_recording(name: str, tmp_path: Path) -> None:
    """But for the numbers that were blanked, of which each still tells one device from others."""
    root = load_tree(name).write(tmp_path / "host")
    again = parse_tree(name, record_all(root).render("a test")).write(tmp_path / "again")
    for driver in list_drivers():
        before, after = ([tell(each) for each in discover(driver, at)] for at in (root, again))
        assert after == before, driver


def tell(device: Device) -> tuple[object, ...]:
    return device.facts, device.deployables, bool(device.identity)


@pytest.mark.parametrize("name", list_trees())
def test_a_recording_can_be_recorded_again(name: str, tmp_path: Path) -> None:
    first = record_all(load_tree(name).write(tmp_path / "host"))
    again = parse_tree(name, first.render("a test")).write(tmp_path / "again")
    assert record_all(again).entries == first.entries


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("unique_id", "8a3c1f20b4d56e79", "0000000000000001"),
        ("serial", "S4EVNF0M123456", "00000000000001"),
        ("serial_number", "1320921012345", "0000000000001"),
        ("board_sn", "PN 77 A", "00 00 1"),
        ("uuid", "7b1f0c9e-2f5d-4c0a-9a52-0d6d3b1c8a11", "00000000-0000-0000-0000-000000000001"),
        ("nguid", "6479a7311269019b6479a7311269019b", "0" * 31 + "1"),
        ("wwid", "eui.0025385b21404321", "000.0000000000000001"),
        ("subsysnqn", "nqn.2014.08.org:uuid:7b1f", "000.0000.00.000:0000:0001"),
        ("address", "3c:ec:ef:12:34:56", "00:00:00:00:00:01"),
        ("host_name", "compute-1", "0000000-1"),
        (
            "anything",
            "GPU-7b1f0c9e-2f5d-4c0a-9a52-0d6d3b1c8a11",
            "GPU-00000000-0000-0000-0000-000000000001",
        ),
        ("anything", "label X1320921012345 here", "label 00000000000001 here"),
        ("anything", "port 3c-ec-ef-12-34-56", "port 00-00-00-00-00-01"),
        (
            "gid",
            "fe80:0000:0000:0000:0002:c903:0012:3456",
            "0000:0000:0000:0000:0000:0000:0000:0001",
        ),
        (
            "properties",
            "unique_id 16557842340421632001\nlocation_id 1073760768",
            "unique_id 00000000000000000001\nlocation_id 1073760768",
        ),
        ("uevent", "MODALIAS=pci:v000010DEd00002330\nHID_UNIQ=3c:ec:ef:12:34:56", None),
    ],
)
def test_what_tells_one_piece_from_all_others_is_blanked(
    name: str, text: str, kept: str | None, tmp_path: Path
) -> None:
    recording = record_all(make_host(tmp_path, {name: text}))
    found = recording.entries[FUNCTION][name]
    assert f"{FUNCTION}/{name}" in recording.blanked
    assert found == kept or kept is None
    for secret in ("7b1f0c9e", "ec:ef", "1320921012345"):
        assert secret not in found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("class", "0x120000"),
        ("vram_quota", "7516192768"),
        ("resource", "0x0000102002000000 0x0000102002ffffff 0x000000000014220c"),
        ("modalias", "pci:v000010DEd00002330sv000010DEsd000016C1bc03sc02i00"),
        ("uevent", "DRIVER=nvidia\nPCI_ID=10DE:2330\nPCI_SLOT_NAME=0000:3b:00.0"),
        ("mem_info_vram_total", "206141652992"),
        ("xclbinuuid", "7b1f0c9e-2f5d-4c0a-9a52-0d6d3b1c8a11"),
        ("available_compute_partition", "SPX, DPX, QPX, CPX"),
        ("creatable_vgpu_types", "ID    : vGPU Name\n1157  : NVIDIA L40S-12Q"),
        ("vbios_version", "96.00.74.00.01"),
        ("aer_dev_correctable", "RxErr 0\nBadTLP 12\nTOTAL_ERR_COR 12"),
        ("status", "0x0000000f"),
        ("address", "0000:3b:00.0"),
        ("features", "1" * 40 + "0" * 24),
        ("unique_id", "0000000000000000"),
        ("serial", "N/A"),
    ],
)
def test_what_says_what_a_device_is_stays(name: str, text: str, tmp_path: Path) -> None:
    recording = record_all(make_host(tmp_path, {name: text}))
    assert recording.entries[FUNCTION][name] == text
    assert recording.blanked == []


def test_the_same_number_stays_the_same_one_and_two_stay_two(tmp_path: Path) -> None:
    first, second = "8a3c1f20b4d56e79", "8a3c1f20b4d56e80"
    found = record_files(
        tmp_path, {"a_unique_id": first, "b_unique_id": second, "c_unique_id": first.upper()}
    )
    assert found["a_unique_id"] == found["c_unique_id"] != found["b_unique_id"]


def test_the_name_of_the_machine_is_taken_out_wherever_it_stands(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"owner": "held by rack7-gpu4.example.org", "kind": "rack7"}
    found = record_files(tmp_path, files, "rack7-gpu4.example.org", "rack7-gpu4", "rack7-gpu4")
    assert found["owner"] == "held by host"
    assert found["kind"] == "rack7"


def test_a_uuid_is_blanked_in_the_name_of_a_directory_and_in_the_link_to_it(tmp_path: Path) -> None:
    name = "7b1f0c9e-2f5d-4c0a-9a52-0d6d3b1c8a11"
    root = make_host(tmp_path, {f"{name}/mdev_type/name": "GRID T4-1Q"})
    lists = root / "bus/mdev/devices"
    lists.mkdir(parents=True)
    (lists / name).symlink_to(f"../../../{FUNCTION}/{name}")
    text = record_all(root).render("a test")
    assert "7b1f0c9e" not in text
    blank = "00000000-0000-0000-0000-000000000001"
    entries = yaml.safe_load(text)["entries"]
    assert entries[f"{FUNCTION}/{blank}/mdev_type"] == {"name": "GRID T4-1Q"}
    assert entries["bus/mdev/devices"] == {blank: f"-> ../../../{FUNCTION}/{blank}"}


SERIAL = bytes.fromhex("7856341245ffab03")
BLANK = bytes.fromhex("010000000000fe02")
"""Neither end of it stays: not every vendor puts its own part to the same one."""


def make_config() -> bytes:
    """PCI Express, vital product data and a vendor's capability; then a serial number and AER."""
    config = bytearray(4096)
    config[0:4] = bytes.fromhex("0df00100")
    config[0x06], config[0x34] = 0x10, 0x40
    config[0x40:0x42], config[0x42:0x7C] = bytes([0x10, 0x80]), b"\x11" * 58
    config[0x80:0x82], config[0x82:0x88] = bytes([0x03, 0x90]), b"\x22" * 6
    config[0x90:0x92], config[0x92:0xA0] = bytes([0x09, 0x00]), b"\x33" * 14
    config[0x100:0x104] = (0x0003 | 1 << 16 | 0x150 << 20).to_bytes(4, "little")
    config[0x104:0x10C] = SERIAL
    config[0x150:0x154] = (0x000B | 1 << 16).to_bytes(4, "little")
    config[0x154:0x160] = b"\x44" * 12
    return bytes(config)


def test_of_the_configuration_space_the_standard_stays_and_the_serial_number_is_blanked() -> None:
    config = blank_config(make_config(), Blanks())
    assert config[:4] == make_config()[:4]
    assert config[0x42:0x7C] == b"\x11" * 58
    assert config[0x100:0x104] == make_config()[0x100:0x104]
    assert config[0x104:0x10C] == BLANK
    for hidden in (SERIAL[:5], SERIAL[5:], b"\x33" * 2, b"\x44" * 2, b"\x22" * 4):
        assert hidden not in config
    assert len(config) == 0x154 - 1, "zeros at the end are left out"


@pytest.mark.parametrize("nobodys", [b"\0" * 8, b"\xff" * 8, b"\x11" * 8])
def test_a_serial_number_that_nobody_gave_does_not_become_one(nobodys: bytes) -> None:
    config = bytearray(make_config())
    config[0x104:0x10C] = nobodys
    assert blank_config(bytes(config), Blanks())[0x104:0x10C] == nobodys


def test_a_configuration_space_is_kept_as_bytes(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", {"config": make_config()})
    again = parse_tree("again", record_all(root).render("a test")).write(tmp_path / "again")
    written = (again / FUNCTION / "config").read_bytes()
    assert written == blank_config(make_config(), Blanks())


@pytest.mark.parametrize("size", [64, 256, 4096])
def test_a_function_that_fell_off_the_bus_reads_as_ones(size: int, tmp_path: Path) -> None:
    assert record_files(tmp_path, {"config": b"\xff" * size})["config"] == "0x" + "ff" * 64


def test_a_chain_of_capabilities_that_runs_in_a_circle_ends() -> None:
    config = bytearray(make_config())
    config[0x91] = 0x40
    config[0x150:0x154] = (0x000B | 1 << 16 | 0x100 << 20).to_bytes(4, "little")
    assert blank_config(bytes(config), Blanks())[0x104:0x10C] == BLANK


@given(st.binary(max_size=4096))
def test_no_configuration_space_is_too_strange_and_a_blank_one_stays(raw: bytes) -> None:
    blank = blank_config(raw, Blanks())
    assert len(blank) <= len(raw)
    assert blank_config(blank, Blanks()) == blank


WORDS = st.text(st.characters(codec="ascii", categories=["L", "P", "Z"]), max_size=20)
PIECES = st.one_of(
    st.uuids().map(str),
    st.binary(min_size=6, max_size=8).map(lambda number: number.hex(":")),
    st.integers(10**11, 10**16).map(lambda number: f"S{number}"),
).filter(lambda piece: len(set(piece)) > 4)
"""Not one of nearly all zeros, which a stand-in looks like."""


@given(WORDS, PIECES, WORDS)
def test_no_words_around_it_hide_a_piece_of_hardware(before: str, piece: str, after: str) -> None:
    assert piece not in Blanks().blank_value("anything", f"{before} {piece} {after}")


@pytest.mark.parametrize("size", [0, 1, 3, 63, 64, 65, 255, 256, 258, 1000])
def test_a_configuration_space_of_any_length_is_taken(size: int) -> None:
    for filler in (b"\x00", b"\x7f", b"\xff"):
        assert len(blank_config((make_config()[:64] + filler * 4096)[:size], Blanks())) <= size


def test_a_case_s_configuration_and_answers_are_read_and_not_written(tmp_path: Path) -> None:
    case = """
        origin: documentation
        source: a manual
        entries: {devices/0000:01:00.0: {config: '0xffff', vendor: '0x10de'}}
        nvml: {'0000:01:00.0': {name: NVIDIA}}
        configuration: default drivers
    """
    tree = parse_tree("case", case)
    assert (tree.drivers, tree.configuration) == ({}, "default drivers")
    assert tree.nvml == {"0000:01:00.0": {"name": "NVIDIA"}}
    function = tree.write(tmp_path) / "devices/0000:01:00.0"
    assert (function / "config").read_bytes() == b"\xff\xff"
    assert (function / "vendor").read_text() == "0x10de\n"
    assert [path.name for path in tmp_path.iterdir()] == ["devices"]


def test_that_only_the_header_could_be_read_is_said(tmp_path: Path) -> None:
    left_out = record_all(make_host(tmp_path, {"config": make_config()[:64]})).left_out
    assert left_out == {f"{FUNCTION}/config": "beyond byte 64: not to be read"}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"x" * (MAX_VALUE_BYTES + 1), f"larger than {MAX_VALUE_BYTES} bytes"),
        (b"x" * (10 << 20), "note: larger than 65536 bytes"),
        (b"\xff\xfe\x00", "is not text"),
        (b"a\0b", "is not text"),
        (b"-> ../../../bus/pci/drivers/nvidia", "reads like a link"),
    ],
)
def test_a_file_that_cannot_be_written_down_is_left_out_with_the_cause(
    content: bytes, cause: str, tmp_path: Path
) -> None:
    recording = record_all(make_host(tmp_path, {"note": content}))
    assert recording.left_out == {f"{FUNCTION}/note": cause}
    assert "note" not in recording.entries[FUNCTION]
    assert recording.entries[FUNCTION]["class"] == "0x120000"


@pytest.mark.parametrize("target", ["/etc/hostname", "../../../../../../etc/hostname"])
def test_a_link_out_of_the_tree_is_neither_followed_nor_kept(target: str, tmp_path: Path) -> None:
    root = make_host(tmp_path)
    (root / FUNCTION / "vendor_notes").symlink_to(target)
    recording = record_all(root)
    assert recording.left_out == {f"{FUNCTION}/vendor_notes": "leads out of the tree"}
    assert "vendor_notes" not in recording.entries[FUNCTION]


def test_a_function_that_lies_outside_is_left_out(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host")
    outside = make_host(tmp_path / "outside", {"secret": "plans"})
    (root / "bus/pci/devices/0000:af:00.0").symlink_to(outside / FUNCTION)
    (root / "bus/pci/devices/0000:b0:00.0").symlink_to("0000:b0:00.0")
    recording = record_all(root)
    assert list(recording.functions) == ["0000:3b:00.0"]
    assert set(recording.left_out) == {
        "bus/pci/devices/0000:af:00.0",
        "bus/pci/devices/0000:b0:00.0",
    }
    assert "plans" not in recording.render("a test")


def test_no_link_is_walked_and_another_function_below_is_not_part_of_this_one(
    tmp_path: Path,
) -> None:
    root = make_host(tmp_path, {"0000:3c:00.0/vendor": "0xf00d", "inner/kind": "a"})
    (root / FUNCTION / "inner/loop").symlink_to("../inner")
    recording = record_all(root)
    assert set(recording.entries) == {"bus/pci/devices", FUNCTION, f"{FUNCTION}/inner"}
    assert recording.entries[f"{FUNCTION}/inner"] == {"kind": "a", "loop": "-> ../inner"}


def test_words_that_command_a_terminal_are_kept_as_data_and_printed_as_text(tmp_path: Path) -> None:
    hostile = "\x1b[31mred\x07\r\u2028\ufeff\u202e"
    root = make_host(tmp_path / "host", {"label": hostile, "\x1b]0;name": "x"})
    text = record_all(root).render("a test")
    assert all(character.isprintable() or character == "\n" for character in text)
    again = parse_tree("again", text)
    assert again.entries[FUNCTION]["label"] == hostile
    assert again.entries[FUNCTION]["\x1b]0;name"] == "x"


def test_a_name_that_is_not_text_is_left_out(tmp_path: Path) -> None:
    root = make_host(tmp_path)
    (root / FUNCTION / b"\xff\xfe".decode("utf-8", "surrogateescape")).touch()
    recording = record_all(root)
    assert list(recording.left_out.values()) == ["its name is not text"]
    recording.render("a test")


def test_a_function_of_too_many_files_is_cut_and_that_is_said(tmp_path: Path) -> None:
    count = MAX_ENTRIES_OF_FUNCTION + MAX_LEFT_OUT + 50
    root = make_host(tmp_path, {f"zz{index:04}": "1" for index in range(count)})
    recording = record_all(root)
    assert len(recording.entries[FUNCTION]) < MAX_ENTRIES_OF_FUNCTION
    assert len(recording.left_out) == MAX_LEFT_OUT
    assert recording.left_out_count + len(recording.entries[FUNCTION]) == count + len(ACCELERATOR)


def test_directories_deeper_than_any_driver_makes_are_cut(tmp_path: Path) -> None:
    deep = "/".join(["d"] * (MAX_DEPTH + 3))
    recording = record_all(make_host(tmp_path, {f"{deep}/file": "1"}))
    assert list(recording.left_out.values()) == [f"more than {MAX_DEPTH} directories deep"]


def test_memory_and_vital_product_data_are_never_read(tmp_path: Path) -> None:
    root = make_host(tmp_path, {"resource0": "memory", "rom": "code", "vpd": "SN 1"})
    (root / FUNCTION / "remove").write_text("")
    (root / FUNCTION / "remove").chmod(0o200)
    assert set(record_all(root).entries[FUNCTION]) == set(ACCELERATOR)


def list_chosen(root: Path) -> list[str]:
    recording = record_host(root, lambda vendor_id, device_id: vendor_id == "1e60")
    return list(recording.functions)


def test_accelerators_are_recorded_with_their_company_and_nothing_else_is(tmp_path: Path) -> None:
    root = make_host(tmp_path)
    other = {"vendor": "0x8086", "device": "0x0002"}
    add_function(root, "0000:3b:00.1", {**other, "class": "0x040300"})  # the same card
    add_function(root, "0000:3b:01.0", {**other, "class": "0x020000"})  # somebody's network
    add_function(root, "0000:3b:02.0", {**other, "class": "0x060400"})  # of the same group
    add_function(root, "0000:3b:03.0", {**other, "vendor": "0x1e60", "class": "0x048000"})
    add_function(root, "0000:3b:04.0", {**other, "class": "0x088000"})  # a part of the accelerator
    add_function(root, "0000:3b:05.0", {"vendor": "garbage"})
    for address in ("0000:3b:00.0", "0000:3b:02.0"):
        link = root / "devices/pci0000:3b" / address / "iommu_group"
        link.symlink_to("../../../kernel/iommu_groups/40")
    (root / FUNCTION / "virtfn0").symlink_to("../0000:3b:04.0")
    assert list_chosen(root) == [
        f"0000:3b:{place}" for place in ("00.0", "00.1", "02.0", "03.0", "04.0", "05.0")
    ]


def test_where_the_kernel_lists_a_recorded_function_is_recorded_too(tmp_path: Path) -> None:
    root = make_host(tmp_path, {"drm/card0/dev": "226:0"})
    (root / FUNCTION / "driver").symlink_to("../../../bus/pci/drivers/np-u")
    add_function(root, "0000:3b:01.0", {**ACCELERATOR, "class": "0x020000"})
    for path, name, target in (
        ("kernel/iommu_groups/40/devices", "0000:3b:00.0", f"../../../../{FUNCTION}"),
        ("class/drm", "card0", f"../../{FUNCTION}/drm/card0"),
        ("class/net", "eth0", "../../devices/pci0000:3b/0000:3b:01.0/net/eth0"),
    ):
        (root / path).mkdir(parents=True)
        (root / path / name).symlink_to(target)
    for path, text in (("module/np_u", "1.2.3"), ("module/other", "4")):
        (root / path).mkdir(parents=True)
        (root / path / "version").write_text(f"{text}\n")
    entries = record_host(root, lambda *_: False).entries
    assert entries["kernel/iommu_groups/40/devices"] == {
        "0000:3b:00.0": f"-> ../../../../{FUNCTION}"
    }
    assert entries["class/drm"] == {"card0": f"-> ../../{FUNCTION}/drm/card0"}
    assert entries["module/np_u"] == {"version": "1.2.3"}
    assert "class/net" not in entries
    assert "module/other" not in entries


def record_gpu(root: Path, nvml: FakeNvml) -> Recording:
    make_host(root, {"vendor": "0x10de"})
    (root / FUNCTION / "driver").symlink_to("../../../bus/pci/drivers/nvidia")
    return record_host(root, None, nvml_module=nvml)


def test_the_answers_of_nvml_stand_by_address_with_the_uuid_blanked(tmp_path: Path) -> None:
    nvml = FakeNvml(
        {"0000:3b:00.0": Gpu(mig_mode=(1, 0), uuid="GPU-7b1f0c9e-2f5d-4c0a-9a52-0d6d3b1c8a11")}
    )
    recording = record_gpu(tmp_path, nvml)
    assert nvml.open_count == 0, "the library is closed again"
    assert recording.nvml["0000:3b:00.0"] == {
        "name": "NVIDIA H100 80GB HBM3",
        "memory_total_bytes": 81_559 << 20,
        "memory_reserved_bytes": 551 << 20,
        "compute_capability": "9.0",
        "uuid": "GPU-00000000-0000-0000-0000-000000000001",
        "driver_version": "570.133.20",
        "vbios_version": "96.00.74.00.01",
        "mig_mode": {"current": 1, "pending": 0},
        "processes": [],
    }
    assert parse_tree("again", recording.render("a test")).nvml == recording.nvml


def test_of_a_gpu_in_trouble_the_library_s_word_is_kept(tmp_path: Path) -> None:
    recording = record_gpu(tmp_path, FakeNvml({"0000:3b:00.0": Gpu(error="GPU_IS_LOST")}))
    assert recording.nvml == {"0000:3b:00.0": {"error": "GPU_IS_LOST"}}


def test_nvml_is_not_opened_for_a_gpu_that_another_driver_has(tmp_path: Path) -> None:
    nvml = FakeNvml()
    assert record_host(make_host(tmp_path), None, nvml_module=nvml).nvml == {}
    assert nvml.look_count == 0
