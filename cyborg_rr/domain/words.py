"""Closed vocabularies: each word stands here once, with all that code may ask of it.

A new element type or kind of device is one record; nothing else in the service lists them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

TypeFamily = Literal["float", "signed", "unsigned", "boolean", "complex", "blocks", "other"]
"""What the values of an element type are; blocks are real numbers that share scales."""

Conversion = Literal["none", "source", "target", "both"]
"""Whether compilers convert a model's values from an element type, to it, or both."""

QUANTISED_BITS = 8
"""Values of at most so many bits are quantised ones; wider integers are indices and counts."""


class ElementType(NamedTuple):
    """One element type: all that the service knows of it.

    ``rate`` is the peak rate that times matrix work in it, ``native`` what the list of types that
    an architecture computes in calls it. Sub-byte values are packed. ``real`` is the type of the
    two parts of a complex number. ``block`` is (elements, bytes) where so many consecutive elements
    of a row are stored together with what scales them; ``bits`` is then the nominal size of one.
    """

    name: str
    bits: int
    family: TypeFamily
    rate: str
    native: str
    conversion: Conversion
    meaning: str
    real: str | None = None
    block: tuple[int, int] | None = None

    @property
    def is_float(self) -> bool:
        """Whether its values are real numbers in floating point."""
        return self.family == "float"

    @property
    def is_plain(self) -> bool:
        """Whether it is a float that models are trained in and converted to and from."""
        return self.is_float and self.conversion == "both"

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers or booleans."""
        return self.family in ("signed", "unsigned", "boolean")

    @property
    def is_quantised(self) -> bool:
        """Whether it is an integer so narrow that it stands for scaled real numbers."""
        return self.family in ("signed", "unsigned") and self.bits <= QUANTISED_BITS

    @property
    def may_be_weights(self) -> bool:
        """Whether models keep what they learned in it: real, complex and quantised numbers."""
        return self.is_float or self.is_quantised or self.family in ("complex", "blocks")

    @property
    def is_converted(self) -> bool:
        """Whether a conversion of the model changes values of this type."""
        return self.conversion in ("source", "both")

    @property
    def is_target(self) -> bool:
        """Whether floating-point weights and activations are converted to it in practice."""
        return self.conversion in ("target", "both")


# Names are those of MLIR's built-in types; sources: mlir/IR/BuiltinTypes.td, the OCP formats for
# microscaling (MX 1.0) and 8-bit floats (OFP8 1.0), and ONNX's TensorProto.DataType.
# name, bits, family, rate, native, conversion, meaning[, real]
_ELEMENT_TYPES = (
    ElementType("f64", 64, "float", "f64", "f64", "both", "IEEE 754 binary64"),
    ElementType("f32", 32, "float", "f32", "f32", "both", "IEEE 754 binary32"),
    ElementType("tf32", 32, "float", "f32", "tf32", "source", "f32 of which 19 bits are computed"),
    ElementType("f16", 16, "float", "f16", "f16", "both", "IEEE 754 binary16"),
    ElementType("bf16", 16, "float", "bf16", "bf16", "both", "the upper half of f32"),
    ElementType("f8E4M3FN", 8, "float", "f8", "f8", "target", "OFP8 E4M3: finite, with NaN"),
    ElementType("f8E4M3FNUZ", 8, "float", "f8", "f8", "target", "AMD's E4M3: no negative zero"),
    ElementType("f8E5M2", 8, "float", "f8", "f8", "target", "OFP8 E5M2: as IEEE 754"),
    ElementType("f8E5M2FNUZ", 8, "float", "f8", "f8", "target", "AMD's E5M2: no negative zero"),
    ElementType("f8E8M0FNU", 8, "float", "f8", "f8", "none", "MX scale: it only scales others"),
    ElementType("f8E4M3", 8, "float", "f8", "f8", "target", "E4M3 as IEEE 754, with infinity"),
    ElementType("f8E3M4", 8, "float", "f8", "f8", "target", "E3M4 as IEEE 754"),
    ElementType("f8E4M3B11FNUZ", 8, "float", "f8", "f8", "target", "E4M3 of bias 11"),
    ElementType("f6E2M3FN", 6, "float", "f8", "f6", "target", "MX E2M3, as fast as 8 bits"),
    ElementType("f6E3M2FN", 6, "float", "f8", "f6", "target", "MX E3M2, as fast as 8 bits"),
    ElementType("f4E2M1FN", 4, "float", "f4", "f4", "target", "MX E2M1"),
    ElementType("i64", 64, "signed", "f32", "i64", "none", "signed integer"),
    ElementType("i32", 32, "signed", "f32", "i32", "none", "signed integer"),
    ElementType("i16", 16, "signed", "f32", "i16", "none", "signed integer"),
    ElementType("i8", 8, "signed", "i8", "i8", "target", "signed integer, or quantised"),
    ElementType("i4", 4, "signed", "i4", "i4", "target", "signed integer, or quantised"),
    ElementType("i2", 2, "signed", "i4", "i2", "none", "signed integer, or quantised"),
    ElementType("u64", 64, "unsigned", "f32", "u64", "none", "unsigned integer"),
    ElementType("u32", 32, "unsigned", "f32", "u32", "none", "unsigned integer"),
    ElementType("u16", 16, "unsigned", "f32", "u16", "none", "unsigned integer"),
    ElementType("u8", 8, "unsigned", "i8", "i8", "target", "unsigned integer, or quantised"),
    ElementType("u4", 4, "unsigned", "i4", "i4", "target", "unsigned integer, or quantised"),
    ElementType("u2", 2, "unsigned", "i4", "i2", "none", "unsigned integer, or quantised"),
    ElementType("i1", 8, "boolean", "f32", "i1", "none", "a truth value: a byte in every runtime"),
    ElementType("c64", 64, "complex", "f32", "c64", "none", "two f32", real="f32"),
    ElementType("c128", 128, "complex", "f32", "c128", "none", "two f64", real="f64"),
    ElementType("str", 0, "other", "f32", "str", "none", "text, of no fixed size"),
    ElementType("token", 0, "other", "f32", "token", "none", "orders effects, carries no data"),
)

# Blocks of ggml, whose files name them so; sizes: ggml/src/ggml-common.h (the static_assert of each
# block), numbers and dropped types: ggml/include/ggml.h. Kernels turn them into f16 to multiply.
# name, bits, meaning, elements and bytes of a block
_BLOCKS = (
    ("q1_0", 1, "a sign, with a scale", (128, 18)),
    ("q2_0", 2, "2 bits, with a scale", (64, 18)),
    ("q4_0", 4, "4 bits, with a scale", (32, 18)),
    ("q4_1", 4, "4 bits, with a scale and a minimum", (32, 20)),
    ("q5_0", 5, "5 bits, with a scale", (32, 22)),
    ("q5_1", 5, "5 bits, with a scale and a minimum", (32, 24)),
    ("q8_0", 8, "8 bits, with a scale", (32, 34)),
    ("q8_1", 8, "8 bits, with a scale and a sum", (32, 36)),
    ("q2_K", 2, "2 bits, with scales of scales", (256, 84)),
    ("q3_K", 3, "3 bits, with scales of scales", (256, 110)),
    ("q4_K", 4, "4 bits, with scales of scales", (256, 144)),
    ("q5_K", 5, "5 bits, with scales of scales", (256, 176)),
    ("q6_K", 6, "6 bits, with scales of scales", (256, 210)),
    ("q8_K", 8, "8 bits, with a scale and sums", (256, 292)),
    ("iq1_s", 1, "a codebook", (256, 50)),
    ("iq1_m", 1, "a codebook", (256, 56)),
    ("iq2_xxs", 2, "a codebook", (256, 66)),
    ("iq2_xs", 2, "a codebook", (256, 74)),
    ("iq2_s", 2, "a codebook", (256, 82)),
    ("iq3_xxs", 3, "a codebook", (256, 98)),
    ("iq3_s", 3, "a codebook", (256, 110)),
    ("iq4_nl", 4, "16 uneven values", (32, 18)),
    ("iq4_xs", 4, "16 uneven values", (256, 136)),
    ("tq1_0", 2, "3 values, 5 in a byte", (256, 54)),
    ("tq2_0", 2, "3 values, 4 in a byte", (256, 66)),
    ("mxfp4", 4, "MX E2M1 with E8M0 scales", (32, 17)),
    ("nvfp4", 4, "E2M1 with E4M3 scales", (64, 36)),
)

_RECORDS = _ELEMENT_TYPES + tuple(
    ElementType(name, bits, "blocks", "f16", "f16", "none", f"ggml: {meaning}", block=block)
    for name, bits, meaning, block in _BLOCKS
)

ELEMENT_TYPES: Mapping[str, ElementType] = MappingProxyType(
    {element_type.name: element_type for element_type in _RECORDS}
)
"""All element types by name, the plain floats first and the widest of them before the others."""

COMPLEX_OF: Mapping[str, str] = MappingProxyType(
    {entry.real: entry.name for entry in _RECORDS if entry.real is not None}
)
"""The complex type by the type of its parts."""


def find_element_type(name: str | None) -> ElementType | None:
    """The record of an element type; None when it is not stated or not known."""
    return None if name is None else ELEMENT_TYPES.get(name)


def find_part(name: str | None) -> str | None:
    """The type of the two parts of a complex number; any other type is its own."""
    found = find_element_type(name)
    return name if found is None or found.real is None else found.real


def find_bits(name: str | None) -> int:
    """The size of an element; 0 when its type is not stated, not known or of no fixed size."""
    found = find_element_type(name)
    return 0 if found is None else found.bits


class PeakRate(NamedTuple):
    """One of a device's rates; ``substitutes`` are looked for in turn where it is not known.

    ``column`` is the one that states it in a table of products, in 1e12 operations per second.
    ``matrix`` is the rate of products in the same type on parts whose matrix units take it.
    """

    name: str
    column: str | None
    substitutes: tuple[str, ...] = ()
    on_vector_units: bool = False
    matrix: str = ""


_PEAK_RATES = (
    PeakRate("f64", "fp64_tflops", (), on_vector_units=True, matrix="f64_matrix"),
    PeakRate("f64_matrix", "fp64_matrix_tflops"),
    PeakRate("f32", "fp32_tflops", ("bf16",), on_vector_units=True, matrix="f32_matrix"),
    PeakRate("f32_matrix", "fp32_matrix_tflops"),
    PeakRate("tf32", "tf32_tflops"),  # times no element type: products of f32 may run at it
    PeakRate("f16", "fp16_tflops", ("bf16", "f32")),
    PeakRate("bf16", "bf16_tflops", ("f32", "f16")),
    PeakRate("f8", "fp8_tflops", ("bf16", "f16", "f32")),
    PeakRate("i8", "int8_tops", ("f16", "bf16", "f32")),
    PeakRate("f4", "fp4_tflops", ("f8", "bf16", "f16", "f32")),
    PeakRate("i4", None, ("i8", "f16", "bf16", "f32")),
)

PEAK_RATES: Mapping[str, PeakRate] = MappingProxyType({rate.name: rate for rate in _PEAK_RATES})
"""All peak rates by name; ``rate`` of each element type is one of them."""

NATIVE_TYPES = tuple(dict.fromkeys(entry.native for entry in _RECORDS))
"""What the list of types that an architecture computes in may hold."""


class DeviceKind(NamedTuple):
    """One kind of device.

    ``type`` is what callers of the accelerator API know it by, ``resource_class`` the Placement
    resource class of a whole device and ``slice_class`` that of a slice. One of another manager
    by default (``is_managed_elsewhere``) is only taken where the operator says so.
    """

    name: str
    type: str
    resource_class: str
    slice_class: str
    runs_models: bool = True
    is_product: bool = True
    is_managed_elsewhere: bool = False


# name, type, resource class of the whole and of a slice
_DEVICE_KINDS = (
    DeviceKind("GPU", "GPU", "PGPU", "VGPU"),
    DeviceKind("FPGA", "FPGA", "FPGA", "FPGA"),
    DeviceKind("ASIC", "AICHIP", "CUSTOM_ASIC", "CUSTOM_ASIC"),
    DeviceKind("NPU", "AICHIP", "CUSTOM_NPU", "CUSTOM_NPU"),
    DeviceKind(
        "DPU", "NIC", "CUSTOM_DPU", "CUSTOM_DPU", runs_models=False, is_managed_elsewhere=True
    ),
    DeviceKind("QAT", "QAT", "CUSTOM_QAT", "CUSTOM_QAT", runs_models=False),
    DeviceKind(
        "NIC", "NIC", "CUSTOM_NIC", "CUSTOM_NIC", runs_models=False, is_managed_elsewhere=True
    ),
    DeviceKind(
        "SSD", "SSD", "CUSTOM_SSD", "CUSTOM_SSD", runs_models=False, is_managed_elsewhere=True
    ),
    DeviceKind("PCI", "PCI", "CUSTOM_PCI", "CUSTOM_PCI", is_product=False),
)

DEVICE_KINDS: Mapping[str, DeviceKind] = MappingProxyType(
    {kind.name: kind for kind in _DEVICE_KINDS}
)
"""All kinds of device; PCI is what the generic driver hands out as it is, whatever product."""

Runtime = Literal["eager", "graph", "compiled"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
"""What executes a model: one kernel for each operation, launched one by one or recorded once and
launched together, or those that a compiler fused."""

Arithmetic = Literal["f32", "tf32", "bf16"]
"""What products of f32 are computed in, where the device has such units."""

PrecisionPolicy = Literal["default", "highest", "high", "medium"]

POLICIES: Mapping[PrecisionPolicy, Arithmetic | None] = MappingProxyType(
    {"default": None, "highest": "f32", "high": "tf32", "medium": "bf16"}
)
"""What users may ask of f32 products and convolutions, in the words of torch and JAX
(``set_float32_matmul_precision``, ``jax_default_matmul_precision``); None: as the runtime does."""

WorkKind = Literal[
    "contraction",
    "convolution",
    "attention",
    "elementwise",
    "reduction",
    "movement",
    "recurrence",
    "collective",
    "other",
]
WORK_KINDS: tuple[WorkKind, ...] = get_args(WorkKind)
"""Kinds of work that operations and the kernels made of them do."""

MATRIX_KINDS: frozenset[WorkKind] = frozenset(
    {"contraction", "convolution", "attention", "recurrence"}
)
"""Kinds of work that matrix units do."""

PROLOGUE_KINDS: frozenset[WorkKind] = frozenset({"reduction", "movement", "elementwise"})
"""Kinds of work whose kernel takes in what makes its operands element by element."""

EPILOGUE_KINDS: frozenset[WorkKind] = PROLOGUE_KINDS | {"contraction", "convolution", "attention"}
"""Kinds of work whose kernel takes in what changes its result element by element."""

Outcome = Literal["fits", "fits if", "unknown", "does not fit"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""Verdicts from the best to the worst."""

FITTING: frozenset[Outcome] = frozenset({"fits", "fits if"})
"""Verdicts under which the model runs."""

Term = Literal["compute", "bandwidth", "launch", "link", "memory"]
"""What binds the time of an execution."""


MAX_NEAREST = 5
"""So many names are offered in place of one that is not known."""

MAX_COMPARED = 100
"""Longer words are like none: comparing takes time with the square of their length."""


def find_slips(word: str, known: Collection[str]) -> list[str]:
    """The known words of which this one may be a slip of the pen."""
    return [name for name in known if _is_one_slip(word, name)]


def find_nearest(word: str, known: Collection[str]) -> tuple[str, ...]:
    """The known words that somebody may have meant: those one slip away, else those most alike."""
    if len(word) > MAX_COMPARED:
        return ()
    slips = find_slips(word, known)
    if slips:
        return tuple(slips[:MAX_NEAREST])
    from difflib import get_close_matches  # 1 ms that only a wrong word is worth

    return tuple(get_close_matches(word, known, MAX_NEAREST))


def find_meant(name: str, known: Collection[str]) -> tuple[str, ...]:
    """The known names that somebody may have meant who gave a part of one, or one slip away."""
    wanted = name.lower()
    parts = tuple(other for other in known if wanted and wanted in other)
    return (parts or find_nearest(wanted, known))[:MAX_NEAREST]


def render_nearest(word: str, known: Collection[str]) -> str:
    """The end of a message about a word that is not known: what somebody may have meant."""
    return offer(find_nearest(word, known))


def offer(near: Sequence[str]) -> str:
    """The end of a message that offers known words: ``; nearest: a, b``, or nothing."""
    return f"; nearest: {', '.join(near)}" if near else ""


def _is_one_slip(word: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong or out of its place tells the words apart."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    mine, theirs = word[start:], other[start:]
    return (
        mine[1:] == theirs
        or mine == theirs[1:]
        or mine[1:] == theirs[1:]
        or (mine[2:] == theirs[2:] and mine[:2] == theirs[1::-1])
    )
