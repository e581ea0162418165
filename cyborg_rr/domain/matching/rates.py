"""Which peak rate a kind of work in an element type runs at, on one device."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.representation.representation import ResourceRepresentation

MATRIX_KINDS = frozenset({"contraction", "convolution", "attention", "recurrence"})
"""Kinds of work that matrix units do."""

_FALLBACKS = {
    "f64": ("f64",),
    "f32": ("f32", "bf16"),
    "f16": ("f16", "bf16", "f32"),
    "bf16": ("bf16", "f32", "f16"),
    "f8": ("f8", "bf16", "f16", "f32"),
    "f4": ("f4", "f8", "bf16", "f16", "f32"),
    "i8": ("i8", "f16", "bf16", "f32"),
    "i4": ("i4", "i8", "f16", "bf16", "f32"),
}
"""Rates to look for, in turn, by the class of the element type; other types count as f32."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Operations per second; ``note`` says what was assumed, if anything.

    ``is_bound`` marks a rate that the device reaches at least, taken since its own is not stated.
    ``on_vector_units`` marks the rate of a device whose matrix units do not take the type.
    """

    per_second: float
    note: str = ""
    is_bound: bool = False
    on_vector_units: bool = False


def rate_class(element_type: str) -> str:
    """The key of ``peak_rates`` for an element type: all 8-bit floats are ``f8``, and so on."""
    if element_type.startswith("f8"):
        return "f8"
    if element_type.startswith("f6E"):
        return "f8"
    if element_type.startswith("f4"):
        return "f4"
    if element_type in ("i8", "u8"):
        return "i8"
    if element_type in ("i4", "u4", "i2", "u2"):
        return "i4"
    return element_type if element_type in _FALLBACKS else "f32"


def find_matrix_rate(
    representation: ResourceRepresentation, kind: str, element_type: str, runtime: str
) -> Rate | None:
    """The rate of matrix work; None when no rate of the device can stand for it."""
    wanted = rate_class(element_type)
    rates = representation.peak_rates
    if wanted == "f32" and "tf32" in rates and (runtime == "compiled" or kind == "convolution"):
        if "tf32" in representation.least_rates:
            return Rate(
                rates["tf32"], "f32 products run as tf32, of which a least rate is known", True
            )
        return Rate(rates["tf32"], "f32 matrix products run as tf32")
    for name in _FALLBACKS[wanted]:
        if name in rates:
            return _note(representation, wanted, name, rates[name], runtime)
    return None


def _note(
    representation: ResourceRepresentation, wanted: str, used: str, per_second: float, runtime: str
) -> Rate:
    native = representation.native_element_types
    on_vector_units = used in ("f32", "f64") and representation.kind == "GPU"
    if wanted == "f32" and runtime == "compiled" and "tf32" in native:
        note = "the tf32 rate is not known, so the f32 rate is taken"
        return Rate(per_second, note, True, on_vector_units)
    if used in representation.least_rates:
        return Rate(per_second, f"only a least rate for {used} is known", True)
    if used == wanted:
        return Rate(per_second, on_vector_units=on_vector_units)
    if wanted == "f32":
        return Rate(per_second, f"f32 matrix products run as {used}")
    if wanted in native or not native:
        return Rate(
            per_second,
            f"the {wanted} rate is not known, so the {used} rate is taken",
            is_bound=True,
            on_vector_units=on_vector_units,
        )
    note = f"{wanted} is not native: computed as {used}"
    return Rate(per_second, note, on_vector_units=on_vector_units)


def find_vector_rate(representation: ResourceRepresentation, element_type: str) -> float | None:
    """The rate of elementwise arithmetic; None when the device's is not stated."""
    rates = representation.peak_rates
    if element_type == "f64":
        return rates.get("f64")
    return rates.get("f32")
