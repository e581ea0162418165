"""What a measurement says, for people."""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.cli.measuring.measuring import Result
from cyborg_rr.cli.rendering.columns import Column
from cyborg_rr.cli.rendering.figures import render_seconds, render_size
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.representation.measured.fitting import fit_runtime
from cyborg_rr.domain.representation.measured.table import MeasuredRate, MeasuredRuntime
from cyborg_rr.domain.representation.representation import ResourceRepresentation

_COLUMNS = (
    Column("kind"),
    Column("rate"),
    Column("reaches", is_number=True),
    Column("of peak", is_number=True),
    Column("start", is_number=True),
    Column("spread", is_number=True),
    Column("operators", is_number=True, may_go=True),
)
_SHOWN = 5


def show_result(page: Page, result: Result, *, is_everything: bool) -> None:
    """The fitted constants as a table, what was left out, and the state of the device."""
    measurement = result.measurement
    page.say(
        f"{measurement.runtime} ({measurement.software}) on {measurement.device_name},"
        f" class {measurement.device_class}",
        colour="strong",
    )
    if measurement.operators:
        fitted = fit_runtime([measurement])
        page.show_rows(_COLUMNS, _list_rows(fitted, result.subject.representation))
        page.say(", ".join(_list_facts(fitted)), hang=2)
    state = measurement.conditions
    if state.is_throttled:
        page.say("the device was slowed down by its power or heat while it was timed", hang=2)
    shown = result.left_out if is_everything else result.left_out[:_SHOWN]
    for line in shown:
        page.say(f"left out: {line}", hang=2)
    if len(shown) < len(result.left_out):
        page.say(f"left out: {len(result.left_out) - len(shown)} more (--all shows them)")


def _list_rows(
    fitted: MeasuredRuntime, known: ResourceRepresentation | None
) -> Iterator[tuple[str, ...]]:
    for rate in fitted.rates:
        layout = " channels last" if rate.channels_last else ""
        yield (
            f"{rate.kind}{layout}",
            rate.rate,
            _render_rate(rate),
            _render_share(rate, known),
            render_seconds(rate.start_seconds) if rate.start_seconds else "",
            f"{rate.spread:.0%}",
            str(rate.operators),
        )


def _render_rate(rate: MeasuredRate) -> str:
    if rate.term == "compute":
        return f"{rate.per_second / 1e12:.3g} TFLOP/s"
    return f"{rate.per_second / 1e9:.4g} GB/s"


def _render_share(rate: MeasuredRate, known: ResourceRepresentation | None) -> str:
    if known is None:
        return ""
    peak = (
        known.peak_rates.get(rate.rate)
        if rate.term == "compute"
        else known.bandwidth_bytes_per_second
    )
    return "" if not peak else f"{rate.per_second / peak:.0%}"


def _list_facts(fitted: MeasuredRuntime) -> Iterator[str]:
    yield f"{name_count(fitted.operators, 'operator')}, spread {fitted.spread:.0%}"
    if fitted.left_out:
        yield f"of which {fitted.left_out} fit to no others"
    if fitted.launch_seconds is not None:
        yield f"a launch takes {render_seconds(fitted.launch_seconds)}"
    if fitted.context_bytes is not None:
        yield f"a process holds {render_size(fitted.context_bytes)}"
