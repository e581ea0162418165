"""What a folder that no reader takes looks like."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.foreign.kinds import Kind
from cyborg_rr.readers.reading.source import Folder

_COREML: Final = "com.apple.CoreML"
_NOTE: Final = "export the model as ONNX or StableHLO"
_DCP_NOTE: Final = "join it by torch.distributed.checkpoint.format_utils.dcp_to_torch_save"


def find_folder_kind(folder: Folder) -> Kind | None:
    """The kind of a folder that is a model as a whole; None where it is no such."""
    if any(name.endswith(".distcp") for name in folder.files):
        return Kind("a distributed checkpoint of PyTorch", _DCP_NOTE)
    if "coremldata.bin" in folder.files:
        return Kind("a compiled Core ML model", _NOTE)
    if "Manifest.json" in folder.files and "Data" in folder.folders:
        try:
            inner = folder.enter("Data")
        except UnreadableModel:
            return None
        if _COREML in inner.folders:
            return Kind("a Core ML package", _NOTE)
    return None
