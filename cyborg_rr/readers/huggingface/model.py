"""What configuration and tensors together say of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import Block, Completeness, StoredTensor, TensorType
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.architectures.caching import list_caches, list_pair_caches
from cyborg_rr.readers.architectures.decoder import draw_decoder
from cyborg_rr.readers.architectures.drawing import MAX_WEIGHTS
from cyborg_rr.readers.architectures.encoder import draw_encoder
from cyborg_rr.readers.architectures.joining import Joined, draw_joined
from cyborg_rr.readers.architectures.plans import (
    Decoder,
    Encoder,
    Experts,
    Head,
    Linear,
)
from cyborg_rr.readers.architectures.sketching import Sketch, draw_sketch
from cyborg_rr.readers.formats.safetensors import show
from cyborg_rr.readers.huggingface.matching import Match, match_weights, store_all
from cyborg_rr.readers.huggingface.plans import Planned, find_plan
from cyborg_rr.readers.huggingface.quantising import quantise
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.unplanned import find_cache
from cyborg_rr.readers.huggingface.weights import Weights

Plan = Decoder | Encoder | Sketch | Joined
_TEXT_ALONE: Final = "only the part of the model that takes text has a graph"
_OTHERS_MISSING: Final = (
    "parameters of its other parts are missing, so that their bytes are a lower bound"
)
MAX_SINGLE_EXPERTS: Final = 50_000
"""Experts of all layers that a configuration alone names one by one: Kimi K2 has 23 000. More are
drawn with all of a layer in one tensor, which has the same figures."""

_NO_CONFIG: Final = "there is no configuration: no graph and no cache are known"


@dataclass(frozen=True, slots=True)
class Model:
    """The parts of a graph that follow from the files."""

    body: Block
    completeness: Completeness
    cache: tuple[CachedLayers, ...]
    warnings: tuple[str, ...]


def build_model(settings: Settings | None, weights: Weights | None) -> Model:
    """The model that a configuration, tensors, or both describe."""
    if settings is None:
        return _without_graph(weights, (), (_NO_CONFIG,))
    found = _find_element_type(settings, weights)
    try:
        planned = find_plan(settings)
    except UnreadableModel as error:
        if weights is None:
            raise
        return _without_graph(weights, (), (f"{error}; no graph was made",))
    if planned is None:
        name = _name_architecture(settings)
        cache = find_cache(settings, found)
        unknown = "" if cache else "; its cache is not known either"
        cause = f"no graph is known here for the architecture {name}{unknown}"
        return _without_graph(weights, cache, (cause,))
    warnings: tuple[str, ...] = ()
    if found is None:
        warnings = (f"no element type is stated; {planned.plan.element_type} was assumed",)
    else:
        planned = _retype(planned, found)
    if weights is None:
        model = _from_settings(settings, planned, warnings)
    else:
        model = _from_both(settings, planned, weights)
    told = _explain_graph(planned.joined or planned.plan, model)
    if settings.assumed and model.completeness == "full":
        model = replace(model, completeness="partial")
    told += tuple(
        f"config.json states no {name}: work is said as if it were the least, 1"
        for name in settings.assumed
    )
    return replace(model, warnings=(*model.warnings, *told))


def _retype(planned: Planned, element_type: str) -> Planned:
    """The same plans in the type that the files state."""
    joined = planned.joined
    return replace(
        planned,
        plan=replace(planned.plan, element_type=element_type),
        joined=None if joined is None else joined.retype(element_type),
    )


def _explain_graph(plan: Plan, model: Model) -> tuple[str, ...]:
    """That a graph is of one part only, or of parts that are not all of the model."""
    return plan.notes if isinstance(plan, Sketch | Encoder | Joined) and model.body.nodes else ()


def _from_settings(settings: Settings, planned: Planned, warnings: tuple[str, ...]) -> Model:
    """The configuration alone: parameters are those that were drawn, packed as it says."""
    plan = planned.plan
    if isinstance(plan, Decoder) and _count_experts(plan) > MAX_SINGLE_EXPERTS:
        if 3 * _count_experts(plan) > MAX_WEIGHTS:
            raise UnreadableModel("the model has more weights than any that there is")
        plan = _merge(plan)
    body, told = quantise(settings, plan, _draw(plan))
    cache = _list_caches(planned.plan)
    warnings = (*warnings, *told)
    if planned.joined is not None:
        body = _draw_beside(planned.joined, body)
        if not planned.joined.whole:
            return Model(body, "partial", cache, (*warnings, _OTHERS_MISSING))
        return Model(body, "full", cache, warnings)
    if planned.is_whole:
        return Model(body, "full", cache, warnings)
    return Model(body, "partial", cache, (*warnings, f"{_TEXT_ALONE}; {_OTHERS_MISSING}"))


def _draw_beside(joined: Joined, text: Block) -> Block:
    """The graph of all parts, with weights of the text as they were packed."""
    body = _draw(joined)
    alone = {name: held for name, held in body.stored.items() if name not in text.stored}
    return replace(body, stored={**text.stored, **alone})


def _from_both(settings: Settings, planned: Planned, weights: Weights) -> Model:
    """The graph of the configuration on the tensors that are there."""
    cache = _list_caches(planned.plan)
    body, match = _draw_fitting(planned.joined or planned.plan, weights.tensors)
    if match.missing and not planned.is_whole:
        body, match = _draw_fitting(_find_named(planned, weights.tensors), weights.tensors)
    if match.missing:
        first = match.missing[0]
        cause = (
            f"configuration and tensors disagree on the architecture {_name_architecture(settings)}"
            f": {len(match.missing)} weights do not fit, first {show(first)}; no graph was made"
        )
        return _without_graph(weights, cache, (cause,))
    body = replace(body, stored=match.stored)
    if not match.unused:
        return Model(body, "full", cache, weights.warnings)
    size = sum(weights.tensors[name].byte_size or 0 for name in match.unused)
    unused = (
        f"{len(match.unused)} tensors of {size} bytes have no part in the graph, first "
        f"{show(match.unused[0])}"
    )
    return Model(body, "partial", cache, (*weights.warnings, unused))


def _find_named(planned: Planned, tensors: Mapping[str, TensorType]) -> Plan:
    """The plan under the names that its table of tokens has in the file."""
    element_type = planned.plan.element_type
    for plan in (planned.plan, *planned.elsewhere):
        if not isinstance(plan, Decoder):
            continue
        name = f"{plan.embedding}.weight"
        if name in tensors or name.removeprefix("model.") in tensors:
            return replace(plan, element_type=element_type)
    return planned.plan


def _draw(plan: Plan) -> Block:
    match plan:
        case Decoder():
            return draw_decoder(plan)
        case Encoder():
            return draw_encoder(plan)
        case Sketch():
            return draw_sketch(plan)
        case Joined():
            return draw_joined(plan)
        case _:
            assert_never(plan)


def _list_caches(plan: Plan) -> tuple[CachedLayers, ...]:
    match plan:
        case Decoder():
            return list_caches(plan)
        case Encoder():
            return list_pair_caches(plan)
        case Sketch():
            return plan.cache
        case Joined():
            return list_caches(plan.decoder)
        case _:
            assert_never(plan)


def _draw_fitting(plan: Plan, tensors: Mapping[str, TensorType]) -> tuple[Block, Match]:
    """The drawing that fits the tensors best: experts may lie there one by one or together."""
    tried: list[tuple[Block, Match]] = []
    for variant in _list_variants(plan, tensors):
        body = _draw(variant)
        parts = variant.parts if isinstance(variant, Joined) else ()
        tried.append((body, match_weights(body.stored, tensors, parts)))
        if not tried[-1][1].missing:
            break
    return min(tried, key=lambda one: len(one[1].missing))


def _list_variants(plan: Plan, tensors: Mapping[str, TensorType]) -> Iterator[Plan]:
    """The plan, and the same with experts in one tensor, or without a pooler.

    Experts one by one are not drawn where the file has fewer tensors than that would be.
    """
    if isinstance(plan, Joined):
        decoders = _list_variants(plan.decoder, tensors)
        yield from (replace(plan, decoder=one) for one in decoders if isinstance(one, Decoder))
        return
    if not isinstance(plan, Decoder) or _count_experts(plan) <= max(len(tensors), 1):
        yield plan
    elif not any(name.endswith("experts.gate_up_proj") for name in tensors):
        yield _merge(plan)
    if isinstance(plan, Encoder) and not any("pooler" in name for name in tensors):
        chain = plan.encoder.head.chain
        if len(chain) == 1 and "pooler" in chain[0].name:
            yield replace(plan, encoder=replace(plan.encoder, head=Head()))
    if isinstance(plan, Decoder) and any(name.endswith("experts.gate_up_proj") for name in tensors):
        for transposed in (False, True):
            layers = (
                replace(layer, feed=_stack(layer.feed, transposed))
                if isinstance(layer.feed, Experts)
                else layer
                for layer in plan.layers
            )
            yield replace(plan, layers=tuple(layers))


def _count_experts(plan: Decoder) -> int:
    """Experts that have tensors of their own, in all layers."""
    feeds = (layer.feed for layer in plan.layers)
    return sum(feed.count for feed in feeds if isinstance(feed, Experts) and not feed.stacked)


def _merge(plan: Decoder) -> Decoder:
    """The same sizes with all experts of a layer in one tensor for each part."""
    layers = (
        replace(layer, feed=_merge_experts(layer.feed))
        if isinstance(layer.feed, Experts) and not layer.feed.stacked
        else layer
        for layer in plan.layers
    )
    return replace(plan, layers=tuple(layers))


def _merge_experts(plan: Experts) -> Experts:
    def merge(part: Linear) -> Linear:
        return replace(part, name=part.name.replace("{expert}.", "") + ".weight")

    gate = None if plan.gate is None else merge(plan.gate)
    return replace(plan, stacked=True, gate=gate, up=merge(plan.up), down=merge(plan.down))


def _stack(plan: Experts, transposed: bool) -> Experts:
    """Experts in one tensor, as transformers 5 keeps them."""
    prefix = plan.up.name.partition("{expert}")[0]
    return replace(
        plan,
        stacked=True,
        transposed=transposed,
        gate=None,
        fused=Linear(f"{prefix}gate_up_proj"),
        down=Linear(f"{prefix}down_proj"),
    )


def _without_graph(
    weights: Weights | None, cache: tuple[CachedLayers, ...], causes: tuple[str, ...]
) -> Model:
    """Parameters without a graph."""
    stored: Mapping[str, StoredTensor] = {}
    warnings = causes
    if weights is not None:
        stored = store_all(weights.tensors)
        warnings = (*weights.warnings, *causes)
    else:
        warnings = (*causes, "without tensors no parameters are known")
    return Model(Block({}, (), (), stored), "header", cache, warnings)


def _name_architecture(settings: Settings) -> str:
    names = settings.texts("architectures")
    return show(names[0] if names else settings.text("model_type", "_class_name") or "(unnamed)")


def _find_element_type(settings: Settings, weights: Weights | None) -> str | None:
    """The type that the model computes in: as stated, else that of most plain floats stored."""
    inner = settings.enter("text_config") or settings
    if inner.element_type is not None:
        return inner.element_type
    sizes: Counter[str] = Counter()
    for tensor in weights.tensors.values() if weights else ():
        known = find_element_type(tensor.element_type)
        if known is not None and known.is_plain:
            sizes[known.name] += tensor.byte_size or 0
    return sizes.most_common(1)[0][0] if sizes else None
