"""Runtimes: what executes a compiled model, with its precision, its kernels and what they cost.

A runtime is known by its name, and rows of one name may differ by the family of targets. What is
known of each is data of the catalogue; here stands what such a row says and how one is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from cyborg_rr.domain.documents import Positive, PositiveNumber, Share
from cyborg_rr.domain.representation.architectures import is_at_least
from cyborg_rr.domain.words import Arithmetic
from cyborg_rr.domain.words import Runtime as RuntimeKind

Fusion = Literal["nothing", "epilogues", "elementwise"]
"""Which elementwise work runs in the kernel of its operand: none; biases and activations behind
matrix products and convolutions; all that a compiler melts into its neighbours."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One runtime on one family of targets (none stated: on all).

    ``kind`` is what it does as a rule: a kernel for each operation, launched one by one (eager) or
    recorded (graph), or those that a compiler made. Runtimes of one ``stack`` take the same models.

    Precision: ``products`` and ``convolutions`` are what f32 is computed in, unless the user says
    otherwise. ``quantised`` maps types of at most 8 bits, where both operands have such, to what
    their products are computed in: f32, as they are widened, where one is not named, and the type
    itself where nothing is known of any.

    Kernels: ``fuses`` says what joins the kernel of its operand. With ``fuses_rows`` softmax and
    normalisation are one kernel that keeps a row on the chip. ``flash_attention`` maps element
    types to the least architecture ("" for any) from which on attention is one kernel that stores
    no scores, where the model calls it as one operation; with ``joins_attention`` also where it is
    spelled as products and a softmax. ``channels_last`` says that convolutions run in the layout of
    matrix units.

    Time, in seconds: ``dispatch_seconds`` is what the host takes for one operation; where it
    ``runs_ahead`` the device does not wait for it while it has work. ``gap_seconds`` lies between
    two kernels on the device, ``start_seconds`` before the first one. ``matrix_share``,
    ``convolution_share`` and ``traffic_share`` are what kernels reach of what is usual on the
    device. ``spread`` is by which factor four of five executions stay within the estimate.

    Memory: ``context_bytes`` a process holds before any model is loaded, ``workspace_bytes`` its
    libraries keep. Where it ``reads_strides`` transposes, slices and repeats take nothing; where it
    ``plans_memory`` all buffers are placed before it runs, and no allocator is asked meanwhile.

    What is None is not known of the runtime: that of its target family is taken.
    """

    name: str
    title: str
    kind: RuntimeKind
    targets: tuple[str, ...] = ()
    stack: str = ""
    products: Arithmetic = "f32"
    convolutions: Arithmetic = "f32"
    quantised: Mapping[str, str] | None = None
    fuses: Fusion = "nothing"
    fuses_rows: bool = True
    flash_attention: Mapping[str, str] = field(default_factory=dict)
    joins_attention: bool = False
    channels_last: bool = True
    dispatch_seconds: PositiveNumber | None = None
    runs_ahead: bool = True
    gap_seconds: PositiveNumber | None = None
    start_seconds: PositiveNumber = 1e-5
    matrix_share: Share = 1.0
    convolution_share: Share = 1.0
    traffic_share: Share = 1.0
    spread: PositiveNumber = 1.5
    context_bytes: Positive | None = None
    workspace_bytes: Positive | None = None
    reads_strides: bool = False
    plans_memory: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)

    def has_attention(self, element_type: str, architecture: str | None) -> bool:
        """Whether it has a kernel for attention in that type, which stores no scores."""
        least = self.flash_attention.get(element_type)
        if least is None:
            return False
        return not least or (architecture is not None and is_at_least(architecture, least))


class Runtimes:
    """All runtimes that are known, looked up by name and target family; of equal ones the last."""

    def __init__(self, rows: Iterable[Runtime] = ()) -> None:
        self._rows = {(row.name, target): row for row in rows for target in row.targets or ("",)}

    @property
    def names(self) -> tuple[str, ...]:
        """What a user may ask for, in the order of the catalogue."""
        return tuple(dict.fromkeys(name for name, _ in self._rows))

    def find(self, name: str, target: str | None) -> Runtime | None:
        """The row of that name for a target family, else that for all; None: there is neither."""
        return self._rows.get((name, target or "")) or self._rows.get((name, ""))

    def find_of_stack(self, stack: str, kind: RuntimeKind, target: str | None) -> Runtime | None:
        """The first runtime of a kind that takes what the others of its stack take."""
        alike = (row for row in self._rows.values() if stack and row.stack == stack)
        names = dict.fromkeys(row.name for row in alike if row.kind == kind)
        return next((row for name in names if (row := self.find(name, target))), None)

    def list_others(self, own: Runtime, target: str | None) -> tuple[Runtime, ...]:
        """What else may run on a target what a runtime does: the rows of its stack for the target,
        and those for all targets where they are of another kind."""
        names = dict.fromkeys(row.name for row in self._rows.values() if row.stack == own.stack)
        found = (self.find(name, target) for name in names if own.stack and name != own.name)
        return tuple(row for row in found if row and (row.targets or row.kind != own.kind))


NO_RUNTIMES: Final = Runtimes()
"""For whoever knows none: estimates then rest on the constants of the target family alone."""
