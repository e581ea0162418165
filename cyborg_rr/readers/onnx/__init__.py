"""ONNX models.

``messages`` reads the protobuf file into the records of ``schema``, ``functions`` writes out calls,
``graph`` brings the nodes into order and has ``translation`` turn them into canonical ones.
"""
