"""From a model in any of its forms to a graph, weights left where they are."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import FUNCTION_CALLS
from cyborg_rr.readers.dialects.onnx.graph import Translation
from cyborg_rr.readers.dialects.onnx.schema import OnnxModel
from cyborg_rr.readers.dialects.onnx.translation.operations import NEWEST_VERSION
from cyborg_rr.readers.formats.protobuf_wire import Message
from cyborg_rr.readers.onnx.forms.choosing import find_form
from cyborg_rr.readers.onnx.functions import inline_functions
from cyborg_rr.readers.onnx.marks import MAX_IR_VERSION
from cyborg_rr.readers.onnx.messages import parse_model
from cyborg_rr.readers.reading.source import Source

NEWEST_IR_VERSION = 14


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    form = find_form(source)
    model = parse_model(Message(source.data)) if form is None else form.parse(source.data)
    warnings = _check_header(model)
    if model.graph is None:
        raise UnreadableModel("no graph in this file, so it is not an ONNX model")
    translation = Translation(model.ir_version or 0)
    graph, calls = inline_functions(model, model.graph)
    body = translation.block(graph)
    return Graph(
        ir=IRIdentity(
            family=family,
            version=str(model.ir_version),
            encoding="protobuf" if form is None else form.encoding,
            producer=model.producer or None,
            producer_version=model.producer_version or None,
            dialects=_dialects(model, translation.versions),
        ),
        name=source.name or model.graph.name,
        body=body,
        warnings=tuple(warnings + translation.warnings()),
        calls={FUNCTION_CALLS["function"]: calls} if calls else {},
    )


def _check_header(model: OnnxModel) -> list[str]:
    """Refuse what cannot be an ONNX model; warn about what is newer than this reader."""
    if model.ir_version is None:
        raise UnreadableModel("no ir_version in this file, so it is not an ONNX model")
    if not 1 <= model.ir_version <= MAX_IR_VERSION:
        raise UnreadableModel(f"IR version {model.ir_version} does not exist")
    warnings: list[str] = []
    if model.ir_version > NEWEST_IR_VERSION:
        warnings.append(
            f"IR version {model.ir_version} is newer than {NEWEST_IR_VERSION}, the newest known"
        )
    version = model.opsets.get("", 0)
    if version > NEWEST_VERSION:
        warnings.append(
            f"ai.onnx operator set {version} is newer than {NEWEST_VERSION}, the newest known here;"
            f" its operations are read as those of {NEWEST_VERSION}"
        )
    if model.has_training:
        warnings.append("the training part of this file was not read")
    return warnings


def _dialects(model: OnnxModel, used: Mapping[str, int]) -> tuple[Dialect, ...]:
    """Operator sets that nodes come from, ONNX's own under its full name.

    Files import more than they use: only what a node needs is required of a toolchain.
    """
    versions = used or {domain: version for domain, version in model.opsets.items() if not domain}
    return tuple(
        Dialect(domain or "ai.onnx", str(version)) for domain, version in sorted(versions.items())
    )
