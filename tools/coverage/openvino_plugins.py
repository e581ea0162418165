"""Write the coverage tables of OpenVINO: what its ONNX reader takes, and its plug-ins make of it.

    python tools/coverage/openvino_plugins.py cyborg_rr/catalogue/coverage [OPERATION...]

Run by a Python that has openvino, onnx and onnxruntime (for the schemas of com.microsoft). Reading
a model needs no device; what is not read runs nowhere. Models are read as people read them, from
files: of bytes in memory the reader takes more. The GPU plug-in must have a factory for each
operation of what was read (their names stand in the binary of the wheel) or take it apart first;
whether it runs what is neither is not known. The NPU's compiler publishes no list at all. Where
operations are named, all others stay as the tables in the folder have them.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from probing.asking import Ask, Process
from probing.functions import FUNCTIONS, ask_function
from probing.tables import Rules, ask_all, open_ends, read_table, renew, write_table

LEAST = 1
LATEST = 28
"""Operation sets of ONNX; the reader asks for none, it takes the nearest form before."""

_FACTORY = re.compile(rb"__register_([A-Za-z0-9_]+?)_(?:v\d+|internal)E")

_INNER = frozenset({"Parameter", "Result", "Constant"})

_TAKEN_APART = frozenset(
    {"BatchNormInference", "Einsum", "GroupConvolution", "GroupQueryAttention", "RNNSequence"}
)
"""Operations that passes of the plug-in replace (named in its binary and in libopenvino):
BatchNormDecomposition, EinsumDecomposition, ConvertConvolutionToInternal,
GroupQueryAttentionDecomposition, ConvertRNNSequenceToTensorIterator."""

_TYPES = frozenset(
    "f64 f32 f16 bf16 i64 i32 i16 i8 i4 u64 u32 u16 u8 u4 boolean dynamic".split()  # noqa: SIM905
)
"""What the GPU plug-in computes in or converts to that (transformations_pipeline.cpp)."""

_READ = "read: "


def list_factories() -> frozenset[str]:
    """The operations that the GPU plug-in of the installed wheel makes primitives of."""
    import openvino

    file = Path(openvino.__file__).parent / "libs" / "libopenvino_intel_gpu_plugin.so"
    return frozenset(name.decode() for name in _FACTORY.findall(file.read_bytes()))


def start() -> Ask:
    """The reader: what it says against a model, else the operations and types of what was read."""
    import openvino

    core = openvino.Core()
    folder = tempfile.TemporaryDirectory()

    def ask(model: bytes) -> str:
        file = Path(folder.name) / "model.onnx"
        file.write_bytes(model)
        try:
            nodes = core.read_model(file).get_ordered_ops()
        except Exception as error:  # noqa: BLE001
            return str(error)[-200:] or "refused"
        names = {node.get_type_info().name for node in nodes}
        outputs = [output for node in nodes for output in node.outputs()]
        types = {output.get_element_type().get_type_name() for output in outputs}
        return _READ + " ".join(names - _INNER - _TAKEN_APART) + "|" + " ".join(types - _TYPES)

    return ask


class Reader:
    """Asks the reader, each model once; ``allowed`` are the operations of a device, None: all."""

    def __init__(self) -> None:
        self._ask = Process(lambda: start())
        self._known: dict[bytes, str] = {}
        self.allowed: frozenset[str] | None = None

    def __call__(self, model: bytes) -> str:
        """What is against the model on the device."""
        key = hashlib.sha256(model).digest()
        if key not in self._known:
            self._known[key] = self._ask(model)
        said = self._known[key]
        if not said.startswith(_READ):
            return said
        names, _, types = said.removeprefix(_READ).partition("|")
        missing = [name for name in names.split() if name not in (self.allowed or ())]
        if self.allowed is None or not (missing or types):
            return ""
        return f"not on the device: {' '.join(missing)} {types}"


def ask_device(
    reader: Reader, allowed: frozenset[str] | None, notes: list[str], operations: Sequence[str]
) -> dict[str, Rules]:
    """The rules by operation set of what a device runs, None for what is read at all."""
    reader.allowed = allowed

    def ask_set(domain: str, versions: tuple[int, int]) -> Rules:
        return ask_all(reader, versions, notes, domain, is_thorough=False, operations=operations)

    return {
        "ai.onnx": open_ends(ask_set("", (LEAST, LATEST)), LATEST),
        "com.microsoft": ask_set("com.microsoft", (1, 1)),
        FUNCTIONS: ask_function(reader),
    }


def leave_open(sets: dict[str, Rules]) -> dict[str, Rules]:
    """The rules of what is read, of which nobody says whether the device runs it."""
    return {
        domain: {
            name: [{**rule, "where": [*rule.get("where", []), ["unstated"]]} for rule in each]
            for name, each in rules.items()
        }
        for domain, rules in sets.items()
    }


def join(runs: dict[str, Rules], reads: dict[str, Rules]) -> dict[str, Rules]:
    """What a device runs, and behind it what is read and not known to run."""
    opened = leave_open(reads)
    joined: dict[str, Rules] = {}
    for domain, rules in reads.items():
        joined[domain] = {
            name: runs[domain].get(name, [])
            + (opened[domain][name] if runs[domain].get(name) != rules[name] else [])
            for name in rules
        }
    return joined


def main() -> None:
    """Write the tables into a folder."""
    folder, operations = Path(sys.argv[1]), sys.argv[2:]
    notes: list[str] = []
    reader = Reader()
    reads = ask_device(reader, None, notes, operations)
    runs = ask_device(reader, list_factories(), notes, operations)
    source = (
        "tools/coverage/openvino_plugins.py: answers of read_model of openvino 2026.4.1 to one"
        " model for each operation, version, element type, stored operand and attribute of the"
        " schemas of onnx; "
    )
    factories = "factories of the GPU plug-in of the wheel (REGISTER_FACTORY)"
    nothing = (
        "the NPU's compiler publishes no list of what it takes of that (intel/onnxruntime#521)"
    )
    for name, what, sets in (
        ("openvino-gpu", factories, join(runs, reads)),
        ("openvino-npu", nothing, leave_open(reads)),
        ("openvino-ovc", "its converter writes what it reads", reads),
    ):
        header = {
            "release": "2026.4",
            "date": "2026-11-27",
            "source": source + what,
            "otherwise": "refused",
        }
        file = folder / f"{name}.json"
        known = read_table(file) if operations else {}
        file.write_text(write_table(header, renew(known, sets)), encoding="utf-8")
    print(*notes, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
