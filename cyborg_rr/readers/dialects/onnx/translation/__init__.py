"""From ONNX operations to canonical ones."""
