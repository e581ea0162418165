"""How the parameters of an HLO module's entry are divided among partitions.

XLA's partitioner leaves the shardings where they were and cuts the shapes: a module that it has
seen is the program of one device. Such a module is scheduled, or says how its parameters were
divided, or has collectives without a region that was written for single devices. One that divides
no parameter, but values within, leaves it to the partitioner how the parameters are divided: it
carries shardings backwards, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shardings import Sharding
from cyborg_rr.readers.formats.shardings.errors import BadSharding
from cyborg_rr.readers.formats.shardings.gspmd import parse_gspmd
from cyborg_rr.readers.hlo.entry import Parameter
from cyborg_rr.readers.hlo.module import Module
from cyborg_rr.readers.hlo.translation.collectives import COLLECTIVES

_ENTERING: Final = frozenset({"SPMDFullToShardShape", "xla.sdy.GlobalToLocalShape"})


@dataclass(slots=True)
class Shardings:
    """By name of a parameter; ``devices`` are the most that any of them is over.

    ``is_divided`` says that some value is.
    """

    values: dict[str, Sharding] = field(default_factory=dict)
    devices: int = 1
    is_divided: bool = False
    warnings: list[str] = field(default_factory=list)


def read_shardings(module: Module, parameters: Sequence[Parameter]) -> Shardings:
    """The shardings of the parameters; none for the program of one device."""
    found = Shardings()
    stated = [each for each in parameters if isinstance(_find(each), str)]
    if _is_partitioned(module):
        return found
    if not stated:
        found.devices = _count_devices(module)
        found.is_divided = found.devices > 1
        return found
    causes = []
    for each in stated:
        type_, text = each.instruction.type, _find(each)
        if not isinstance(type_, TensorType) or type_.shape is None or not isinstance(text, str):
            continue
        try:
            tiled = parse_gspmd(text, len(type_.shape))
        except BadSharding as error:
            causes.append(str(error))
            continue
        found.values[each.name] = tiled.sharding
        found.devices = max(found.devices, tiled.devices or 1)
    if causes:
        found.warnings.append(
            f"{len(causes)} shardings were left out ({causes[0]}): their values may be divided in"
            " any way"
        )
    return found


def _count_devices(module: Module) -> int:
    """The most devices that any value within is divided among."""
    most = 1
    for computation in module.computations.values():
        for instruction in computation.instructions:
            text, type_ = instruction.attributes.get("sharding"), instruction.type
            if isinstance(text, str) and isinstance(type_, TensorType) and type_.shape is not None:
                try:
                    tiled = parse_gspmd(text, len(type_.shape))
                except BadSharding:
                    continue
                if tiled.sharding.is_split:
                    most = max(most, tiled.devices or 1)
    return most


def _find(parameter: Parameter) -> object:
    return parameter.instruction.attributes.get("sharding")


def _is_partitioned(module: Module) -> bool:
    if module.is_partitioned or module.temporary_bytes is not None:
        return True
    is_for_one = False
    for computation in module.computations.values():
        for instruction in computation.instructions:
            if instruction.attributes.get("custom_call_target") in _ENTERING:
                return False
            is_for_one = is_for_one or instruction.opcode in COLLECTIVES
    return is_for_one
