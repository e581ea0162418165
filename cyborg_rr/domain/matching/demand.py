"""What an IR requirement asks of a compiler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cyborg_rr.domain.graph.graph import LIBRARY, QUANTIZATION
from cyborg_rr.domain.graph.naming import NAMES_MODELS, split_native
from cyborg_rr.domain.graph.operands import Operand, parse_operand
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.versions import parse_version
from cyborg_rr.domain.requirement.explanation import AT_MOST, CANNOT_BE_RECKONED
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import MATRIX_KINDS


def make_demand(requirement: IRRequirement) -> ModelDemand:
    """The part of a requirement that compile paths depend on."""
    ir = requirement.ir
    return ModelDemand(
        family=ir.family,
        version=ir.version,
        dialects={dialect.name: dialect.version for dialect in ir.dialects},
        element_types=requirement.element_types,
        operations=requirement.canonical_operations,
        native_operations=requirement.operations,
        work_shares=_find_shares(requirement),
        dynamic=requirement.dynamic,
        bound=is_bound(requirement),
        binding=render_binding(requirement),
        control_flow=requirement.control_flow,
        collectives=requirement.collectives,
        compiled=any(target.kind == LIBRARY for target in requirement.targets),
        uses=_list_calls(requirement),
        packing=_find_packing(requirement),
    )


def _list_calls(requirement: IRRequirement) -> tuple[Call, ...]:
    """How the model calls its native operations, as coverage tables ask."""
    if requirement.ir.family in NAMES_MODELS:
        return _call_model(requirement)
    versions = {name: _find_version(version) for name, version in _list_dialects(requirement)}
    found = []
    for use in requirement.uses:
        dialect, operation = split_native(use.name, requirement.ir.family)
        inputs, outputs = _parse(use.inputs), _parse(use.outputs)
        version = versions.get(dialect)
        found.append(
            Call(dialect, operation, version, inputs, outputs, use.attributes, use.count, use.macs)
        )
    return tuple(found)


def _call_model(requirement: IRRequirement) -> tuple[Call, ...]:
    """The model as one call of the architecture that it names, with how its weights are packed.

    None where it names no architecture.
    """
    named = dict(_list_dialects(requirement))
    method = named.pop(QUANTIZATION, None)
    attributes = {} if method is None else {QUANTIZATION: method}
    family = requirement.ir.family
    return tuple(Call(family, name, None, None, None, attributes) for name in list(named)[:1])


def _find_packing(requirement: IRRequirement) -> str:
    """By which method a model that names its architecture has its weights quantised."""
    if requirement.ir.family not in NAMES_MODELS:
        return ""
    return dict(_list_dialects(requirement)).get(QUANTIZATION) or ""


def _list_dialects(requirement: IRRequirement) -> Iterator[tuple[str, str | None]]:
    return ((dialect.name, dialect.version) for dialect in requirement.ir.dialects)


def _find_version(version: str | None) -> int | None:
    """The number of an operation set whose versions are whole numbers."""
    numbers = parse_version(version or "")
    return numbers[0] if len(numbers) == 1 else None


def _parse(operands: tuple[str, ...] | None) -> tuple[Operand, ...] | None:
    return None if operands is None else tuple(map(parse_operand, operands))


def is_bound(requirement: IRRequirement) -> bool:
    """Whether the analysis knew every size."""
    memory = requirement.memory
    return None not in (memory.input_bytes, memory.output_bytes, memory.activation_peak_bytes)


def find_gap(requirement: IRRequirement) -> str:
    """Which figures are missing and why, where no open dimension of an input is the cause."""
    for warning in requirement.warnings:
        if CANNOT_BE_RECKONED in warning:
            return warning
    return "a size is neither stated nor follows from the inputs: memory and work are not known"


def find_bound_source(requirement: IRRequirement) -> str:
    """Which operations or open dimensions make figures upper bounds."""
    told = (warning.partition(AT_MOST)[2] for warning in requirement.warnings)
    return next((sources for sources in told if sources), "some sizes are only bounded")


def render_binding(requirement: IRRequirement) -> str:
    """The open dimensions, for people: ``dynamic dimension batch``."""
    if not requirement.symbols and requirement.memory.at_most:
        return "the sizes that depend on data"
    if not requirement.symbols:
        return "the dynamic dimensions"
    plural = "s" if len(requirement.symbols) > 1 else ""
    return f"dynamic dimension{plural} {', '.join(requirement.symbols)}"


def _find_shares(requirement: IRRequirement) -> Mapping[str, float]:
    """Share of the matrix work by operation, for kinds of which the model has one operation."""
    by_kind: dict[str, int] = {}
    for item in requirement.work:
        by_kind[item.kind] = by_kind.get(item.kind, 0) + item.macs * item.count
    total = sum(by_kind.values())
    names: dict[str, list[str]] = {}
    for name in requirement.canonical_operations:
        kind = find_operation(name).kind
        if kind in MATRIX_KINDS:
            names.setdefault(kind, []).append(name)
    return {
        found[0]: by_kind.get(kind, 0) / total
        for kind, found in names.items()
        if len(found) == 1 and total
    }
