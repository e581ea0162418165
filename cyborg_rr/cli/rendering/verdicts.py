"""Verdicts for people: how many of each kind, the best in rows, and common reasons once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, assert_never

from cyborg_rr.cli.rendering.columns import Column
from cyborg_rr.cli.rendering.figures import render_range, render_seconds, render_size
from cyborg_rr.cli.rendering.fixes import render_fix
from cyborg_rr.cli.rendering.grouping import Note, ReasonGroup, collect_notes, group_reasons
from cyborg_rr.cli.rendering.page import Colour, Page
from cyborg_rr.domain.matching.certainty import render_likely
from cyborg_rr.domain.matching.refusal import split_reason
from cyborg_rr.domain.words import FITTING, OUTCOMES, Outcome

Document = dict[str, Any]


class Kind(NamedTuple):
    """How one outcome is told: of several devices, of one, and as the title of a section."""

    several: str
    one: str
    title: str
    colour: Colour


_FEW: Final = 20
"""So many verdicts are all shown."""

_SHOWN_ROWS: Final[dict[Outcome, int]] = {"fits": 10, "fits if": 5}
_SHOWN_GROUPS: Final = 4
_SHOWN_FIXES: Final = 3
_SHOWN_NAMES: Final = 4
_SHOWN_OTHERS: Final = 2

_COLUMNS: Final = (
    Column("device class"),
    Column("memory", is_number=True),
    Column("time", is_number=True),
    Column("range", is_number=True),
    Column("free", is_number=True),
    Column("bound by", may_go=True),
    Column("with", may_go=True),
)
_ITEMS: Final = (
    "parameters", "constants", "inputs", "outputs", "activations", "cache", "runtime_context",
    "workspace", "margin",
)  # fmt: skip


def _describe_kind(outcome: Outcome) -> Kind:
    match outcome:
        case "fits":
            return Kind("fit", "fits", "Fit", "good")
        case "fits if":
            return Kind("with a change", "with a change", "Fit with a change", "fair")
        case "unknown":
            return Kind("unknown", "unknown", "Unknown", "doubtful")
        case "does not fit":
            return Kind("do not", "does not", "Do not fit", "bad")
    assert_never(outcome)


def find_best(documents: Sequence[Document]) -> Document | None:
    """The first verdict, where the model runs there."""
    return documents[0] if documents and documents[0]["verdict"] in FITTING else None


def render_counts(documents: Sequence[Document]) -> str:
    """How many verdicts there are of each kind, and which is the best."""
    counts = Counter(document["verdict"] for document in documents)
    told = [
        _render_count(outcome, counts[outcome])
        for outcome in OUTCOMES
        if counts[outcome] or outcome == "fits"
    ]
    best = find_best(documents)
    if best is None:
        return ", ".join(told)
    time = best["time_seconds"]
    speed = f" in {_render_time(time, 'at least ')}" if time else ""
    return f"{', '.join(told)}; best: {best['device_class']}{speed}"


def _render_count(outcome: Outcome, count: int) -> str:
    kind = _describe_kind(outcome)
    return f"{count} {kind.one if count == 1 else kind.several}"


def show_verdicts(page: Page, documents: Sequence[Document], *, is_everything: bool) -> None:
    """A section for each kind of verdict; all devices where they are few, or asked for."""
    most_others = None if is_everything else _SHOWN_OTHERS
    is_everything = is_everything or len(documents) <= _FEW
    for outcome in OUTCOMES:
        chosen = [document for document in documents if document["verdict"] == outcome]
        if not chosen:
            continue
        page.say()
        kind = _describe_kind(outcome)
        page.say(f"{kind.title} ({len(chosen)})", colour=kind.colour)
        if outcome in FITTING:
            most = len(chosen) if is_everything else _SHOWN_ROWS[outcome]
            _show_rows(page, chosen, most)
        else:
            _show_groups(page, chosen, most_others, is_everything=is_everything)


def show_verdict(page: Page, document: Document) -> None:
    """All about one verdict."""
    kind = _describe_kind(document["verdict"])
    page.say()
    page.say(f"{document['device_class']}: {_render_verdict(document)}", colour=kind.colour)
    page.show_pairs(_describe(document))


def _render_verdict(document: Document) -> str:
    """The verdict, and how likely it is where that is in doubt."""
    verdict, likely = document["verdict"], document.get("probability")
    if likely is None or verdict == "does not fit":
        return str(verdict)
    return f"{verdict}, {render_likely(likely)}{'' if verdict in FITTING else ' to fit'}"


def _show_rows(page: Page, documents: Sequence[Document], most: int) -> None:
    shown = documents[:most]
    notes, found = collect_notes(shown)
    page.show_rows(_COLUMNS, [_make_row(document, found) for document in shown])
    if most < len(documents):
        page.say(f"... and {len(documents) - most} more (--all shows them)")
    for note in notes:
        _show_note(page, note)


def _make_row(document: Document, notes: dict[str, Note]) -> tuple[str, ...]:
    name, time = document["device_class"], document["time_seconds"]
    note = notes.get(name)
    return (
        f"{name} {note.mark}" if note else name,
        _render_need(document),
        _render_time(time, ">= ") if time else "unknown",
        render_range(time["low"], time["high"]) if time else "",
        "" if document.get("available") is None else str(document["available"]),
        document["binding_term"] or "",
        _render_path(document),
    )


def _render_need(document: Document) -> str:
    """The total, an upper bound where a least one stands beside it, and on how many if known."""
    need, count = document["memory_bytes"], document["devices_needed"]
    shown = render_size(need["total"])
    if need["total"] is not None and "least" in need:
        shown = f"<= {shown}"
    return shown if count in (1, None) else f"{shown} on {count}"


def _render_time(time: Document, least: str) -> str:
    """The expected time: more where not all was read, at most where data decide what is done."""
    shown = render_seconds(time["expected"])
    if time.get("at_least"):
        return f"{least}{shown}"
    return f"<= {shown}" if time.get("at_most") else shown


def _render_share(document: Document) -> str:
    """The part of all cases that an interval is for, before it."""
    share = document.get("interval_share")
    return f"{share:.0%}: ".replace("%", " %") if share else ""


def _render_path(document: Document) -> str:
    return ", ".join(stage["toolchain"] for stage in document["compile_path"])


def _show_note(page: Page, note: Note) -> None:
    """The change first, since that is what somebody has to do."""
    mark = f"{note.mark} {note.count}:" if note.count > 1 else note.mark
    first, *others = [*note.changes, *note.reasons]
    page.say_marked(mark, first)
    for other in others:
        page.say_marked(" " * len(note.mark), other)


def _show_groups(
    page: Page, documents: Sequence[Document], most_others: int | None, *, is_everything: bool
) -> None:
    groups = group_reasons(documents)
    shown = groups if is_everything else groups[:_SHOWN_GROUPS]
    for group in shown:
        _show_group(page, group, is_everything=is_everything)
        _show_others(page, group, most_others)
        _show_advice(page, group, is_everything=is_everything)
    left = groups[len(shown) :]
    if left:
        count = sum(group.count for group in left)
        noun = "reason" if len(left) == 1 else "reasons"
        page.say(f"... and {count} more for {len(left)} other {noun} (--all shows them)")


def _show_group(page: Page, group: ReasonGroup, *, is_everything: bool) -> None:
    fixes = list(group.devices.items())
    if group.count == 1:
        ((fix, (name,)),) = fixes
        page.say_marked(f"  {name}:", group.text, hang=4)
        if fix:
            page.say(f"hint: {fix}", depth=3, hang=2)
    else:
        page.say_marked(f"{group.count:3}:", group.text)
        most = len(fixes) if is_everything else _SHOWN_FIXES
        for fix, names in fixes[:most]:
            _show_fix(page, fix, names, is_only=len(fixes) == 1, is_everything=is_everything)
        if most < len(fixes):
            page.say(f"... and {sum(len(names) for _, names in fixes[most:])} more", depth=3)


def _show_others(page: Page, group: ReasonGroup, most: int | None) -> None:
    """What else is said of the devices of a group."""
    for text, count in group.others.most_common(most):
        of = "" if count == group.count else f" (of {count})"
        page.say(f"also{of}: {text}", depth=3, hang=2)
    if most is not None and len(group.others) > most:
        page.say(f"... and {len(group.others) - most} more (--all shows them)", depth=3)


def _show_advice(page: Page, group: ReasonGroup, *, is_everything: bool) -> None:
    """The changes that work and the devices that need none, with how many each is for."""
    for label, found in (("nearest fix", group.fixes), ("nearest device", group.nearest)):
        most = len(found) if is_everything else _SHOWN_FIXES
        told = [
            text if count == group.count else f"{text} ({count})"
            for text, count in found.most_common(most)
        ]
        if told:
            left = f" and {len(found) - most} more" if len(found) > most else ""
            page.say(f"{label}: {', '.join(told)}{left}", depth=3, hang=2)


def _show_fix(
    page: Page, fix: str, names: Sequence[str], *, is_only: bool, is_everything: bool
) -> None:
    """What helps, with the devices that it helps on."""
    if fix or not is_only:
        told = f"hint: {fix}" if fix else "no hint"
        page.say(told if is_only else f"{told} ({len(names)})", depth=3, hang=2)
    listed = _list_names(names, len(names) if is_everything else _SHOWN_NAMES)
    page.say(listed, depth=3 if is_only and not fix else 4)


def _list_names(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _describe(document: Document) -> Iterator[tuple[str, str]]:
    """All that is known of one verdict, label by label."""
    need, time = document["memory_bytes"], document["time_seconds"]
    for change in document["changes"]:
        yield "change", change
    for reason in document["reasons"]:
        text, fix = split_reason(reason)
        yield "why", text
        if fix:
            yield "hint", fix
    if document.get("nearest_fix"):
        yield "nearest fix", render_fix(document["nearest_fix"])
    elif document["verdict"] not in FITTING:
        yield "nearest fix", "no single change is known to make it run here"
    if document.get("nearest_device"):
        yield "nearest device", f"{document['nearest_device']} runs it as it is"
    usable = need["usable_per_device"]
    has = "" if usable is None else f"; a device has {render_size(usable)} usable"
    between = ""
    if need.get("low") is not None:
        ends = f"{render_size(need['low'])} to {render_size(need['high'])}"
        between = f" ({_render_share(document)}{ends})"
    yield "memory", f"{_render_need(document)}{between}{has}"
    items = [(item.replace("_", " "), need[item]) for item in _ITEMS if item in need]
    yield "of it", ", ".join(f"{label} {render_size(size)}" for label, size in items if size != 0)
    if time is not None:
        bound = f", bound by {document['binding_term']}" if document["binding_term"] else ""
        interval = render_range(time["low"], time["high"])
        shown = _render_time(time, "at least ")
        yield "time", f"{shown} ({_render_share(document)}{interval}){bound}"
    for stage in document["compile_path"]:
        yield "compiled", f"by {stage['toolchain']} from {stage['from']} to {stage['to']}"
    if document["assumptions"]:
        yield "assuming", "; ".join(document["assumptions"])
