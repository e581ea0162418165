"""One look at all the GPUs of a host through NVML, and what it said before of those it cannot ask.

A GPU changes hands between NVIDIA's driver and vfio-pci while it is in use; its description must
not change with that, nor with a restart of the agent meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import Memory
from cyborg_rr.drivers.gpu.nvidia.boards import group_by_board, group_by_number
from cyborg_rr.drivers.gpu.nvidia.describing import GpuReport
from cyborg_rr.drivers.gpu.nvidia.facts import GpuFacts, read_facts
from cyborg_rr.drivers.gpu.nvidia.health import (
    GpuCondition,
    describe_silence,
    find_trouble,
    list_counters,
    read_condition,
)
from cyborg_rr.drivers.gpu.nvidia.links import read_near
from cyborg_rr.drivers.gpu.nvidia.mig.profiles import find_pending
from cyborg_rr.drivers.gpu.nvidia.nvml import GpuSilent, Nvml
from cyborg_rr.drivers.gpu.nvidia.remembering import count_xids, recall_facts, remember_facts
from cyborg_rr.drivers.gpu.nvidia.xid import XidEvents
from cyborg_rr.drivers.pci.reading.function import PciFunction

KERNEL_DRIVER = "nvidia"
Conditions = dict[str, GpuCondition]
"""How each GPU was at the last look, by its slot."""


def ask_gpus(
    functions: Sequence[PciFunction],
    nvml: Nvml | None,
    memory: Memory,
    conditions: Conditions,
    events: XidEvents,
) -> list[GpuReport]:
    """What is known of each GPU now; what was asked is remembered."""
    found: dict[PciAddress, Any] = {}
    reports = [_ask(function, nvml, memory, conditions, events, found) for function in functions]
    near = read_near(nvml, found) if nvml is not None else {}
    places = {function.address.render() for function in functions}
    reports = [
        _add_near(report, near.get(report.function.address, {}), places) for report in reports
    ]
    for report in reports:
        if report.condition is not None:
            remember_facts(memory, report.slot_key, report.facts)
    return _add_boards(reports)


def _add_near(report: GpuReport, near: Mapping[str, str], places: Collection[str]) -> GpuReport:
    """With the other GPUs of the host, also those that cannot be asked now."""
    known = {**report.facts.near, **near}
    kept = {address: level for address, level in known.items() if address in places}
    return replace(report, facts=replace(report.facts, near=kept))


def _ask(
    function: PciFunction,
    nvml: Nvml | None,
    memory: Memory,
    conditions: Conditions,
    events: XidEvents,
    found: dict[PciAddress, Any],
) -> GpuReport:
    report = GpuReport(function)
    known = recall_facts(memory, report.slot_key)
    if nvml is None or function.driver != KERNEL_DRIVER:
        return replace(report, facts=known)
    xids = events.take(nvml, report.slot_key)
    counts = count_xids(memory, report.slot_key, xids)
    try:
        gpu = nvml.find_gpu(function.address)
        facts, condition = _read(nvml, gpu)
    except GpuSilent as error:
        return replace(report, facts=known, trouble=describe_silence(error))
    found[function.address] = gpu
    condition = replace(condition, xids=xids)
    events.watch(nvml, report.slot_key, gpu)
    before = conditions.get(report.slot_key)
    trouble = find_trouble(condition, before) or find_pending(facts.mig)
    conditions[report.slot_key] = condition
    facts = replace(
        facts,
        near=known.near if known.uuid == facts.uuid else {},
        attributes={**facts.attributes, **dict(list_counters(condition)), **counts},
    )
    return replace(report, facts=facts, condition=condition, trouble=trouble)


def _read(nvml: Nvml, gpu: Any) -> tuple[GpuFacts, GpuCondition]:
    try:
        return read_facts(nvml, gpu), read_condition(nvml, gpu)
    except nvml.module.NVMLError as error:
        raise nvml.silence(error) from None


def _add_boards(reports: Sequence[GpuReport]) -> list[GpuReport]:
    boards = group_by_board(report.function for report in reports) | group_by_number(
        {
            report.function.address: report.facts.board_number
            for report in reports
            if report.facts.board_number is not None
        }
    )
    return [
        replace(report, board=boards[report.function.address].render())
        if report.function.address in boards
        else report
        for report in reports
    ]
