"""An IR requirement as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cyborg_rr.cli.rendering.figures import render_bytes, render_count
from cyborg_rr.cli.rendering.table import render_table

VALUE_WIDTH = 90


def render_requirement(document: dict[str, Any]) -> str:
    """A requirement document, one row for each thing that people ask for."""
    rows = []
    ir, memory, compute = document["ir"], document["memory"], document["compute"]
    rows.append(["model", document["name"]])
    rows.append(["IR", f"{ir['family']} {ir.get('version') or ''}".strip()])
    rows.append(["read", document["reader"]["completeness"]])
    if document["targets"]:
        targets = (f"{target['kind']} {target['value']}" for target in document["targets"])
        rows.append(["built for", "\n".join(targets)])
    for kind in ("inputs", "outputs"):
        rows.append([kind, "\n".join(_render_tensor(tensor) for tensor in document[kind])])
    for name in (
        "parameter_bytes",
        "constant_bytes",
        "input_bytes",
        "output_bytes",
        "activation_peak_bytes",
    ):
        rows.append([name.replace("_", " "), _render_figure(memory, name, render_bytes)])
    if knows_no_weights(document):
        rows[-5:-3] = [["parameter bytes", "unknown"], ["constant bytes", "unknown"]]
    device = document.get("per_device")
    if device:
        rows.append([f"on each of {device['devices']}", _render_share(device)])
    for cached in document.get("cache", ()):
        rows.append([f"cache ({cached['kind']})", _render_cache(cached)])
    for name in ("macs", "flops", "flops_other"):
        rows.append([name.replace("_", " "), _render_figure(compute, name, render_count)])
    counts = sorted(document["operations"].items(), key=lambda item: (-item[1], item[0]))
    rows.append(["operations", ", ".join(f"{name} {count}" for name, count in counts)])
    rows.append(["element types", ", ".join(document["element_types"])])
    rows.append(["dynamic", ", ".join(document["symbols"]) or str(document["dynamic"]).lower()])
    for warning in document["warnings"]:
        rows.append(["warning", warning])
    return render_table(("field", "value"), rows, VALUE_WIDTH)


def knows_no_weights(document: dict[str, Any]) -> bool:
    """Whether 0 bytes mean that nothing is known of weights, as of a configuration alone."""
    memory = document["memory"]
    kept = memory["parameter_bytes"] or memory["constant_bytes"]
    return document["reader"]["completeness"] == "header" and not kept


def _render_figure(figures: dict[str, Any], name: str, render: Callable[[int | None], str]) -> str:
    """A figure, exact or at most so large with the part that is sure."""
    sure = figures.get("at_most", {}).get(name)
    shown = render(figures[name])
    if sure is None:
        return shown
    return f"at most {shown}" + (f", at least {render(sure)}" if sure else "")


def _render_tensor(tensor: dict[str, Any]) -> str:
    shape = tensor["shape"]
    sizes = "unknown shape" if shape is None else "x".join(str(size) for size in shape) or "scalar"
    return f"{tensor['name']} {sizes}:{tensor['element_type'] or 'unknown type'}"


def _render_share(device: dict[str, Any]) -> str:
    """What one device holds and does, a line for each figure."""
    lines = []
    for name in (
        "parameter_bytes",
        "constant_bytes",
        "input_bytes",
        "output_bytes",
        "activation_peak_bytes",
        "macs",
    ):
        span, render = device[name], render_count if name == "macs" else render_bytes
        least, most = (None, None) if span is None else (span["least"], span["most"])
        text = render(most) if least == most else f"{render(least)} to {render(most)}"
        lines.append(f"{name.replace('_', ' ')}: {text}")
    return "\n".join(lines)


def _render_cache(cached: dict[str, Any]) -> str:
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
