"""Forms of ONNX models beside protobuf bytes."""
