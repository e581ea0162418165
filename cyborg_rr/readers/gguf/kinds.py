"""What a GGUF file is, besides a model: ggml keeps all it needs in the same form."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.printing import name_count
from cyborg_rr.readers.gguf.header import Header
from cyborg_rr.readers.gguf.metadata import Metadata

_BESIDE = "the model that it belongs to is loaded beside it, and is not in this file"


def explain_kind(metadata: Metadata, tensors: int) -> list[str]:
    """What a user has to know about a file that is not a model by itself.

    ``general.type`` is one of gguf-py's GGUFType; files from before it have only an architecture.
    """
    kind = metadata.find_text("general.type")
    architecture = metadata.architecture
    if kind == "imatrix" or architecture == "imatrix":
        raise UnreadableModel("it is an importance matrix, which holds no model: give the model")
    if kind == "adapter":
        form, of = quote(metadata.find_text("adapter.type") or "?"), quote(architecture or "?")
        return [f"this is an adapter ({form}) of a model of architecture {of}: {_BESIDE}"]
    if architecture == "controlvector":
        return [f"this is a control vector: {_BESIDE}"]
    if kind == "mmproj" or architecture == "clip":
        senses = _list_senses(metadata)
        return [f"this is the projector{senses} of a language model (mmproj): {_BESIDE}"]
    if not tensors:
        return ["this is a vocabulary without weights"]
    return []


def _list_senses(metadata: Metadata) -> str:
    """What a projector turns into tokens, by the keys of llama.cpp's tools/mtmd/clip-impl.h."""
    known = {"clip.has_vision_encoder": "images", "clip.has_audio_encoder": "sound"}
    found = [name for key, name in known.items() if metadata.values.get(key)]
    return f" for {' and '.join(found)}" if found else ""


def explain_missing(parts: Sequence[Header]) -> list[str]:
    """What is not there of files that are shorter than the tensors in their headers say."""
    warnings = []
    for place, part in enumerate(parts):
        if part.missing_bytes == 0:
            continue
        lost = sum(not part.holds(tensor) for tensor in part.tensors)
        whole = part.size_bytes + part.missing_bytes
        what = "the file" if len(parts) == 1 else f"file {place + 1} of {len(parts)}"
        alone = part.size_bytes <= part.data_start
        cause = "a header alone" if alone else "as when a download has not finished"
        warnings.append(
            f"{what} has {part.size_bytes} of {whole} bytes ({cause}): "
            f"{lost} of {name_count(len(part.tensors), 'tensor')} cannot be loaded; sizes are "
            "those that the header states"
        )
    return warnings
