"""Makes what OpenVINO's converter makes of the networks: ``python make_openvino.py``.

Needs openvino. It reads ``older.onnx``, which ``make_torch.py`` writes.
"""

from __future__ import annotations

import lzma
import tempfile
from pathlib import Path

import openvino
from packing import FOLDER, keep

INPUTS = {
    "encoder": [("input_ids", [1, 16]), ("token_type_ids", [1, 16])],
    "decoder": [("input_ids", [1, 16])],
    "cnn": [("image", [1, 3, 32, 32])],
}


def main() -> None:
    """Write the IR of each network, its weights beside it as they were."""
    for model, inputs in INPUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "model.onnx"
            packed = FOLDER / model / "older.onnx.xz"
            source.write_bytes(lzma.decompress(packed.read_bytes()))
            converted = openvino.convert_model(source, input=inputs)
            target = Path(folder) / f"{model}.xml"
            openvino.save_model(converted, target, compress_to_fp16=False)
            for path in (target, target.with_suffix(".bin")):
                keep(model, f"openvino/{path.name}", path.read_bytes())


if __name__ == "__main__":
    main()
