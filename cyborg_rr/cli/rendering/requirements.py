"""An IR requirement in sections: the model, what goes in and out, memory, work, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from cyborg_rr.cli.rendering.figures import (
    render_amount,
    render_bytes,
    render_exactly,
    render_size,
)
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.requirement.kept import Kept, find_kept
from cyborg_rr.domain.requirement.requirement import TensorRequirement

Document = dict[str, Any]
Pairs = Iterator[tuple[str, str]]

_READ: Final = {
    "full": "in full",
    "partial": "in part: figures are lower bounds",
    "header": "its header only",
}
_STORED: Final = {"external": ", outside this file", "absent": ", absent from the file"}
_SHOWN_TENSORS: Final = 16

_MEMORY: Final = {
    "constant_bytes": "constants",
    "input_bytes": "inputs",
    "output_bytes": "outputs",
    "activation_peak_bytes": "activations",
}
_WORK: Final = {
    "macs": "multiply-adds",
    "flops": "FLOPs of these",
    "flops_other": "other FLOPs",
}


def show_requirement(page: Page, document: Document) -> None:
    """All that people ask for; what is only for programs stands in the JSON."""
    page.say(document["name"], colour="strong")
    page.show_pairs(_describe_model(document))
    for kind in ("inputs", "outputs"):
        _open(page, f"{kind.capitalize()} ({len(document[kind])})")
        page.show_pairs(_describe_tensors(document[kind]))
    _open(page, "Memory")
    page.show_pairs(_describe_memory(document))
    device = document.get("per_device")
    if device:
        _open(page, f"On each of {device['devices']} devices")
        page.show_pairs(_describe_share(device))
    _open(page, "Work of one execution")
    page.show_pairs(
        (label, _render_figure(document["compute"], name, render_exactly))
        for name, label in _WORK.items()
    )
    counts = sorted(document["operations"].items(), key=lambda item: (-item[1], item[0]))
    _open(page, f"Operations ({sum(document['operations'].values()):,})")
    page.say(", ".join(f"{name} {count}" for name, count in counts) or "none known", depth=1)
    show_warnings(page, document["warnings"])


def show_warnings(page: Page, warnings: list[str], most: int | None = None) -> None:
    """Warnings, each with its mark; those beyond ``most`` are counted."""
    if warnings:
        _open(page, f"Warnings ({len(warnings)})")
    for warning in warnings[:most]:
        page.say_marked("-", warning, depth=1)
    if most is not None and len(warnings) > most:
        page.say(f"... and {len(warnings) - most} more (-f json shows them)", depth=1)


def render_summary(document: Document) -> str:
    """A model in one sentence: format, parameters, work."""
    compute, told = document["compute"], [_render_format(document["ir"])]
    if not knows_no_weights(document):
        told.append(_summarise_parameters(document["memory"]))
    if compute["macs"] is not None:
        told.append(
            f"{_render_figure(compute, 'macs', render_amount, in_short=True)} multiply-adds"
        )
    return f"{document['name']}: {', '.join(told)}"


def knows_no_weights(document: Document) -> bool:
    """Whether 0 bytes mean that nothing is known of weights, as of a configuration alone."""
    memory = document["memory"]
    kept = memory["parameter_bytes"] or memory["constant_bytes"]
    return document["reader"]["completeness"] == "header" and not kept


def _open(page: Page, title: str) -> None:
    page.say()
    page.say(title, colour="strong")


def _describe_model(document: Document) -> Pairs:
    ir = document["ir"]
    yield "format", ", ".join([_render_format(ir), *_list_dialects(ir)])
    if ir.get("producer"):
        yield "made by", f"{ir['producer']} {ir.get('producer_version') or ''}".strip()
    if document["size_bytes"]:
        yield "file", render_bytes(document["size_bytes"])
    yield "read", _READ[document["reader"]["completeness"]]
    targets = [f"{target['kind']} {target['value']}" for target in document["targets"]]
    if targets:
        yield "built for", "; ".join(targets)
    yield "element types", ", ".join(document["element_types"]) or "none known"
    if document["symbols"]:
        yield "open sizes", ", ".join(document["symbols"])
    elif document["dynamic"]:
        yield "open sizes", "some, without a name"


def _render_format(ir: Document) -> str:
    return f"{ir['family']} {ir.get('version') or ''}".strip()


def _list_dialects(ir: Document) -> list[str]:
    return [
        f"{dialect['name']} {dialect['version']}"
        for dialect in ir.get("dialects", ())
        if dialect["version"] and dialect["name"] != ir["family"]
    ]


def _describe_tensors(tensors: list[Document]) -> Pairs:
    for tensor in tensors[:_SHOWN_TENSORS]:
        yield tensor["name"], _render_tensor(tensor)
    if len(tensors) > _SHOWN_TENSORS:
        yield "...", f"and {len(tensors) - _SHOWN_TENSORS} more (-f json shows them)"


def _render_tensor(tensor: Document) -> str:
    shape = tensor["shape"]
    sizes = "any shape" if shape is None else " x ".join(map(_render_size, shape)) or "scalar"
    return f"{sizes}, {tensor['element_type'] or 'unknown type'}"


def _render_size(size: int | str) -> str:
    return str(size) or "?"


def _describe_memory(document: Document) -> Pairs:
    memory = document["memory"]
    if knows_no_weights(document):
        yield "parameters", "unknown"
        yield "constants", "unknown"
    else:
        yield "parameters", _render_parameters(memory)
        yield "constants", render_bytes(memory["constant_bytes"])
    for name, label in _MEMORY.items():
        if name != "constant_bytes":
            yield label, _render_figure(memory, name, render_bytes)
    kept = _find_kept(document)
    if kept is not None:
        yield "cache", f"{render_bytes(kept.size_bytes)}: {kept.render()}"
    for cached in document.get("cache", ()):
        yield f"cache ({cached['kind']})", _render_cache(cached)


def _find_kept(document: Document) -> Kept | None:
    """What the sequences keep, at the sizes that the document was made at."""
    cache = [CachedLayers(**layers) for layers in document.get("cache", ())]
    return find_kept(cache, [TensorRequirement(**tensor) for tensor in document["inputs"]])


def _summarise_parameters(memory: Document) -> str:
    count, size = memory.get("parameter_count", 0), render_size(memory["parameter_bytes"])
    return f"{render_amount(count)} parameters ({size})" if count else f"{size} of parameters"


def _render_parameters(memory: Document) -> str:
    """How many they are, what they take, and where they are."""
    count = memory.get("parameter_count", 0)
    number = f"{render_exactly(count)} in " if count else ""
    where = _STORED.get(memory.get("parameters", ""), "")
    return f"{number}{render_bytes(memory['parameter_bytes'])}{where}"


def _render_figure(
    figures: Document, name: str, render: Callable[[int | None], str], *, in_short: bool = False
) -> str:
    """A figure, exact, at least so large, or at most so with the part that is sure.

    What is both has a part that is sure, and one that is an upper bound of what was read.
    """
    sure, is_partial = figures.get("at_most", {}).get(name), figures.get("at_least", False)
    if figures[name] is None:
        return render(None)
    shown = render(figures[name])
    if sure is None:
        return f"at least {shown}" if is_partial else shown
    if is_partial:
        least = f"at least {render(sure)}"
        return least if in_short else f"{least}, of what was read at most {shown}"
    return f"at most {shown}" + (f", at least {render(sure)}" if sure and not in_short else "")


def _describe_share(device: Document) -> Pairs:
    """What one device holds and does."""
    for name, label in {"parameter_bytes": "parameters", **_MEMORY, "macs": _WORK["macs"]}.items():
        span, render = device[name], render_exactly if name == "macs" else render_bytes
        least, most = (None, None) if span is None else (span["least"], span["most"])
        yield label, render(most) if least == most else f"{render(least)} to {render(most)}"


def _render_cache(cached: Document) -> str:
    """What all layers of one kind keep for one sequence."""
    kept = []
    if cached["bytes_per_token"]:
        each = "position of the encoder" if cached["kind"] == "cross" else "token"
        kept.append(f"{render_bytes(cached['bytes_per_token'])} a {each}")
    if cached["window"]:
        kept.append(f"up to a window of {cached['window']}")
    if cached["state_bytes"]:
        kept.append(f"a state of {render_bytes(cached['state_bytes'])}")
    return f"{cached['layers']} layers: {', '.join(kept)}"
