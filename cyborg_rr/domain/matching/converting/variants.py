"""The model as it is and after each conversion that may help it onto a device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cyborg_rr.domain.matching.converting.conversion import convert, widest_float
from cyborg_rr.domain.matching.converting.packing import explain_conversion
from cyborg_rr.domain.matching.demand import make_demand
from cyborg_rr.domain.matching.estimate.kernels import (
    Launching,
    Profile,
    find_launching,
    make_profile,
)
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import ELEMENT_TYPES

WIDEST_TRIED_BITS = 32
"""Wider floats than this are never a help."""

TRIED_CONVERSIONS = tuple(
    sorted(
        (e for e in ELEMENT_TYPES.values() if e.is_plain and e.bits <= WIDEST_TRIED_BITS),
        key=lambda entry: (entry.bits, entry.name),
    )
)
"""The conversions that are tried unasked, in turn: those to another float that needs no scales."""


_Executed = tuple[str, tuple[str, ...], str | None]
"""The row of a runtime, and the architecture that it runs on."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The requirement as it is or after a conversion, with what all devices share."""

    requirement: IRRequirement
    demand: ModelDemand
    changes: tuple[str, ...] = ()
    element_type: str | None = None
    profiles: dict[Launching, Profile] = field(default_factory=dict, compare=False)
    launched: dict[_Executed, Profile] = field(default_factory=dict, compare=False)

    def find_profile(self, runtime: Runtime, architecture: str | None) -> Profile:
        """The work as a runtime launches it, made once for all that launch alike."""
        key = runtime.name, runtime.targets, architecture
        if key not in self.launched:
            launching = find_launching(runtime, architecture)
            if launching not in self.profiles:
                self.profiles[launching] = make_profile(self.requirement, launching)
            self.launched[key] = self.profiles[launching]
        return self.launched[key]


class Variants:
    """Makes each variant of one requirement once, for all devices."""

    def __init__(self, requirement: IRRequirement, options: MatchOptions) -> None:
        self._given = requirement
        self._options = options
        self._converted: dict[str, Variant] = {}
        asked = options.element_type
        self.explanation = "" if asked is None else explain_conversion(requirement, asked)
        self.base = _make(requirement if asked is None else self._change(asked))

    def _change(self, element_type: str) -> IRRequirement:
        return convert(self._given, element_type, keeps_io=self._options.keep_io)

    def list_conversions(self, representation: ResourceRepresentation) -> Iterator[Variant]:
        """Conversions to another float type that the device computes in."""
        own = widest_float(self._given)
        if own is None or self._options.element_type is not None:
            return
        for entry in TRIED_CONVERSIONS:
            if entry.name == own or entry.native not in representation.native_element_types:
                continue
            if entry.name not in self._converted:
                self._converted[entry.name] = self._convert(entry.name)
            yield self._converted[entry.name]

    def _convert(self, element_type: str) -> Variant:
        changes = (f"convert to {element_type}",)
        return _make(self._change(element_type), changes, element_type)


def _make(
    requirement: IRRequirement,
    changes: tuple[str, ...] = (),
    element_type: str | None = None,
) -> Variant:
    return Variant(requirement, make_demand(requirement), changes, element_type)
