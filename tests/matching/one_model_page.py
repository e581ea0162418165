"""The tables of the page "One model in every IR", as ``doc/source/user/one-model.txt`` has them."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Final

from cyborg_rr.domain.matching.judging import Judgement
from tests.matching.one_model import COLUMNS, find_order, judge, list_forms
from tests.readers.forms.reading import TRUTH, require
from tests.readers.forms.table import CHAIN, TABLE, Form, Model
from tests.shipped import load

WIDTH = 96
NO_PATH = "--"

_SHOWN: Final = {"fits": "fits", "fits if": "if", "unknown": "?", "does not fit": "no"}
_TITLES: Final[dict[Model, str]] = {"encoder": "encoder", "cnn": "CNN"}
_UNCOVERED: Final = re.compile(r"which operations (.+) covers is not stated anywhere")
_SHARES: Final = re.compile(r" \(\d+ of \d+ nodes[^)]*\)")
_SEVERAL: Final = re.compile(r"(?<=does not cover )[^(]*,.*")

Causes = dict[str, str]
"""Where each cause holds: columns, then forms."""


def render() -> str:
    """All of them."""
    parts = [
        _render_devices(), _render_figures(), _render_differences(),
        *map(_render_verdicts, CHAIN), _render_conditions(), _render_refusals(),
    ]  # fmt: skip
    return "\n".join("\n".join(part) + "\n" for part in parts)


def _render_devices() -> list[str]:
    products = {product.id: product.name for product in load().products}
    rows = [
        (each.title, each.kind, products[each.product], each.overlay or "-") for each in COLUMNS
    ]
    return [*_head("The devices"), *_table(("Column", "Kind", "Product", "Overlay"), rows)]


# ---- what the readers say


def _render_figures() -> list[str]:
    rows = [
        (
            form.title,
            "documentation" if form.is_documentation else "exporter",
            *chain.from_iterable(_render_figure(form, model) for model in CHAIN),
        )
        for form in TABLE
    ]
    heads = (f"{word}, {_TITLES[model]}" for model in CHAIN for word in ("bytes", "work"))
    truth = (
        f"{TRUTH[model]['bytes']} bytes and {TRUTH[model]['macs']} multiply-adds ({_TITLES[model]})"
        for model in CHAIN
    )
    return [
        *_head("Parameters and multiply-adds"),
        *_wrap(f"PyTorch counts {' and '.join(truth)}; ``=`` stands for that."),
        "",
        *_table(("IR", "Made by", *heads), rows),
    ]


def _render_figure(form: Form, model: Model) -> tuple[str, str]:
    """How far the bytes of parameters and the work are from what PyTorch counts."""
    if model not in form.models:
        return NO_PATH, NO_PATH
    requirement, truth = require(form, model), TRUTH[model]
    more, macs = requirement.memory.parameter_bytes - truth["bytes"], requirement.compute.macs
    if macs is None:
        work = NO_PATH
    else:
        work = "=" if macs == truth["macs"] else f"{macs / truth['macs'] - 1:+.2%}"
    return f"{more:+}" if more else "=", work


def _render_differences() -> list[str]:
    """Why bytes differ, and why a form is not there."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for form in TABLE:
        for model in CHAIN:
            reasons = (
                *(f"more bytes: {reason}" for reason in form.more.get(model, {}).values()),
                *(f"{size} bytes less: {why}" for why, size in form.fewer.get(model, {}).items()),
                *([f"no {_TITLES[model]}: {form.lacking[model]}"] if model in form.lacking else ()),
            )
            for reason in reasons:
                found[reason][form.title] = None
    lines = (f"{reason} ({'; '.join(forms)})." for reason, forms in found.items())
    return [*_head("What differs"), *_list(lines)]


# ---- what devices say


def _render_verdicts(model: Model) -> list[str]:
    titles = [column.title for column in COLUMNS]
    rows = [
        (form.title, *(_render_verdict(judge(form, model)[title]) for title in titles))
        for form in list_forms(model)
    ]
    order = ", ".join(find_order(model))
    told = (
        f"From the least expected time to the largest, in each IR that has a path: {order}. One"
        " runtime, which fuses as compilers do, executes all of them here, as times with the usual"
        " runtime of each path differ by that too; devices whose times differ by less than a fifth"
        " may stand in either order."
    )
    return [*_head(f"The {_TITLES[model]}"), *_table(("IR", *titles), rows), "", *_wrap(told)]


def _render_verdict(found: Judgement) -> str:
    return _SHOWN[found.verdict.verdict] if found.verdict.compile_path else NO_PATH


def _render_conditions() -> list[str]:
    """The first cause of each verdict that is less than ``fits``."""
    causes = _find_causes(lambda found: bool(found.verdict.compile_path))
    told, uncovered = [], []
    for cause, places in causes.items():
        name = _UNCOVERED.fullmatch(cause)
        if name is None:
            told.append(f"{cause} ({places}).")
        else:
            uncovered.append(f"{name[1]} ({places})")
    whole = f"which operations they cover is not stated anywhere: {', '.join(uncovered)}."
    return [*_head("Less than fits"), *_list((*told, whole))]


def _render_refusals() -> list[str]:
    """The first cause where a toolchain takes the IR, but not this model for this device."""
    causes = _find_causes(
        lambda found: not found.verdict.compile_path and found.refusals[0].code != "toolchain"
    )
    lines = (f"{cause} ({places})." for cause, places in causes.items())
    return [*_head("No path although a toolchain takes the IR"), *_list(lines)]


def _find_causes(wanted: Callable[[Judgement], bool]) -> Causes:
    """First causes, each once."""
    columns: dict[str, dict[str, None]] = defaultdict(dict)
    forms: dict[str, dict[str, None]] = defaultdict(dict)
    for model in CHAIN:
        for form in list_forms(model):
            for title, judgement in judge(form, model).items():
                if judgement.refusals and wanted(judgement):
                    cause = _render_cause(judgement)
                    columns[cause][title] = forms[cause][form.title] = None
    return {cause: f"{', '.join(columns[cause])}: {'; '.join(forms[cause])}" for cause in columns}


def _render_cause(judgement: Judgement) -> str:
    refusal = judgement.refusals[0]
    text = _SEVERAL.sub("several operations", _SHARES.sub("", refusal.text))
    text = text.replace(judgement.verdict.device_class, "the device")
    return text if refusal.change is None else f"{refusal.change}, since {text}"


# ---- as reStructuredText


def _head(title: str) -> list[str]:
    return [title, "=" * len(title), ""]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = " ".join("=" * width for width in widths)
    lines = [
        " ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return [rule, lines[0], rule, *lines[1:], rule]


def _list(items: Iterable[str]) -> list[str]:
    return [line for item in items for line in _wrap(f"* {item}", "  ")]


def _wrap(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
