"""The single changes that may let a model run on a device, the smallest first.

Each is what somebody could do: give another option, smaller sizes, or a file exported otherwise.
Whether it helps is found out by judging the model with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cyborg_rr.domain.matching.converting.conversion import widest_float
from cyborg_rr.domain.matching.converting.packing import packs_weights
from cyborg_rr.domain.matching.converting.variants import WIDEST_TRIED_BITS
from cyborg_rr.domain.matching.options import CONVERSIONS, MAX_SET_SIZE, MatchOptions
from cyborg_rr.domain.matching.refusal import Refusal, RefusalCode
from cyborg_rr.domain.matching.verdict import FixKind
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import ELEMENT_TYPES

HOPELESS: Final[frozenset[RefusalCode]] = frozenset(
    {"kind", "target", "header", "unknown_operation", "custom_call", "toolchain", "weights",
     "shapes"}
)  # fmt: skip
"""Causes that none of the changes here removes."""

HELPED: Final[dict[FixKind, frozenset[RefusalCode]]] = {
    "runtime": frozenset({"memory"}),
    "operation_set": frozenset({"version", "operation"}),
    "function": frozenset({"overlay"}),
    "devices_limit": frozenset({"memory", "devices"}),
    "batch": frozenset({"memory"}),
    "input": frozenset({"memory"}),
    "element_type": frozenset({"memory", "element_type", "operation"}),
    "allow_fallback": frozenset({"operation"}),
}
"""The causes that each kind of change may remove."""


@dataclass(frozen=True, slots=True)
class Smaller:
    """The same model at one smaller size: what to give for ``batch`` or ``input``, and in words."""

    kind: FixKind
    values: tuple[str, ...]
    text: str
    requirement: IRRequirement


@dataclass(frozen=True, slots=True)
class Change:
    """One change and what the model is judged with then."""

    kind: FixKind
    values: tuple[str, ...]
    text: str
    requirement: IRRequirement
    options: MatchOptions
    representation: ResourceRepresentation


@dataclass(frozen=True, slots=True)
class Given:
    """What was judged, and the refusals that decided.

    ``holds_weights`` says that a smaller batch may be enough, since the weights alone have room.
    """

    requirement: IRRequirement
    options: MatchOptions
    representation: ResourceRepresentation
    refusals: Sequence[Refusal]
    holds_weights: bool

    def may_help(self, kind: FixKind) -> bool:
        """Whether that kind of change may remove a cause that decided."""
        return any(refusal.code in HELPED[kind] for refusal in self.refusals)


def list_changes(given: Given, smaller: Iterable[Smaller]) -> Iterator[Change]:
    """The changes that may help, the smallest first; none where nothing here can."""
    if any(refusal.code in HOPELESS for refusal in given.refusals):
        return
    for make in (_change_runtime, _export_otherwise, _load, _take_more):
        yield from make(given)
    yield from _shrink(given, smaller)
    for make in (_convert, _fall_back):
        yield from make(given)


def _change_runtime(given: Given) -> Iterator[Change]:
    if given.options.runtime not in (None, "compiled") and given.may_help("runtime"):
        options = replace(given.options, runtime="compiled")
        yield _make(given, "runtime", "compiled", "run it compiled", options=options)


def _export_otherwise(given: Given) -> Iterator[Change]:
    """Later versions of an operation set: what an exporter writes anew it can write there, too."""
    ir = given.requirement.ir
    stated = {dialect.name: dialect for dialect in ir.dialects}
    asked = dict.fromkeys(each for refusal in given.refusals for each in refusal.versions)
    for name, version in asked:
        if name not in stated:
            continue
        dialects = tuple(
            replace(each, version=version) if each.name == name else each for each in ir.dialects
        )
        yield _make(
            given,
            "operation_set",
            f"{name} {version}",
            f"export the model with {name} {version}",
            requirement=replace(given.requirement, ir=replace(ir, dialects=dialects)),
        )


def _load(given: Given) -> Iterator[Change]:
    """Functions that an FPGA has not loaded."""
    representation = given.representation
    if not given.may_help("function"):
        return
    for name in dict.fromkeys(
        name for toolchain in representation.toolchains for name in toolchain.overlays
    ):
        loaded = replace(representation, functions=(*representation.functions, name))
        text = f"load the overlay {name}"
        yield _make(given, "function", name, text, representation=loaded)


def _take_more(given: Given) -> Iterator[Change]:
    """Larger sets of devices than one host has as a rule."""
    count = given.options.devices_limit * 2
    while given.may_help("devices_limit") and count <= MAX_SET_SIZE:
        options = replace(given.options, devices_limit=count)
        text = f"let {count} devices hold it together"
        yield _make(given, "devices_limit", str(count), text, options=options)
        count *= 2


def _shrink(given: Given, smaller: Iterable[Smaller]) -> Iterator[Change]:
    """Smaller batches and inputs; read only where they may help, since that costs a reading."""
    if not given.may_help("batch") or not given.holds_weights:
        return
    for each in smaller:
        options = given.options
        if each.kind == "batch":
            options = replace(options, batch=int(each.values[0]))
        requirement = replace(each.requirement, work=())
        yield Change(each.kind, each.values, each.text, requirement, options, given.representation)


def _convert(given: Given) -> Iterator[Change]:
    """Other element types that the device computes in: plain floats first, then the nearest.

    Against too little memory narrower ones help; against anything else plain floats, since nobody
    quantises a model for that.
    """
    own = widest_float(given.requirement)
    if own is None or not given.may_help("element_type"):
        return
    now = given.options.element_type or own
    native, bits = given.representation.native_element_types, ELEMENT_TYPES[now].bits
    lacks_memory = any(refusal.code == "memory" for refusal in given.refusals)
    known = [
        entry
        for entry in map(ELEMENT_TYPES.__getitem__, CONVERSIONS)
        if entry.native in native
        and entry.name != now
        and (entry.bits < bits if lacks_memory else entry.is_plain)
        and entry.bits <= WIDEST_TRIED_BITS
    ]
    known.sort(key=lambda entry: (not entry.is_plain, abs(entry.bits - bits)))
    for entry in known:
        options = replace(given.options, element_type=entry.name)
        packs = packs_weights(given.requirement, entry.name)
        text = f"{'quantise its weights' if packs else 'convert its floats'} to {entry.name}"
        yield _make(given, "element_type", entry.name, text, options=options)


def _fall_back(given: Given) -> Iterator[Change]:
    if given.may_help("allow_fallback") and not given.options.allow_fallback:
        options = replace(given.options, allow_fallback=True)
        text = "let a part of it run on the host's processor"
        yield _make(given, "allow_fallback", "true", text, options=options)


def _make(
    given: Given,
    kind: FixKind,
    value: str,
    text: str,
    *,
    requirement: IRRequirement | None = None,
    options: MatchOptions | None = None,
    representation: ResourceRepresentation | None = None,
) -> Change:
    return Change(
        kind,
        (value,),
        text,
        requirement or given.requirement,
        options or given.options,
        representation or given.representation,
    )
