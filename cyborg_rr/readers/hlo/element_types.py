"""Element types by XLA's two names for them (``PrimitiveType`` in xla/xla_data.proto)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# name in text, number in protobuf, name here
_TYPES = (
    ("pred", 1, "i1"), ("s8", 2, "i8"), ("s16", 3, "i16"), ("s32", 4, "i32"), ("s64", 5, "i64"),
    ("u8", 6, "u8"), ("u16", 7, "u16"), ("u32", 8, "u32"), ("u64", 9, "u64"), ("f16", 10, "f16"),
    ("f32", 11, "f32"), ("f64", 12, "f64"), ("opaque", 14, "token"), ("c64", 15, "c64"),
    ("bf16", 16, "bf16"), ("token", 17, "token"), ("c128", 18, "c128"), ("f8e5m2", 19, "f8E5M2"),
    ("f8e4m3fn", 20, "f8E4M3FN"), ("s4", 21, "i4"), ("u4", 22, "u4"),
    ("f8e4m3b11fnuz", 23, "f8E4M3B11FNUZ"), ("f8e5m2fnuz", 24, "f8E5M2FNUZ"),
    ("f8e4m3fnuz", 25, "f8E4M3FNUZ"), ("s2", 26, "i2"), ("u2", 27, "u2"), ("f8e4m3", 28, "f8E4M3"),
    ("f8e3m4", 29, "f8E3M4"), ("f4e2m1fn", 32, "f4E2M1FN"), ("f8e8m0fnu", 33, "f8E8M0FNU"),
)  # fmt: skip

TUPLE_NUMBER = 13

BY_NAME: Mapping[bytes, str] = MappingProxyType({name.encode(): ours for name, _, ours in _TYPES})
BY_NUMBER: Mapping[int, str] = MappingProxyType({number: ours for _, number, ours in _TYPES})
