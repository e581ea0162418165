"""Artifacts that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import gzip
import io
import re
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.artifact.modules import embedded
from cyborg_rr.readers.artifact.reader import ArtifactReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.samples import DATA
from tests.readers.tflite.writing import write

MOST = b"\xff" * 8


def load(name: str) -> bytes:
    """A sample."""
    return (DATA / "artifact" / name).read_bytes()


def is_artifact(path: Path) -> bool:
    """Whether a file is a sample, and no script or words beside them."""
    return path.is_file() and path.suffix not in (".py", ".rst")


def read(data: bytes) -> Graph:
    """The graph of a file."""
    return ArtifactReader().read(Source("hostile", data))


def put(name: str, place: int, content: bytes) -> bytes:
    """A sample with other bytes at one place."""
    whole = bytearray(load(name))
    whole[place : place + len(content)] = content
    return bytes(whole)


def behind(name: str, mark: bytes, shift: int, content: bytes) -> bytes:
    """A sample with other bytes at a distance from where a mark stands."""
    return put(name, load(name).index(mark) + shift, content)


XCLBIN, GBS, OM = "documentation_u250.xclbin", "documentation_nlb.gbs", "documentation_wide.om"
NEFF, HEF, FATBIN = "documentation_trn2.neff", "documentation_hailo8.hef", "paddle_sm30.fatbin"
CUBIN, HSACO, SPIRV = "ptxas_sm90a.cubin", "iree_gfx942.hsaco", "iree_vulkan.spv"
VMFB, BUNDLE = "iree_cuda.vmfb", "documentation_hip.bundle"
CASES = [
    (lambda: b".version 8.0\n.target sm_80\n{ {", "a function does not end"),
    (lambda: b"/**/" * 10_000 + b".version 8.0 .target sm_", "no compiled artifact"),
    (lambda: put(CUBIN, 48, b"\0\0\0\0"), "name no architecture"),
    (lambda: put(CUBIN, 40, MOST), "lies? beyond|beyond the end"),
    (lambda: put(CUBIN, 60, b"\xff\xff"), "beyond the end"),
    (lambda: put(CUBIN, 58, b"\1\0"), "described by 1 bytes"),
    (lambda: put(CUBIN, 62, b"\xfe\xff"), "stand in section 65534"),
    (lambda: put(CUBIN, 4, b"\7"), "class 7"),
    (lambda: load(HSACO)[:40], "cut off"),
    (lambda: put(SPIRV, 4, MOST), "no header of SPIR-V"),
    (lambda: put(SPIRV, 20, bytes(4)), "0 words"),
    (lambda: put(SPIRV, 20, b"\x11\0\xff\xff"), "65535 words"),
    (lambda: load(SPIRV)[:20], "no capability"),
    (lambda: load(SPIRV)[:12], "cut off"),
    (lambda: put(FATBIN, 8, MOST), "cut off"),
    (lambda: put(FATBIN, 6, b"\0\0"), "no header of a fatbin"),
    (lambda: put(FATBIN, 24, MOST), "leaves its fatbin"),
    (lambda: put(FATBIN, 20, bytes(4)), "leaves its fatbin"),
    (lambda: put(FATBIN, 16, b"\x40\0"), "no code"),
    (lambda: put(BUNDLE, 24, MOST), "beyond the end"),
    (lambda: put(BUNDLE, 48, MOST), "leaves the file"),
    (lambda: load(BUNDLE)[:56], "beyond the end"),
    (lambda: b"ftrt" + bytes(20), "cut off"),
    (lambda: load(XCLBIN)[:400], "cut off"),
    (lambda: load(XCLBIN) + b"x", "states"),
    (lambda: put(XCLBIN, 448, MOST[:4]), "4294967295 sections"),
    (lambda: put(XCLBIN, 456 + 24, MOST), "section 0"),
    (lambda: put(XCLBIN, 536, MOST[:4]), "cannot hold"),
    (lambda: put(XCLBIN, 352, bytes(64)), "states no platform"),
    (lambda: put(GBS, 16, MOST[:4]), "bytes, more than"),
    (lambda: put(GBS, 20, b"["), "not JSON"),
    (lambda: load(GBS).replace(b"433683f9040b", b"433683f9040z"), "is no uuid"),
    (lambda: load(GBS).replace(b"afu-image", b"afu-imago"), "lacks 'afu-image'"),
    (lambda: b"XeonFPGA\xb7GBSv001" + struct.pack("<I", 10**5) + b"[" * 10**5, "nested"),
    (lambda: load(OM)[:200], "cut off"),
    (lambda: put(OM, 256, MOST[:4]), "4294967295 partitions"),
    (lambda: put(OM, 272, MOST), "do not lie in the file"),
    (lambda: load(OM)[:300], "do not lie in the file"),
    (lambda: put(NEFF, 16, MOST), "cut off"),
    (lambda: put(NEFF, 1040, MOST * 4), "cannot be unpacked|no header"),
    (lambda: behind("documentation_any.neff", b"ustar", -120, b"\xff"), "no header of a TAR"),
    (lambda: put(HEF, 4, MOST[:4]), "version 4294967295"),
    (lambda: put(HEF, 8, MOST[:4]), "cut off"),
    (lambda: load(HEF)[:32], "cut off"),
    (lambda: put(HEF, 8, bytes(4)), "has no header"),
    (lambda: behind(VMFB, b"IREE", -8, MOST[:4]), "cut off"),
    (lambda: behind(VMFB, b"IREE", -4, MOST[:4]), "beyond the end"),
    (lambda: put(VMFB, 8, b"\10\0"), "has to be stored"),
    (lambda: put(VMFB, 28, MOST[:2]), "no module of IREE"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "cause"), CASES)
def test_a_file_that_lies_is_refused(make: Callable[[], bytes], cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause) as refusal:
        read(make())
    assert str(refusal.value).isprintable()


def test_a_processor_that_nobody_knows_yet_is_said_to_be_so() -> None:
    graph = read(put(HSACO, 48, b"\xfe"))
    assert [target.kind for target in graph.targets] == ["built on"]
    assert "name no processor" in graph.warnings[1]


def make_neff(content: bytes, name: str = "kelf-a.json") -> bytes:
    """A NEFF with one member in its archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    packed = gzip.compress(stream.getvalue(), mtime=0)
    head = bytearray(load(NEFF)[:1024])
    head[16:24] = struct.pack("<Q", len(packed))
    return bytes(head) + packed


def test_a_bomb_is_unpacked_up_to_a_bound_only() -> None:
    graph = read(make_neff(bytes(100 << 20)))
    assert "is not stated" in graph.warnings[1]


@pytest.mark.parametrize("content", [b"[]", b'{"target": 7}', b"{}"])
def test_a_description_without_a_generation_leaves_it_open(content: bytes) -> None:
    assert "is not stated" in read(make_neff(content)).warnings[1]


def test_a_generation_of_the_future_is_said_to_be_unknown() -> None:
    graph = read(make_neff(b'{"target": "maverick\\u001b"}'))
    assert "'maverick" in graph.warnings[1]
    assert graph.warnings[1].isprintable()
    assert [target.kind for target in graph.targets] == ["backend", "built on"]


def test_an_encrypted_offline_model_says_that_it_is() -> None:
    encrypted = put(OM, 80, b"\1")
    assert "it is encrypted" in read(encrypted).warnings[1]


def test_an_engine_of_an_unknown_release_does_not_guess_it() -> None:
    graph = read(b"ptrt" + bytes(60))
    assert graph.ir.version is None
    assert "of which release is not known" in graph.warnings[1]


def test_code_that_is_only_begun_is_passed_over() -> None:
    magics = b"\x03\x02\x23\x07\0\x05\1\0" * 100_000
    elves = b"\x7fELF\2\1\1" * 100_000
    directives = b".version 1.0 .target sm_" * 100_000
    for content in (magics, elves, directives):
        assert list(embedded.list_targets(content, 0, len(content))) == []


def make_program(count: int) -> bytes:
    """A program of many sections, each of which is the code for devices in it."""
    data = bytearray(load("documentation_program.so"))
    table, entry = struct.unpack_from("<Q", data, 40)[0], 64
    one = bytes(data[table + 2 * entry : table + 3 * entry])
    names = bytes(data[table + 3 * entry : table + 4 * entry])
    data[table:] = bytes(entry) + names + one * count
    struct.pack_into("<HH", data, 60, count + 2, 1)
    return bytes(data)


def test_sections_that_lie_in_one_another_are_refused() -> None:
    with pytest.raises(UnreadableModel, match="lie in one another"):
        read(make_program(1000))


def make_module(*sizes: int) -> bytes:
    """A module of IREE whose constants begin at one place behind it, with those sizes."""
    constants = [{3: ("Q", 0), 4: ("Q", size)} for size in sizes]
    table = write({0: "m", 9: constants}, b"IREE")
    module = struct.pack("<I", len(table)) + table
    return module + bytes(-len(module) % 64) + b"CDA1" + bytes(4092)


def test_executables_that_lie_in_one_another_are_refused() -> None:
    assert read(make_module(4096)).targets[0].kind == "host"
    with pytest.raises(UnreadableModel, match="lie in one another"):
        read(make_module(*[4096] * 500))
    with pytest.raises(UnreadableModel, match="beyond the file"):
        read(make_module(4097))


def test_more_targets_than_there_are_architectures_are_refused() -> None:
    entries = b"".join(
        struct.pack("<HHIQI8xI", 2, 0, 64, 0, 0, number) + bytes(32) for number in range(10, 999)
    )
    with pytest.raises(UnreadableModel, match="more than any device"):
        read(struct.pack("<4sHHQ", b"\x50\xed\x55\xba", 1, 16, len(entries)) + entries)


def test_capabilities_without_end_are_bounded() -> None:
    module = (
        struct.pack("<5I", 0x07230203, 0x10000, 0, 1, 0)
        + struct.pack("<2I", 2 << 16 | 17, 1) * 10**6
    )
    assert read(module).targets[0].value == "1.0 Shader"


ARTIFACTS = sorted(path for path in (DATA / "artifact").iterdir() if is_artifact(path))
TOLD = re.compile("cut off|whether it is whole is not known")


@pytest.mark.parametrize("path", ARTIFACTS, ids=lambda path: path.name)
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_file_that_is_cut_is_refused_or_told_as_one_that_may_be(
    path: Path, quarters: int
) -> None:
    whole = path.read_bytes()
    try:
        graph = read(whole[: len(whole) * quarters // 4])
    except UnreadableModel:
        return
    assert [warning for warning in graph.warnings if TOLD.search(warning)]


@pytest.mark.parametrize("path", ARTIFACTS, ids=lambda path: path.name)
def test_a_whole_file_is_not_told_to_be_cut(path: Path) -> None:
    assert not [each for each in read(path.read_bytes()).warnings if "cut off" in each]
