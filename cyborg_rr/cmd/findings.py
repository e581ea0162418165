"""The commands audit and heal: what is wrong, and what was done about it, as tables or JSON."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from prettytable import PrettyTable

from cyborg_rr.domain.printing import render_printable
from cyborg_rr.processes.upkeep.auditing import (
    KINDS,
    Code,
    Kind,
    Outcome,
    open_auditor,
    open_mender,
    utc_now,
)

COMMANDS = ("audit", "heal")
DEFAULT_PATIENCE_SECONDS = 600
COLUMNS = 80
INDENT = "  "
WHAT_WIDTH = 68
"""With ages of five letters, and the lines between and around, a table of ``COLUMNS``."""


def add_parsers(commands: Any) -> None:
    """What the commands take."""
    for command, text in (("audit", "find what is wrong"), ("heal", "mend what can be mended")):
        parser = commands.add_parser(command, help=text)
        parser.add_argument(
            "-f",
            "--format",
            choices=("table", "json"),
            default="table",
            help="table: for people; json: a list of objects",
        )
        parser.add_argument(
            "--only",
            action="append",
            metavar="CODE",
            type=Code,
            choices=tuple(Code),
            help="findings of this kind; may be given several times. One of: " + ", ".join(Code),
        )
        parser.add_argument(
            "--patience",
            metavar="SECONDS",
            type=_parse_seconds,
            default=DEFAULT_PATIENCE_SECONDS,
            help="how long releases, cleans, reports and events may take, and requests be left"
            f" behind (default {DEFAULT_PATIENCE_SECONDS}); binds have [conductor] bind_timeout",
        )
        if command == "heal":
            parser.add_argument(
                "--dry-run", action="store_true", help="change nothing, say what would be done"
            )


def _parse_seconds(text: str) -> int:
    seconds = int(text)
    if not 0 <= seconds <= timedelta.max.total_seconds():
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more")
    return seconds


def run(conf: Any, options: argparse.Namespace) -> int:
    """Print the findings; 1 when there are any, or any that were not mended."""
    outcomes = _find(conf, options)
    render = {"table": _render_tables, "json": _render_json}[options.format]
    for line in render(outcomes, utc_now()):
        print(line)
    return 0 if all(each.is_mended for each in outcomes) else 1


def _find(conf: Any, options: argparse.Namespace) -> Sequence[Outcome]:
    codes = tuple(options.only or Code)
    if options.noun == "audit":
        found = open_auditor(conf, options.patience).find(codes)
        return [Outcome(each, is_mended=False, done="") for each in found]
    mender = open_mender(conf, options.patience)
    return mender.preview(codes) if options.dry_run else mender.heal(codes)


def _render_json(outcomes: Sequence[Outcome], now: datetime) -> Iterator[str]:
    yield json.dumps([_render_object(each, now) for each in outcomes], indent=2)


def _render_object(outcome: Outcome, now: datetime) -> dict[str, Any]:
    finding = outcome.finding
    kind, since = finding.kind, finding.since
    rendered = {
        "code": finding.code.value,
        "noun": kind.noun.value,
        "key": finding.key,
        "host": finding.host,
        "what": kind.title,
        "since": None if since is None else f"{since.isoformat(timespec='seconds')}Z",
        "age_seconds": None if since is None else _count_seconds(since, now),
        "why": finding.why,
        "act": None if kind.act is None else kind.act.value,
        "advice": kind.advice,
    }
    if outcome.done:
        rendered |= {"mended": outcome.is_mended, "done": outcome.done}
    return rendered


def _render_tables(outcomes: Sequence[Outcome], now: datetime) -> Iterator[str]:
    for code, group in groupby(outcomes, lambda each: each.finding.code):
        found = list(group)
        yield from _render_head(code, KINDS[code], len(found))
        yield from _make_table(found, now).get_string().splitlines()
        yield ""
    mended = sum(each.is_mended for each in outcomes)
    yield f"{len(outcomes)} found, {mended} mended" if mended else f"{len(outcomes)} found"


def _render_head(code: Code, kind: Kind, count: int) -> Iterator[str]:
    yield from _wrap(f"{code}: {count} x {kind.noun}, {kind.title}", COLUMNS)
    act = "nothing" if kind.act is None else kind.act
    does = _wrap(f"heal does: {act} ({kind.advice})", COLUMNS - len(INDENT))
    yield from (f"{INDENT}{line}" for line in does)


def _make_table(outcomes: Sequence[Outcome], now: datetime) -> PrettyTable:
    """Ages, and of what; lines are broken at blanks, so that names and commands can be copied."""
    table = PrettyTable(["age", "what"])
    table.align = "l"
    for each in outcomes:
        since = each.finding.since
        age = "?" if since is None else _render_age(_count_seconds(since, now))
        lines = (
            line for text in _list_texts(each) for line in _wrap(render_printable(text), WHAT_WIDTH)
        )
        table.add_row([age, "\n".join(lines)])
    return table


def _list_texts(outcome: Outcome) -> Iterator[str]:
    """What is told of a finding; why nothing of its kind is mended stands above the table."""
    finding = outcome.finding
    is_on_host = finding.host not in (None, finding.key)
    yield f"{finding.key} on {finding.host}" if is_on_host else finding.key
    yield finding.why
    if outcome.done:
        yield (
            "heal: left"
            if finding.kind.act is None and not outcome.is_mended
            else f"heal: {outcome.done}"
        )


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _count_seconds(since: datetime, now: datetime) -> int:
    """Of an age; clocks of hosts differ, and nothing is younger than now."""
    return max(int((now - since).total_seconds()), 0)


def _render_age(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
