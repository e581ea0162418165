"""Which peak rate a kind of work in an element type runs at, on one device."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.words import (
    PEAK_RATES,
    QUANTISED_BITS,
    Arithmetic,
    PeakRate,
    find_bits,
    find_element_type,
)

WIDENED = "f32"
"""What quantised values are widened to where a runtime does not compute in them."""

_NAMES = {"convolution": "convolutions", "attention": "products of attention"}
"""What kinds of matrix work are called beside products."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Operations per second at a peak rate; ``note`` says what was assumed, if anything.

    ``is_bound`` marks a rate that the device reaches at least, taken since its own is not stated.
    ``on_vector_units`` marks the rate of a device whose matrix units do not take the type.
    """

    name: str
    per_second: float
    note: str = ""
    is_bound: bool = False
    on_vector_units: bool = False


def find_rate(element_type: str) -> PeakRate:
    """The peak rate that times an element type; one that nobody knows counts as f32."""
    known = find_element_type(element_type)
    return PEAK_RATES["f32" if known is None else known.rate]


def find_matrix_rate(
    representation: ResourceRepresentation, kind: str, element_type: str, runtime: Runtime
) -> Rate | None:
    """The rate of matrix work; None when no rate of the device can stand for it."""
    rate, rates = find_rate(find_arithmetic(element_type, runtime)), representation.peak_rates
    wanted = rate.name
    asked = runtime.convolutions if kind == "convolution" else runtime.products
    if wanted == "f32" and asked != "f32" and asked in rates:
        if asked in representation.least_rates:
            note = f"f32 products run as {asked}, of which a least rate is known"
            return Rate(asked, rates[asked], note, True)
        return Rate(asked, rates[asked], f"f32 {_NAMES.get(kind, 'products')} run as {asked}")
    for name in (rate.matrix, wanted, *rate.substitutes):
        if name in rates:
            return _note(representation, wanted, name, asked)
    return None


def find_arithmetic(element_type: str, runtime: Runtime) -> str:
    """What products of a type are computed in, as far as the runtime decides that."""
    bits = find_bits(element_type)
    if runtime.quantised is None or bits is None or bits > QUANTISED_BITS:
        return element_type
    return runtime.quantised.get(element_type, WIDENED)


def _note(
    representation: ResourceRepresentation, wanted: str, used: str, asked: Arithmetic
) -> Rate:
    native, per_second = representation.native_element_types, representation.peak_rates[used]
    on_vector_units = PEAK_RATES[used].on_vector_units and representation.kind == "GPU"
    if wanted == "f32" and asked != "f32" and asked in native:
        note = f"the {asked} rate is not known, so the f32 rate is taken"
        return Rate(used, per_second, note, True, on_vector_units)
    if used in representation.least_rates:
        return Rate(used, per_second, f"only a least rate for {used} is known", True)
    if used in (wanted, PEAK_RATES[wanted].matrix):
        return Rate(used, per_second, on_vector_units=on_vector_units)
    if wanted == "f32":
        return Rate(used, per_second, f"f32 matrix products run as {used}")
    if wanted in native or not native:
        note = f"the {wanted} rate is not known, so the {used} rate is taken"
        return Rate(used, per_second, note, True, on_vector_units)
    note = f"{wanted} is not native: computed as {used}"
    return Rate(used, per_second, note, on_vector_units=on_vector_units)


def find_vector_rate(representation: ResourceRepresentation, element_type: str) -> float | None:
    """The rate of elementwise arithmetic; None when the device's is not stated."""
    wanted = find_rate(element_type)
    return representation.peak_rates.get(wanted.name if wanted.on_vector_units else "f32")
