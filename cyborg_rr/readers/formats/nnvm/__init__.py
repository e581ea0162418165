"""The JSON that NNVM writes: also what MXNet writes since 0.8, and TVM's graph executor reads."""
