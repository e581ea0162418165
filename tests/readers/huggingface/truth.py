"""The 87 models of ``tests/data/huggingface/truth``, and what the product says of them."""

from __future__ import annotations

import csv
import json
import lzma
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.samples import DATA

TRUTH = DATA / "huggingface" / "truth"


@cache
def list_rows() -> Mapping[str, Mapping[str, str]]:
    """The rows of the table, by the name of the model."""
    with (TRUTH / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@cache
def list_configs() -> Mapping[str, Any]:
    """The configurations, by the name of the model."""
    lines = (TRUTH / "configs.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["id"]: entry["config"] for entry in map(json.loads, lines)}


@cache
def read_config(name: str) -> Graph:
    """The graph of the configuration alone."""
    return HuggingFaceReader().read(Source(name, json.dumps(list_configs()[name]).encode()))


class HeaderOnly(bytes):
    """The first bytes of a file that says it is longer."""

    length: int

    def __len__(self) -> int:
        return self.length


class TruthFolder:
    """A folder of a configuration and of a checkpoint of which only the header is there."""

    folders: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        packed = (TRUTH / "headers" / f"{name}.safetensors.xz").read_bytes()
        checkpoint = HeaderOnly(lzma.decompress(packed))
        checkpoint.length = int(list_rows()[name]["full_file_bytes"])
        config = json.dumps(list_configs()[name]).encode()
        self._contents = {"config.json": config, "model.safetensors": checkpoint}

    @property
    def files(self) -> Mapping[str, int]:
        """See ``Folder.files``."""
        return {name: len(content) for name, content in self._contents.items()}

    def open(self, name: str) -> bytes:
        """See ``Folder.open``."""
        return self._contents[name]

    def enter(self, name: str) -> TruthFolder:
        """See ``Folder.enter``."""
        raise KeyError(name)


def read_folder(name: str) -> Graph:
    """The graph of configuration and checkpoint."""
    return HuggingFaceReader().read(Source(name, b"", TruthFolder(name), is_folder=True))


def count_parameters(graph: Graph) -> int:
    """Elements of what frameworks call parameters: they keep statistics and scales as buffers."""
    return sum(
        held.type.elements or 0
        for name, held in graph.body.stored.items()
        if held.kind == "parameter" and not name.endswith(BUFFERS) and not _FROZEN.search(name)
    )


_FROZEN: Final = re.compile(
    r"model\.backbone\.conv_encoder\..*(bn\d|downsample\.1)\.(weight|bias)$"
)
"""Norms that DETR does not train."""


_BESIDE_PACKED: Final = (
    ".qzeros", ".scales", ".g_idx", "_scales", ".weight_scale", ".weight_scale_inv",
    "absmax", "quant_map",
)  # fmt: skip

BUFFERS: Final = (
    "score_correction_bias", "expert_bias", "final_logits_bias", "layer_scalar", "std_bias",
    "std_scale", *_BESIDE_PACKED,
)  # fmt: skip
"""Endings of the names of what classes keep beside what they call parameters."""


def count_bytes(graph: Graph) -> int:
    """Bytes of the weights."""
    return sum(stored.type.byte_size or 0 for stored in graph.body.stored.values())


def count_macs(graph: Graph, stated: str = "") -> int | None:
    """Multiply-adds at the sizes that a row states, else of 128 tokens; None without a graph.

    Where a row states no images, what they add is taken away: as much as one more adds.
    """
    if graph.completeness == "header":
        return None
    if "pixel_values" not in graph.body.inputs:
        return _count_at(graph, _bind(graph, stated))
    once, twice = (_count_at(graph, _bind(graph, stated, images=count)) for count in (1, 2))
    return 2 * once - twice


def _count_at(graph: Graph, inputs: dict[str, TensorType]) -> int:
    workload = find_workload(infer(graph, Bindings(inputs=inputs)))
    assert workload.first_uncosted is None
    assert not workload.unknown
    return workload.macs


def _bind(graph: Graph, stated: str, images: int = 0) -> dict[str, TensorType]:
    """Shapes of inputs by the words of the table: ``ids(1,77) pixels(1,3,224,224)``."""
    sizes = {
        _INPUTS.get(name, name): tuple(map(int, numbers.split(",")))
        for name, numbers in re.findall(r"(\w+)\(([\d,]+)\)", stated)
    }
    bound: dict[str, TensorType] = {}
    for name, tensor in graph.body.inputs.items():
        if name.endswith("ids"):
            bound[name] = TensorType("i64", sizes.get("ids", (1, 128)))
        elif name == "pixel_values":
            rest = (_PATCHES if size == "patches" else size for size in (tensor.shape or ())[1:])
            bound[name] = TensorType(tensor.element_type, (images, *rest))
        elif name in sizes:
            wave = (1,) if name == "wave" else ()
            shape = (*sizes[name][:1], *wave, *sizes[name][1:])
            bound[name] = TensorType(tensor.element_type, shape)
    return bound


_PATCHES: Final = 576
"""Of an image in patches: it has whole squares of 4 and of 9, and whole windows of 64."""

_INPUTS: Final = {"tokens": "image_tokens"}
"""Words of the table, and what the graph calls them."""
