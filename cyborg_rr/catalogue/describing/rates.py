"""Peak rates that a product's row leaves out but that follow from others on its architecture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cyborg_rr.catalogue.tables import DerivedRate
from cyborg_rr.domain.representation.architectures import is_at_least


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates; ``derived`` says from what some follow, ``least`` which may be higher in truth."""

    rates: Mapping[str, float]
    derived: Mapping[str, str]
    least: tuple[str, ...]


def derive_rates(
    stated: Mapping[str, float], architecture: str | None, rules: Iterable[DerivedRate]
) -> Rates:
    """Apply the rules in their order; what one gives, a later one may start from."""
    rates = dict(stated)
    derived: dict[str, str] = {}
    least: list[str] = []
    for rule in rules:
        if rule.rate in rates or rule.of not in rates or not _applies(rule, architecture):
            continue
        rates[rule.rate] = rates[rule.of] * rule.factor
        derived[rule.rate] = f"{rule.factor:g} x {rule.of} ({rule.source})"
        if rule.at_least or rule.of in least:
            least.append(rule.rate)
    return Rates(rates, derived, tuple(least))


def _applies(rule: DerivedRate, architecture: str | None) -> bool:
    if architecture is None or not is_at_least(architecture, rule.min_architecture):
        return False
    return rule.max_architecture is None or is_at_least(rule.max_architecture, architecture)
