"""One runtime measured on one device: from the request to a checked measurement."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cyborg_rr.catalogue.measurements import find_peaks, find_product
from cyborg_rr.cli.measuring.collecting import Collected, collect, summarise
from cyborg_rr.cli.measuring.conditions import join_conditions, read_conditions
from cyborg_rr.cli.measuring.device import Host, Subject
from cyborg_rr.cli.measuring.protocol import Hello, MeasuringFailed, OperatorSaid, Said
from cyborg_rr.cli.measuring.running import Request, hear
from cyborg_rr.domain.representation.measured.checking import check_measurement
from cyborg_rr.domain.representation.measured.measurement import (
    Conditions,
    Measurement,
    ModelRun,
)
from cyborg_rr.offline import IRRequirement

_LOOK_EVERY: Final = 30
"""So many operators pass between two looks at clocks and power."""


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement, of what, and what of it was left out."""

    measurement: Measurement
    subject: Subject
    left_out: tuple[str, ...]


class Refused(MeasuringFailed):
    """The runtime is not there, or not for this device."""


def measure_runtime(
    python: Sequence[str],
    request: Request,
    host: Host,
    stated_class: str | None,
    requirement: IRRequirement | None = None,
) -> Result:
    """Run the program; ``Refused``, ``MeasuringFailed`` or ``InvalidInput`` say why not."""
    watch = _Watch(request.device)
    found = collect(request, watch.follow(hear(python, request)))
    if found.refused is not None or found.hello is None:
        raise Refused(f"{request.runtime}: {found.refused}")
    subject = host.find(found.hello, request.device, stated_class)
    measurement = _make(request, found, found.hello, subject, watch.conditions, requirement)
    if not measurement.operators and not measurement.models:
        raise MeasuringFailed(f"{request.runtime}: nothing was timed: {'; '.join(found.left_out)}")
    check_measurement(measurement, find_peaks(subject.representation))
    return Result(measurement, subject, tuple(found.left_out))


def _make(
    request: Request,
    found: Collected,
    hello: Hello,
    subject: Subject,
    conditions: Conditions,
    requirement: IRRequirement | None,
) -> Measurement:
    return Measurement(
        device_class=subject.device_class,
        product=find_product(subject.representation),
        runtime=request.runtime,
        software=hello.software,
        device_name=hello.device,
        measured_on=datetime.now(UTC).date().isoformat(),
        operators=tuple(found.operators),
        models=tuple(_list_runs(found, requirement)),
        memory=found.memory,
        conditions=conditions,
    )


def _list_runs(found: Collected, requirement: IRRequirement | None) -> Iterator[ModelRun]:
    said = found.model
    if said is None or requirement is None:
        return
    seconds, spread = summarise(said.seconds)
    yield ModelRun(
        name=_clean(requirement.name),
        sha256=requirement.sha256,
        inputs=tuple(_clean(text) for text in list_input_texts(requirement)),
        seconds=seconds,
        spread=spread,
        samples=len(said.seconds),
        allocated_bytes=said.allocated_bytes,
        reserved_bytes=said.reserved_bytes,
        device_bytes=said.device_bytes,
    )


def list_input_texts(requirement: IRRequirement) -> Iterator[str]:
    """The inputs of a model as options write them: ``ids=1x128:i64``."""
    for each in requirement.inputs:
        shape = "x".join(map(str, each.shape or ()))
        yield f"{each.name}={shape}:{each.element_type}"


def _clean(text: str) -> str:
    """Printable ASCII of the length that a measurement takes."""
    return text.encode("ascii", "backslashreplace").decode()[:255] or "model"


class _Watch:
    """Looks at the device while the program times it, and tells people how far that is."""

    def __init__(self, device: str) -> None:
        self._place = device.partition(":")[2] or "0"
        self._is_gpu = device.startswith("cuda")
        self._done = 0
        self.conditions = Conditions()

    def follow(self, lines: Iterator[Said]) -> Iterator[Said]:
        """The same lines."""
        for said in lines:
            if isinstance(said, Hello) and said.pci is not None:
                self._place = said.pci
            if isinstance(said, OperatorSaid):
                self._done += 1
                self._show()
                if self._is_gpu and self._done % _LOOK_EVERY == 0:
                    self.conditions = join_conditions(self.conditions, read_conditions(self._place))
            yield said
        if self._is_gpu and self.conditions == Conditions():
            self.conditions = read_conditions(self._place)

    def _show(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._done} operators timed")
            sys.stderr.flush()
