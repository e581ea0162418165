"""ONNX graphs as records, whatever form they were read from, and as canonical operations."""
