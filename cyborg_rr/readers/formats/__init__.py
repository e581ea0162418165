"""Encodings that several IRs are written in; knows no IR, and no format knows another.

Each format is one module or one room here (``protobuf_wire``, ``mlir``) and answers for the trust
and the budget that ``Reader`` asks of what it walks: lengths held against what is there, nesting
and counts bounded, ``UnreadableModel`` with the place.
"""
