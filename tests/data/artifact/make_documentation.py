"""Makes the files named ``documentation_*`` by the published layouts, where no tool is at hand.

It shares nothing with the reader. Sources of the layouts: XRT's xclbin.h, opae-sdk's metadata of
bitstreams, GE's framework/common/types.h and ge_ir.proto, KLR's NEFF.lean, hailort's
hef_internal.hpp and hef.proto, clang's Offload Bundler, NVIDIA's fatbinary.h as cuobjdump shows it,
what is known of TensorRT's header (NVIDIA/TensorRT issue 3073), OpenVINO's NPU metadata.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import uuid
from pathlib import Path
from struct import pack

HERE = Path(__file__).parent
CUBIN = (HERE / "ptxas_sm90a.cubin").read_bytes()


def save(name: str, content: bytes) -> None:
    """Write one file."""
    (HERE / f"documentation_{name}").write_bytes(content)


def varint(value: int) -> bytes:
    """A number of protobuf."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: int | bytes | str) -> bytes:
    """A field of protobuf."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def entry(kind: int, arch: int, content: bytes, flags: int, header: int = 64) -> bytes:
    """An entry of a fatbin with its content, filled up to eight bytes."""
    padded = content + bytes(-len(content) % 8)
    counted = len(content) if flags & 0xA000 else 0
    fixed = pack("<HHIQIIHHI", kind, 0x101, header, len(padded), counted, 64, 0, 8, arch)
    return fixed + pack("<IIQQQ", 0, 0, flags, 0, 0) + bytes(header - 64) + padded


def fatbin(*entries: bytes) -> bytes:
    """A container of such entries."""
    body = b"".join(entries)
    return pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def bundle(*ids: str) -> bytes:
    """Code objects of nothing, for those targets."""
    size = 32 + sum(24 + len(each) for each in ids)
    entries = b"".join(pack("<3Q", size, 0, len(each)) + each.encode() for each in ids)
    return b"__CLANG_OFFLOAD_BUNDLE__" + pack("<Q", len(ids)) + entries


def program(machine: int, sections: dict[str, bytes]) -> bytes:
    """An ELF file of 64 bits with those sections and their names."""
    names = b"\0" + b"".join(each.encode() + b"\0" for each in (*sections, ".shstrtab"))
    body, table, place = b"", bytes(64), 64
    for name, content in (*sections.items(), (".shstrtab", names)):
        kind = 3 if name == ".shstrtab" else 1
        at = names.index(b"\0" + name.encode() + b"\0") + 1
        table += pack("<IIQQQQIIQQ", at, kind, 0, 0, place, len(content), 0, 0, 8, 0)
        body += content + bytes(-len(content) % 8)
        place = 64 + len(body)
    count = len(sections) + 2
    ident = b"\x7fELF\2\1\1" + bytes(9)
    head = pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 0, place, 0, 64, 0, 0, 64, count, count - 1)
    return ident + head + body + table


def xclbin(platform: str) -> bytes:
    """With banks of memory, of which one is used, and a kernel."""
    bank = "<BB6xQQ16s"
    memory = pack("<I4x", 2) + pack(bank, 1, 0, 16 << 20, 0, b"DDR[0]")
    memory += pack(bank, 1, 1, 16 << 20, 4 << 32, b"DDR[1]")
    kernel = pack("<IIQ64s", 1, 0, 0x1800000, b"krnl_vadd:krnl_vadd_1")
    layout = pack("<I4x", 1) + kernel
    start = 456 + 2 * 40
    parts = pack("<I16s4xQQ", 6, b"", start, len(memory))
    parts += pack("<I16s4xQQ", 8, b"", start + len(memory), len(layout))
    interface = uuid.UUID("f9a6d4d5-7d8d-4b5e-9d3c-2b1a0c9e8f77").bytes
    own = uuid.UUID("1b0f3c2e-5a4d-4e6f-8a9b-0c1d2e3f4a5b").bytes
    head = pack(
        "<QQQHBBHH16s64s16s16sI4x",
        start + len(memory) + len(layout), 1700000000, 0, 0, 2, 16, 0, 0, interface,
        platform.encode(), own, b"", 2,
    )  # fmt: skip
    front = b"xclbin2\0" + pack("<i", -1) + b"\xff" * 28 + bytes(256) + pack("<Q", 1)
    return front + head + parts + memory + layout


def gbs(region: str | None) -> bytes:
    """The metadata, and nothing of a bitstream."""
    cluster = {
        "name": "nlb_400",
        "total-contexts": 1,
        "accelerator-type-uuid": "d8424dc4-a4a3-c413-f89e-433683f9040b",
    }
    image: dict[str, object] = {"magic-no": 488605312, "power": 0}
    image["accelerator-clusters"] = [cluster]
    if region is not None:
        image["interface-uuid"] = region
    text = json.dumps({"version": 1, "platform-name": "DCP", "afu-image": image}).encode()
    return b"XeonFPGA\xb7GBSv001" + pack("<I", len(text)) + text + bytes(64)


def offline_model(soc: str | None, *, wide: bool) -> bytes:
    """Header, table and three partitions; the first is a ModelDef with attributes."""
    model = field(1, "m") + field(2, 1)
    for key, value in (("atc_version", "8.0.RC1"), ("soc_version", soc)):
        if value is not None:
            model += field(11, field(1, key) + field(2, field(2, value)))
    parts = [(0, model), (1, bytes(32)), (2, bytes(16))]
    table, start = pack("<I4x" if wide else "<I", len(parts)), 0
    for kind, content in parts:
        table += pack("<I4xQQ" if wide else "<III", kind, start, len(content))
        start += len(content)
    body = table + b"".join(content for _, content in parts)
    head = pack(
        "<4sII64sI4B32sI", b"IMOD", 256, 0x10000000, b"", len(body), 0, 1, 1, 0, b"resnet", 0
    )
    head += pack("<32sII20sB", b"", 0, 1, b"3.20.T100", 0)
    return head.ljust(256, b"\0") + body


def neff(target: str | None, *, packed: bool) -> bytes:
    """A header and an archive with the description that names a generation."""
    described: dict[str, object] = {"version": "0.5", "graphs": [{"name": "sg00"}]}
    if target is not None:
        described["target"] = target
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in (
            ("neff.json", b"{}"),
            ("kelf-a.json", json.dumps(described).encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    content = gzip.compress(stream.getvalue(), mtime=0) if packed else stream.getvalue()
    head = pack("<5Q", 2 if packed else 1, 1024, len(content), 2, 0) + b"2.0.21884.0".ljust(
        128, b"\0"
    )
    head += pack("<I32s16s256sI", 1, b"", uuid.UUID(int=7).bytes, b"model", 2)
    return head.ljust(1024, b"\0") + content


def hef(chip: int, version: int) -> bytes:
    """A header of that version, big-endian, and a message with the chip."""
    message = field(1, (field(1, chip) if chip else b"") + field(3, "3.28.0")) + field(2, b"")
    rest = {0: 20, 2: 32, 3: 44}[version]
    return b"\x01HEF" + pack(">II", version, len(message)) + bytes(rest) + message


def main() -> None:
    """Write them all."""
    engine = b"ftrt" + pack("<5I", 0, 239, 0, 64, 0) + bytes((10, 3, 0, 26)) + bytes(36)
    save("engine.plan", engine)
    text = json.dumps({"author": "x", "task": "detect"}).encode()
    save("described.engine", pack("<I", len(text)) + text + engine)
    later = b".version 8.0\n.target sm_90a\n.address_size 64\n"
    save(
        "several.fatbin",
        fatbin(
            entry(2, 70, b"\x28\xb5\x2f\xfd packed", 0x8011),
            entry(2, 90, CUBIN, 0x11),
            entry(1, 90, later, 0x11, 72),
        ),
    )
    host = "host-x86_64-unknown-linux-gnu-"
    amd = "hipv4-amdgcn-amd-amdhsa--"
    save("hip.bundle", bundle(host, f"{amd}gfx90a:xnack-", f"{amd}gfx1100"))
    first = fatbin(entry(1, 80, later.replace(b"90a", b"80"), 0x11))
    both = first + bytes(-len(first) % 8) + fatbin(entry(2, 90, CUBIN, 0x11))
    save("program.so", program(62, {".text": bytes(16), ".nv_fatbin": both}))
    symbols = b"\0__tvm_dev_mblob\0__tvm_module_ctx\0"
    save("tvm_cuda.so", program(183, {".dynstr": symbols, ".rodata": b"cuda\0ptx\0" + later}))
    save("u250.xclbin", xclbin("xilinx_u250_gen3x16_xdma_4_1_202210_1"))
    save("nlb.gbs", gbs("69528db6-eb31-577a-8c36-68f9faa081f6"))
    save("nowhere.gbs", gbs(None))
    save("wide.om", offline_model("Ascend310P3", wide=True))
    save("narrow.om", offline_model(None, wide=False))
    save("trn2.neff", neff("cayman", packed=True))
    save("any.neff", neff("*", packed=False))
    save("hailo8.hef", hef(0, 0))
    save("hailo8l.hef", hef(3, 2))
    save("hailo99.hef", hef(99, 3))
    qnn = bytes.fromhex("00000002 00000003 00000000 00000001")
    save("context.bin", qnn + bytes(48))
    version = b"2024.6.0"
    metadata = pack("<II", 0x10000, len(version)) + version
    save("npu.blob", b"\x7fELF" + bytes(60) + metadata + pack("<Q", 64) + b"OVNPU")


if __name__ == "__main__":
    main()
