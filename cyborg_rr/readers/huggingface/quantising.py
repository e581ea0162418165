"""Weights in the form that ``quantization_config`` states, where no file of them is there to count.

What stands beside a packed weight is as the libraries store it: AutoGPTQ and AutoAWQ (qweight,
qzeros, scales), bitsandbytes (``functional.QuantState``), compressed-tensors (``compressors``),
transformers (``integrations/finegrained_fp8.py``, ``mxfp4.py``), ModelOpt
(``modelopt/torch/export/quant_utils.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Block, StoredTensor, TensorType
from cyborg_rr.readers.architectures.plans import Decoder
from cyborg_rr.readers.formats.safetensors import show
from cyborg_rr.readers.huggingface.settings import Settings

Shapes = Mapping[str, TensorType]
Form = Callable[[int, int], tuple[str, Shapes] | None]
"""From outputs and inputs of a weight: the type it is packed in, and what stands beside it by the
end of its name; None where the form does not divide it."""

_BITS: Final = 8
_NESTED: Final = 256
_BLOCK_OF_BITS: Final = 64
_BLOCK_OF_FLOATS: Final = 32
_GROUP_OF_NVFP4: Final = 16
_WORD: Final = 32
_MAX_STARS: Final = 256
_STATED: Final = ("quantization_config", "compression_config")
_UNNAMED: Final = "unnamed"
_ROUTERS: Final = (".gate", ".router", ".shared_expert_gate")


def quantise(settings: Settings, plan: object, body: Block) -> tuple[Block, tuple[str, ...]]:
    """The weights as they are stored, and what is to be said of them."""
    stated = _find_stated(settings)
    if stated is None:
        return body, ()
    method = find_method(settings)
    find = _FORMS.get(method)
    form = find(stated) if find is not None and isinstance(plan, Decoder) else None
    kept = _find_kept(stated)
    if form is None or kept is None or not isinstance(plan, Decoder):
        return body, (
            f"the configuration says that weights are quantised ({show(method)}), in a form that "
            "is not reckoned here: parameter bytes are those before it, more than are stored; "
            "give the folder with its safetensors",
        )
    whole = {f"{plan.embedding}.weight"}
    if not stated.flag("lm_head"):
        whole.add(f"{plan.head}.weight")
    names = [
        name
        for name in _list_factors(body, stacked=method == "mxfp4")
        if name not in whole and not kept.holds(name.removesuffix(".weight"))
    ]
    told = f"weights are quantised ({method}) as the configuration states; no file was there to see"
    return replace(body, stored=_restate(body.stored, names, form)), (told,)


def find_method(settings: Settings) -> str:
    """The method by which weights are quantised, empty where they are not.

    One without a name is bitsandbytes where it states its sizes, as transformers reads it
    (``quantizers/auto.py``), else ``unnamed``.
    """
    stated = _find_stated(settings)
    if stated is None:
        return ""
    flagged = "bitsandbytes" if stated.flag("load_in_8bit", "load_in_4bit") else _UNNAMED
    return stated.text("quant_method") or flagged


def _find_stated(settings: Settings) -> Settings | None:
    """What is stated of quantised weights, for the whole model or for a part of it.

    transformers looks at the part that takes text as well; ``compression_config`` is an older name
    of it (vLLM, ``transformers_utils/config.py``).
    """
    inner = (settings.enter(name) for name in settings.stated)
    for place in (settings, *filter(None, inner)):
        if place.find(*_STATED) is not None:
            return place.enter(*_STATED) or Settings({}, place)
    return None


def add_beside(settings: Settings, beside: Settings) -> Settings:
    """A configuration with what a file beside it says of quantised weights, as ModelOpt writes it.

    What the configuration says itself counts.
    """
    stated = beside.enter("quantization")
    if stated is None or _find_stated(settings) is not None:
        return settings
    producer = beside.enter("producer")
    method = producer.text("name") if producer is not None else ""
    quantised = {"quant_method": method or _UNNAMED, **stated.stated}
    return settings.fill({"quantization_config": quantised})


def _restate(
    stored: Mapping[str, StoredTensor], names: list[str], form: Form
) -> dict[str, StoredTensor]:
    """The weights of these names packed, and what belongs to them beside them."""
    found = dict(stored)
    for name in names:
        *stack, outer, inner = stored[name].type.shape or ()
        packed = form(outer, inner) if isinstance(outer, int) and isinstance(inner, int) else None
        if packed is None:
            continue
        kind, beside = packed
        found[name] = replace(stored[name], type=replace(stored[name].type, element_type=kind))
        for end, tensor in beside.items():
            shape = (*stack, *(tensor.shape or ()))
            place = name.removesuffix(".weight") + end
            found[place] = StoredTensor(replace(tensor, shape=shape), "parameter", "absent")
    return found


def _list_factors(body: Block, *, stacked: bool) -> Iterator[str]:
    """The weights that inputs are multiplied with: of all layers, or experts in one tensor."""
    for node in body.nodes:
        first = {"matmul": 1, "indexed_matmul": 2}.get(node.operation)
        for name in node.inputs[first:] if first else ():
            held = body.stored.get(name)
            rank = 3 if stacked else 2
            if held is not None and len(held.type.shape or ()) == rank:
                yield name


@dataclass(frozen=True, slots=True)
class _Kept:
    """Modules that stay as they are: by names, or by parts of names in their order."""

    names: frozenset[str]
    patterns: tuple[str, ...]

    def holds(self, module: str) -> bool:
        """Whether a name has whole words that are kept; a router stays in any case."""
        words = module.split(".")
        ends = range(1, len(words) + 1)
        runs = (".".join(words[start:end]) for end in ends for start in range(end))
        return (
            module.endswith(_ROUTERS)
            or any(run in self.names for run in runs)
            or any(_fits(f".{module}.", pattern) for pattern in self.patterns)
        )


def _find_kept(stated: Settings) -> _Kept | None:
    """What is to stay; None where that is said by more than some plain patterns.

    A pattern of the file is never compiled: it could be one that takes for ever.
    """
    kept: set[str] = set()
    for key in ("modules_to_not_convert", "llm_int8_skip_modules", "ignore", "exclude_modules"):
        for text in stated.texts(key):
            plain = text.removeprefix("re:").removesuffix("$")
            plain = plain.replace(".*", "*").replace("\\.", ".")
            if not plain or not all(char.isalnum() or char in "_.-*" for char in plain):
                return None
            kept.add(plain)
    patterns = tuple(sorted(each for each in kept if "*" in each))
    if sum(pattern.count("*") for pattern in patterns) > _MAX_STARS:
        return None
    return _Kept(frozenset(kept), patterns)


def _fits(text: str, pattern: str) -> bool:
    """Whether the parts of a pattern stand in a text one after the other, as whole words of it."""
    at = 0
    for part in f".{pattern}.".split("*"):
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _divide(number: int, by: int) -> int:
    return -(-number // by)


def _find_gptq(stated: Settings) -> Form | None:
    bits, group = stated.find("bits"), stated.find("group_size")
    if bits not in (2, 4, 8) or type(group) is not int or (group != -1 and group <= 0):
        return None

    def form(outer: int, inner: int) -> tuple[str, Shapes]:
        groups = 1 if group == -1 else _divide(inner, group)
        return f"u{bits}", {
            ".qzeros": TensorType("i32", (groups, _divide(outer * bits, _WORD))),
            ".scales": TensorType("f16", (groups, outer)),
            ".g_idx": TensorType("i32", (inner,)),
        }

    return form


def _find_awq(stated: Settings) -> Form | None:
    whole = _find_gptq(stated)
    if whole is None:
        return None

    def form(outer: int, inner: int) -> tuple[str, Shapes] | None:
        packed = whole(outer, inner)
        if packed is None:
            return None
        return packed[0], {end: packed[1][end] for end in (".qzeros", ".scales")}

    return form


def _find_bitsandbytes(stated: Settings) -> Form | None:
    """The states' own few bytes of JSON for each weight are left out."""
    if stated.flag("load_in_8bit", "_load_in_8bit"):
        return lambda outer, _: ("i8", {".SCB": TensorType("f32", (outer,))})
    if not stated.flag("load_in_4bit", "_load_in_4bit"):
        return None
    nested = stated.flag("bnb_4bit_use_double_quant")

    def form(outer: int, inner: int) -> tuple[str, Shapes]:
        blocks = _divide(outer * inner, _BLOCK_OF_BITS)
        beside = {
            ".weight.absmax": TensorType("u8" if nested else "f32", (blocks,)),
            ".weight.quant_map": TensorType("f32", (16,)),
        }
        if nested:
            beside[".weight.nested_absmax"] = TensorType("f32", (_divide(blocks, _NESTED),))
            beside[".weight.nested_quant_map"] = TensorType("f32", (_NESTED,))
        return "u4", beside

    return form


def _find_fp8(stated: Settings) -> Form | None:
    """Scales of blocks, which publishers keep in the type of the model or in 32 bits."""
    block = stated.numbers("weight_block_size")
    if len(block) != 2 or min(block) <= 0 or stated.text("activation_scheme") == "static":
        return None
    rows, columns = block
    kind = "f32" if stated.outer is None else stated.outer.element_type or "f32"

    def form(outer: int, inner: int) -> tuple[str, Shapes]:
        shape = (_divide(outer, rows), _divide(inner, columns))
        return "f8E4M3FN", {".weight_scale_inv": TensorType(kind, shape)}

    return form


def _find_compressed(stated: Settings) -> Form | None:
    """One group of all linear layers, a scale for each of a weight's outputs."""
    groups = stated.enter("config_groups")
    entries = list(groups.stated) if groups else []
    group = groups.enter(entries[0]) if groups and len(entries) == 1 else None
    weights = group.enter("weights") if group else None
    if group is None or weights is None or group.texts("targets") != ("Linear",):
        return None
    inputs = group.enter("input_activations")
    is_plain = weights.text("strategy") == "channel" and weights.flag("symmetric")
    is_static = inputs is not None and not inputs.flag("dynamic")
    if not is_plain or is_static or weights.find("num_bits") != _BITS:
        return None
    kinds = {"int-quantized": "i8", "float-quantized": "f8E4M3FN"}
    kind = kinds.get(stated.text("format"))
    scale = stated.outer.element_type if stated.outer else None
    if kind is None or scale is None:
        return None
    return lambda outer, _: (kind, {".weight_scale": TensorType(scale, (outer, 1))})


def _find_modelopt(stated: Settings) -> Form | None:
    """Scales of a whole weight and of its inputs (FP8), and of each few elements too (NVFP4)."""
    number = TensorType("f32", ())
    whole: Shapes = {".input_scale": number, ".weight_scale": number}
    group = stated.count("group_size", default=_GROUP_OF_NVFP4)

    def form(outer: int, inner: int) -> tuple[str, Shapes] | None:
        if inner % group:
            return None
        scales = TensorType("f8E4M3FN", (outer, inner // group))
        return "f4E2M1FN", {".input_scale": number, ".weight_scale": scales,
                            ".weight_scale_2": number}  # fmt: skip

    match stated.text("quant_algo"):
        case "FP8":
            return lambda outer, inner: ("f8E4M3FN", whole)
        case "NVFP4" if group:
            return form
        case _:
            return None


def _find_mxfp4(_: Settings) -> Form:
    def form(outer: int, inner: int) -> tuple[str, Shapes] | None:
        if inner % _BLOCK_OF_FLOATS:
            return None
        return "f4E2M1FN", {"_scales": TensorType("u8", (outer, inner // _BLOCK_OF_FLOATS))}

    return form


_FORMS: Final[Mapping[str, Callable[[Settings], Form | None]]] = MappingProxyType(
    {
        "gptq": _find_gptq,
        "awq": _find_awq,
        "bitsandbytes": _find_bitsandbytes,
        "fp8": _find_fp8,
        "compressed-tensors": _find_compressed,
        "mxfp4": _find_mxfp4,
        "modelopt": _find_modelopt,
    }
)
