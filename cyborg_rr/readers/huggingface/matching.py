"""Weights as they are stored in the place of those that were drawn, to the byte.

A weight may lie there under another prefix, in another element type, or packed: then it is restated
as what it holds (as the ONNX reader does), and its scales and zero points stand beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from cyborg_rr.domain.graph.graph import Shape, StoredTensor, TensorType
from cyborg_rr.domain.words import find_bits, find_element_type
from cyborg_rr.readers.huggingface.towers.renaming import learn_parts

_PREFIXES: Final = ("model.", "transformer.", "language_model.", "model.language_model.",
                    "bert.", "gpt_neox.", "backbone.", "text_model.", "vision_model.")  # fmt: skip
_SAMPLED: Final = 64
_PACKED: Final = (".qweight", ".weight_packed")
SCALE_BITS: Final = 8
"""Of the scales of 4-bit floats (MXFP4, NVFP4); 4-bit integers have wider ones."""

_COUNTERS: Final = 64
"""Bits of whole numbers that hold no packed weights."""

_STATISTICS: Final = ("running_mean", "running_var", "num_batches_tracked")
"""Buffers of ``torch.nn.modules.batchnorm._NormBase``, which PyTorch counts as no parameters."""

_BESIDE: Final = ("_scales", "_scale", "_scale_inv", "_scale_2", "_input_scale")
_OLDER: Final = (
    ("parametrizations.weight.original0", "weight_g"),
    ("parametrizations.weight.original1", "weight_v"),
    ("embed_out.weight", "lm_head.weight"),
    (".input_layernorm.weight", ".attention_layer_norm.weight"),
    (".post_attention_layernorm.weight", ".feedforward_layer_norm.weight"),
    ("LayerNorm.weight", "LayerNorm.gamma"),
    ("LayerNorm.bias", "LayerNorm.beta"),
)
"""Other names: the two of torch.nn.utils.weight_norm before its parametrizations, a head's, two
norms of OLMo Hybrid, and those of norms in what was made of checkpoints of TensorFlow."""

_BUFFERS: Final = re.compile(
    r"(?:^|\.)(?:rotary_emb(?:eddings)?\.inv_freq"
    r"|(?:self_)?att(?:ention|n)\.(?:attention\.)?(?:masked_)?bias|position_ids"
    r"|relative_position_index|[qkv]_scale|self_attn\.(?:slope_rate|(?:query|key|diagonal)_decay)"
    r"|act_fn\.(?:beta|eps))$"
)
"""What old files keep beside the weights: tables and masks that are computed anew."""


_TABLE: Final = re.compile(r"(?:embed|wte|shared|word_embeddings|transformer\.w\b)")
_SCORES: Final = (
    "lm_head.weight", "embed_out.weight", "embed_tokens.weight", "output_projection.weight",
    "proj_out.weight", "decoder.weight", "generator_lm_head.weight", "vocab_projector.weight",
    "lm_loss.weight",
)  # fmt: skip
"""How names end under which files keep the table of tokens once more, though the model has one: of
weights that are tied (``_tied_weights_keys`` of the classes of transformers)."""


@dataclass(frozen=True, slots=True)
class Match:
    """What became of the drawn weights: the stored ones, in their place, and what does not fit.

    ``stored`` takes all tensors of the file, ``missing`` names drawn weights that it lacks, and
    ``unused`` the tensors that stand for none.
    """

    stored: Mapping[str, StoredTensor]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def match_weights(
    drawn: Mapping[str, StoredTensor],
    tensors: Mapping[str, TensorType],
    parts: Sequence[str] = (),
) -> Match:
    """Put what the file stores in the place of what was drawn.

    Names of ``parts`` may have another front each; of a model of one part all have the same.
    """
    rename = learn_parts(drawn, parts, tensors) if parts else _find_renaming(drawn, tensors)
    stored: dict[str, StoredTensor] = {}
    taken: set[str] = set()
    bases: set[str] = set()
    missing: list[str] = []
    for name, weight in drawn.items():
        found = _find_stored(rename(name), weight.type, tensors)
        if found is None:
            missing.append(name)
            continue
        place, restated = found
        stored[name] = StoredTensor(restated, weight.kind, "inline")
        taken.add(place)
        bases.add(rename(name).removesuffix(".weight"))
    rest = [name for name in tensors if name not in taken]
    for name in rest:
        stored[f"{name} (stored)" if name in stored else name] = _store(name, tensors[name])
    tables = {held.type.shape for name, held in drawn.items() if _TABLE.search(name)}
    unused = tuple(
        name
        for name in rest
        if not _attends(name, bases) and not _repeats(name, tensors[name], tables)
    )
    return Match(stored, tuple(missing), unused)


def store_all(tensors: Mapping[str, TensorType]) -> dict[str, StoredTensor]:
    """All tensors of a file, as they are."""
    return {name: _store(name, tensor) for name, tensor in tensors.items()}


def _store(name: str, tensor: TensorType) -> StoredTensor:
    """A parameter; counters, statistics, indices and masks are constants."""
    known = find_element_type(tensor.element_type)
    counts = known is not None and known.is_whole and known.bits == _COUNTERS
    is_mask = known is not None and known.family == "boolean"
    is_constant = counts or is_mask or name.rpartition(".")[2] in _STATISTICS
    return StoredTensor(tensor, "constant" if is_constant else "parameter", "inline")


def _find_renaming(drawn: Iterable[str], tensors: Mapping[str, TensorType]) -> Callable[[str], str]:
    """How names in the file differ in front: libraries leave the model's own prefix out."""
    names = [name for name, _ in zip(drawn, range(_SAMPLED), strict=False)]
    renamings: list[Callable[[str], str]] = [str]
    for prefix in _PREFIXES:
        renamings += (partial(_remove, prefix), partial(_put, prefix))
    renamings.append(partial(_change, "model.", "transformer."))
    return max(renamings, key=lambda rename: sum(_is_there(rename(n), tensors) for n in names))


def _remove(prefix: str, name: str) -> str:
    return name.removeprefix(prefix)


def _change(old: str, new: str, name: str) -> str:
    return new + name.removeprefix(old) if name.startswith(old) else name


def _put(prefix: str, name: str) -> str:
    return prefix + name


def _is_there(name: str, tensors: Mapping[str, TensorType]) -> bool:
    base = name.removesuffix(".weight")
    return name in tensors or any(base + suffix in tensors for suffix in _PACKED)


def _find_stored(
    name: str, drawn: TensorType, tensors: Mapping[str, TensorType]
) -> tuple[str, TensorType] | None:
    """The tensor that holds a weight, and what it holds; None where none fits."""
    base = name.removesuffix(".weight")
    for end, older in _OLDER:
        if name.endswith(end) and name not in tensors:
            name = name.removesuffix(end) + older
    for place in (name, *(base + suffix for suffix in _PACKED), f"{name}_blocks"):
        found = tensors.get(place)
        if found is None:
            continue
        if found.shape == drawn.shape:
            return place, found
        restated = _unpack(place, base, found, drawn, tensors)
        if restated is not None:
            return place, restated
    return None


def _unpack(
    place: str, base: str, found: TensorType, drawn: TensorType, tensors: Mapping[str, TensorType]
) -> TensorType | None:
    """The drawn shape in elements of so few bits that it takes the bytes that are there."""
    elements, size = drawn.elements, found.byte_size
    holder = find_element_type(found.element_type)
    if not elements or size is None or holder is None or not holder.is_whole:
        return None
    bits, rest = divmod(8 * size, elements)
    if rest or bits not in (2, 4, 8):
        return None
    kind = f"u{bits}"
    scales = tensors.get(f"{base}.weight_scale")
    has_small_scales = scales is not None and find_bits(scales.element_type) == SCALE_BITS
    if bits == 4 and (place.endswith("_blocks") or has_small_scales):
        kind = "f4E2M1FN"
    return TensorType(kind, drawn.shape)


def _repeats(name: str, tensor: TensorType, tables: Collection[Shape | None]) -> bool:
    """Whether a tensor is a table of tokens once more; it counts, since it is loaded where it is
    not the same."""
    return name.endswith(_SCORES) and tensor.shape in tables


def _attends(name: str, bases: set[str]) -> bool:
    """Whether a tensor stands beside a weight: a scale, a zero point, or a table of old files."""
    if _BUFFERS.search(name):
        return True
    base = name
    while "." in base:
        base = base.rpartition(".")[0]
        if base in bases or base.removesuffix(".weight") in bases:
            return True
    return any(name.endswith(end) and name.removesuffix(end) in bases for end in _BESIDE)
