"""Pipelines of diffusers: one model of several parts, each in a folder of its own.

Format: ``pipelines/pipeline_utils.py`` of diffusers: ``model_index.json`` names for each part the
library and the class that it is loaded by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Completeness, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.safetensors import show
from cyborg_rr.readers.huggingface.marks import PIPELINE
from cyborg_rr.readers.huggingface.model import Model
from cyborg_rr.readers.huggingface.settings import Settings

MAX_PARTS: Final = 64
_SHOWN: Final = 5
_OF_A_STEP: Final = ("unet", "transformer", "prior")
_NO_MODELS: Final = ("Tokenizer", "TokenizerFast", "Scheduler", "Processor", "FeatureExtractor",
                     "ImageProcessorFast", "Guider", "Watermarker")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A part by the name of its folder, and what was read there."""

    name: str
    model: Model


def list_parts(index: Settings) -> tuple[str, ...]:
    """Names of the parts that have weights, as the index of a pipeline says."""
    names = tuple(name for name, stated in index.stated.items() if _is_model(stated))
    if len(names) > MAX_PARTS:
        raise UnreadableModel(f"{PIPELINE} names more than {MAX_PARTS} parts")
    for name in names:
        if "/" in name or "\\" in name or name in (".", ".."):
            raise UnreadableModel(f"{PIPELINE}: {show(name)} is not the name of a folder")
    return names


def _is_model(stated: object) -> bool:
    """Whether a part is named by library and class, and has weights."""
    if not isinstance(stated, list) or len(stated) != 2:
        return False
    if not all(isinstance(word, str) for word in stated):
        return False
    return not stated[1].endswith(_NO_MODELS) and "Scheduler" not in stated[1]


def join_parts(parts: list[Part], missing: tuple[str, ...]) -> Model:
    """All parts in one graph, one after the other, their names in front of what is theirs."""
    warnings = [_tell_figures(part) for part in parts]
    steps = [part.name for part in parts if part.name.startswith(_OF_A_STEP)]
    if any(part.model.body.nodes for part in parts):
        repeated = f", {list_names(steps, _SHOWN)} once for each denoising step" if steps else ""
        warnings.append(f"work is that of running each part once{repeated}")
    if missing:
        warnings.append(
            f"parts are missing, so that bytes are a lower bound: {list_names(missing, _SHOWN)}"
        )
    for part in parts:
        warnings += [f"{part.name}: {warning}" for warning in part.model.warnings]
    blocks = [_put_under(part.name, part.model.body) for part in parts]
    return Model(_merge(blocks), _judge(parts, missing), (), tuple(warnings))


def _judge(parts: list[Part], missing: tuple[str, ...]) -> Completeness:
    found = {part.model.completeness for part in parts}
    if found == {"full"} and not missing:
        return "full"
    return "header" if found == {"header"} else "partial"


def _tell_figures(part: Part) -> str:
    """Weights of one part; what the file stores is what is counted."""
    stored = part.model.body.stored.values()
    count = sum(tensor.type.elements or 0 for tensor in stored)
    size = sum(tensor.type.byte_size or 0 for tensor in stored)
    return f"part {part.name}: {len(stored)} weights of {count} elements, {size} bytes"


def _put_under(name: str, body: Block) -> Block:
    """A block whose values all begin with the name of its part."""

    def under(value: str) -> str:
        return f"{name}.{value}" if value else value

    def put(values: Mapping[str, TensorType]) -> dict[str, TensorType]:
        return {under(value): tensor for value, tensor in values.items()}

    nodes = tuple(
        replace(
            node, inputs=tuple(map(under, node.inputs)), outputs=tuple(map(under, node.outputs))
        )
        for node in body.nodes
    )
    stored = {under(value): tensor for value, tensor in body.stored.items()}
    return Block(put(body.inputs), tuple(map(under, body.outputs)), nodes, stored, put(body.types))


def _merge(blocks: list[Block]) -> Block:
    inputs: dict[str, TensorType] = {}
    stored: dict[str, StoredTensor] = {}
    types: dict[str, TensorType] = {}
    for block in blocks:
        inputs.update(block.inputs)
        stored.update(block.stored)
        types.update(block.types)
    return Block(inputs, tuple(_outputs(blocks)), tuple(_nodes(blocks)), stored, types)


def _outputs(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        yield from block.outputs


def _nodes(blocks: list[Block]) -> Iterator[Node]:
    for block in blocks:
        yield from block.nodes
