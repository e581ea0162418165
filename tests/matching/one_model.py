"""What devices say to one model in each of its IRs: verdicts, causes and order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from itertools import combinations
from typing import Final

from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.judging import Judgement
from cyborg_rr.domain.matching.matching import rank
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from tests.readers.forms.reading import require
from tests.readers.forms.table import TABLE, Form, Model
from tests.shipped import load

OF_TOOLCHAIN: Final = frozenset(
    {
        "version", "operation", "architecture", "overlay", "quantisation", "coverage", "dynamic",
        "control_flow", "toolchain", "target", "element_type",
    }
)  # fmt: skip
"""Causes that hang on what compiles an IR, not on what the model asks of a device."""


ALIKE: Final = 1.2
"""Devices whose times differ by less are told apart by chance: how a file spells its operations."""


@dataclass(frozen=True)
class Column:
    """A device of the page: what its column is called, the product, and the loaded overlay."""

    title: str
    product: str
    kind: str
    overlay: str = ""

    def represent(self) -> ResourceRepresentation:
        """What the device offers."""
        if not self.overlay:
            return load().represent_product(self.product)
        return load().represent(DeviceFacts(self.kind, self.product, functions=(self.overlay,)))


COLUMNS: Final = (
    Column("T4", "nvidia-t4", "GPU"),
    Column("H100", "nvidia-h100-sxm-80", "GPU"),
    Column("MI300", "amd-mi300x", "GPU"),
    Column("Max", "intel-max-1100", "GPU"),
    Column("A10", "intel-pac-a10", "FPGA", "intel-fpga-dla"),
    Column("U250", "xilinx-alveo-u250", "FPGA", "DPUCADF8H"),
    Column("TPU", "google-tpu-v5e", "ASIC"),
    Column("Trn2", "aws-trainium2", "ASIC"),
    Column("Gaudi", "intel-gaudi2", "ASIC"),
    Column("910B", "huawei-ascend-910b2", "NPU"),
    Column("Hailo", "hailo-8", "NPU"),
    Column("Edge", "google-coral-edgetpu", "NPU"),
)


def list_forms(model: Model) -> list[Form]:
    """The forms that a model has."""
    return [form for form in TABLE if model in form.models]


@cache
def represent() -> Mapping[str, ResourceRepresentation]:
    """What the devices offer, by their columns."""
    return {column.title: column.represent() for column in COLUMNS}


@cache
def judge(form: Form, model: Model) -> Mapping[str, Judgement]:
    """What each column says to a form."""
    ranked = rank(require(form, model), represent().values(), coverage=load().find_coverage)
    found = {judgement.verdict.device_class: judgement for judgement in ranked}
    return {title: found[offered.device_class] for title, offered in represent().items()}


def list_with_path(model: Model, column: str) -> list[tuple[Form, Judgement]]:
    """The forms that something compiles for a device."""
    judged = ((form, judge(form, model)[column]) for form in list_forms(model))
    return [(form, found) for form, found in judged if found.verdict.compile_path]


def list_times(form: Form, model: Model) -> dict[str, float]:
    """Expected seconds on each device that the form has a path to, as far as they are known."""
    return {
        title: found.time.expected
        for title, found in judge(form, model).items()
        if found.verdict.compile_path and found.time is not None
    }


def list_ordered(times: Mapping[str, float]) -> list[tuple[str, str]]:
    """The pairs of devices, the quicker one first, that are too far apart for a chance."""
    pairs = [sorted(pair, key=times.__getitem__) for pair in combinations(times, 2)]
    return [(quick, slow) for quick, slow in pairs if times[slow] > ALIKE * times[quick]]


def find_order(model: Model) -> list[str]:
    """The devices by expected time, quickest first; ``CycleError`` where two forms disagree.

    Only those are compared that one form has a path to both of. One runtime, which fuses as
    compilers do, executes all of them.
    """
    behind: dict[str, dict[str, None]] = defaultdict(dict)
    for form in list_forms(model):
        times = list_times(form, model)
        for title in times:
            behind.setdefault(title, {})
        for quick, slow in list_ordered(times):
            behind[slow][quick] = None
    titles = [column.title for column in COLUMNS if column.title in behind]
    return list(TopologicalSorter({title: behind[title] for title in titles}).static_order())
