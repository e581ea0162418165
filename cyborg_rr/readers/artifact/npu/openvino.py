"""Compiled models of OpenVINO: blobs of its cache and of its CPU and NPU plugins.

Layout: CompiledBlobHeader of openvino (src/inference/src/cache_guard.cpp), an XML element in front
of what the plugin wrote; metadata of the NPU plugin, which ends in OVNPU (src/plugins/intel_npu,
metadata.hpp); the CPU plugin's begins with RR_UPCVO and texts of what it needs.
"""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import BUILT_ON, UNMEASURED, Found
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

NPU: Final = b"OVNPU"
CPU: Final = b"RR_UPCVO"
_HEADER: Final = re.compile(rb"<compiled_blob\s[^>]{0,4096}/>\s*")
_VERSION: Final = re.compile(rb"\bie_version=\"([^\"]{1,128})\"|\bov=([0-9.]{1,32})")
_NEEDS: Final = re.compile(rb"\bisa=([^;]{1,200})")
_TEXT: Final = 20
"""Where the CPU plugin's text begins, behind the magic, a version and its size of eight bytes."""


def read(data: Buffer) -> Found:
    """The plugin that wrote it, as far as that can be told, and the version of OpenVINO."""
    head = bytes(data[:HEAD_BYTES])
    header = _HEADER.search(head)
    body = head[header.end() :] if header else head
    if header is None and not head.startswith((CPU, NPU)) and bytes(data[-len(NPU) :]) != NPU:
        raise UnreadableModel("the header of the blob is cut off")
    version = _VERSION.search(head[:4096])
    stated = None if version is None else printable(version[1] or version[2])
    target, lacks, notes = _find_plugin(body, bytes(data[-len(NPU) :]))
    return Found(
        kind="openvino-blob",
        what="a compiled model of OpenVINO",
        targets=(target,),
        version=stated,
        producer="openvino",
        producer_version=stated,
        lacks=lacks if bytes(data[-len(NPU) :]) == NPU else (*lacks, UNMEASURED),
        notes=notes,
    )


def _find_plugin(body: bytes, end: bytes) -> tuple[Target, tuple[str, ...], tuple[str, ...]]:
    if body.startswith(CPU):
        size = min(int.from_bytes(body[12:_TEXT], "little"), 1024)
        needs = _NEEDS.search(body[_TEXT : _TEXT + size])
        notes = () if needs is None else (f"it needs a CPU with {printable(needs[1])}",)
        return Target("host", "CPU"), (), notes
    if body.startswith(NPU) or end == NPU:
        lack = "the generation of the NPU that it was compiled for is not in its metadata"
        return Target("backend", "intel-npu"), (lack,), ()
    lack = "the plugin that wrote it, and so the device that it is for, is not in its header"
    return Target(BUILT_ON, "device"), (lack,), ()
