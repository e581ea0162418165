"""Writes other forms of the samples in this folder: ``python forms.py``.

Needs onnx and onnxruntime; what stands here was made by onnx 1.23.2 and onnxruntime 1.32.0.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import onnxruntime

FOLDER = Path(__file__).resolve().parent


def write_runtime(name: str) -> None:
    """In the runtime's own form, with nothing optimised."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.optimized_model_filepath = str(FOLDER / f"{name}_runtime.ort")
    source = str(FOLDER / f"{name}.onnx")
    onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def main() -> None:
    """Write all of them."""
    for name in ("cnn", "light", "loops", "quantized"):
        write_runtime(name)
    for name in ("cnn", "functions", "branches", "open_shapes"):
        model = onnx.load(FOLDER / f"{name}.onnx")
        onnx.save(model, FOLDER / f"{name}_text.onnxtxt", format="onnxtxt")
    for name in ("functions", "light", "constants", "element_types"):
        model = onnx.load(FOLDER / f"{name}.onnx")
        onnx.save(model, FOLDER / f"{name}_message.textproto", format="textproto")


if __name__ == "__main__":
    main()
