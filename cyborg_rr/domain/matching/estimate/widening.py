"""The interval where it was not stated what runs a model: that of all that may."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cyborg_rr.domain.matching.estimate.kernels import Profile
from cyborg_rr.domain.matching.estimate.rates import find_rate
from cyborg_rr.domain.matching.estimate.roofline import Estimate
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.words import MATRIX_KINDS


def has_f32_products(profile: Profile) -> bool:
    """Whether some products are of a type that runs at the rate of f32, or of a narrower one."""
    return any(
        kind in MATRIX_KINDS and find_rate(element_type).name == "f32"
        for kind, element_type, _ in profile.groups
    )


def widen(
    estimate: Estimate, others: Iterable[Runtime], estimate_by: Callable[[Runtime], Estimate]
) -> Estimate:
    """From the least to the longest time of all; what is expected stays that of the usual one."""
    time, alternatives = estimate.time, tuple(others)
    if time is None or not alternatives:
        return estimate
    known = [found for other in alternatives if (found := estimate_by(other).time) is not None]
    low = min([time.low, *(each.low for each in known)])
    high = max([time.high, *(each.high for each in known)])
    return replace(
        estimate,
        time=replace(time, low=low, high=high),
        assumptions=(*estimate.assumptions, _explain(alternatives)),
    )


def _explain(alternatives: tuple[Runtime, ...]) -> str:
    names = list(dict.fromkeys(each.name for each in alternatives))
    ways = list(dict.fromkeys(each.products for each in alternatives))
    in_what = f" with f32 products in {' or '.join(ways)}" if len(ways) > 1 else ""
    return f"no runtime was stated: the interval covers {' and '.join(names)}{in_what}"
