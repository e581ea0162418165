"""ONNX models as text, turned into the bytes that the same model has as protobuf.

``model`` reads ONNX's own syntax; ``names`` has the fields of protobuf's text form, which
``formats.protobuf_text`` reads.
"""
