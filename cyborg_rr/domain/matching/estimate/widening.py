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
    usual: Runtime, others: Iterable[Runtime], estimate_by: Callable[[Runtime], Estimate]
) -> Estimate:
    """From the least to the longest time of all; what is expected stays that of the usual one."""
    estimate, alternatives = estimate_by(usual), tuple(others)
    time = estimate.time
    if time is None or not alternatives:
        return estimate
    known = [found for other in alternatives if (found := estimate_by(other).time) is not None]
    low = min([time.low, *(each.low for each in known)])
    high = max([time.high, *(each.high for each in known)])
    return replace(
        estimate,
        time=replace(time, low=low, high=high),
        assumptions=(*estimate.assumptions, _explain((usual, *alternatives))),
    )


def _explain(meant: tuple[Runtime, ...]) -> str:
    names = list(dict.fromkeys(each.name for each in meant))
    twice = len({(each.name, each.products, each.convolutions) for each in meant}) > len(names)
    in_what = " with f32 products in f32 or tf32" if twice else ""
    return f"no runtime was stated: the interval covers {' and '.join(names)}{in_what}"
