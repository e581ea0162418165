"""What people read keeps to its width, holds nothing that acts on a terminal, and can be pasted."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr.cli.rendering.columns import Column
from cyborg_rr.cli.rendering.folding import measure
from cyborg_rr.cli.rendering.page import Page, quote_word
from cyborg_rr.cli.rendering.requirements import render_summary, show_requirement
from cyborg_rr.cli.rendering.verdicts import render_counts, show_verdict, show_verdicts
from cyborg_rr.domain.words import OUTCOMES
from tests.cli.documents import make_document, make_verdict
from tests.cli.golden import SHOWN, WIDTHS, find_golden, render

GOLDEN = sorted((Path(__file__).parents[1] / "matching" / "golden").glob("*.json"))
"""Answers for whole models."""

TEXTS = st.text(
    st.one_of(
        st.sampled_from("\x1b\r\n\t\x00\x07\x9b\u202e\u2028\ud800 名é[]:'\\$\"x-"), st.characters()
    ),
    max_size=70,
)
"""Whatever a model could call something, with much of what acts on terminals and shells."""


class Terminal(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Whether it is one."""
        return True


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SHOWN)
def test_an_answer_looks_as_it_did(name: str, width: int) -> None:
    assert render(name, width) == find_golden(name, width).read_text()


def find_faults(shown: str, width: int) -> list[str]:
    """Lines that are too wide, or hold what could act."""
    return [
        line
        for line in shown.removesuffix("\n").split("\n")
        if not line.isprintable() or measure(line) > width or line != line.rstrip()
    ]


@given(TEXTS, TEXTS, TEXTS, st.integers(40, 120))
@settings(max_examples=150, deadline=None)
def test_a_requirement_keeps_its_width_whatever_is_called_what(
    first: str, second: str, third: str, width: int
) -> None:
    tensor = {"name": first, "element_type": "f32", "shape": [second, 3]}
    document = make_document(
        name=first,
        inputs=[tensor],
        outputs=[tensor],
        operations={second: 3},
        symbols=[second],
        warnings=[third, second],
        targets=[{"kind": first, "value": second}],
        ir={"family": "onnx", "version": third, "producer": second, "producer_version": first,
            "dialects": [{"name": first, "version": third}]},
    )  # fmt: skip
    stream = StringIO()
    page = Page(stream, width)
    page.say(render_summary(document), hang=2)
    show_requirement(page, document)
    assert find_faults(stream.getvalue(), width) == []


@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS, TEXTS, st.integers(40, 120))
@settings(max_examples=150, deadline=None)
def test_verdicts_keep_their_width_whatever_is_called_what(
    names: list[str], reason: str, fix: str, width: int
) -> None:
    documents: list[dict[str, Any]] = [
        make_verdict(name, outcome, reasons=[f"{reason} (nearest fix: {fix})", fix], changes=[fix],
                     compile_path=[{"toolchain": reason, "from": fix, "to": fix}])
        for name in names
        for outcome in ("fits", "fits if", "unknown", "does not fit")
    ]  # fmt: skip
    stream = StringIO()
    page = Page(stream, width)
    page.say(render_counts(documents))
    show_verdicts(page, documents, is_everything=False)
    for document in documents:
        show_verdict(page, document)
    assert find_faults(stream.getvalue(), width) == []


@pytest.mark.parametrize("sure", [None, 0, 100])
def test_work_and_time_of_a_part_are_told_as_at_least(sure: int | None) -> None:
    """In the sentence about the model, its table, the rows of devices, and all about one."""
    most = {} if sure is None else {"at_most": {"macs": sure}}
    compute = {"macs": 4096, "flops": 8192, "flops_other": 0, "at_least": True, **most}
    document = make_document(compute=compute)
    time = {"low": 1e-3, "expected": 2e-3, "high": 3e-3, "at_least": True}
    verdict = make_verdict("one", time_seconds=time)
    stream = StringIO()
    page = Page(stream, 120)
    show_requirement(page, document)
    show_verdicts(page, [verdict], is_everything=True)
    show_verdict(page, verdict)
    shown = " ".join(stream.getvalue().split())
    least = "4.10 k (4,096)" if sure is None else str(sure)
    assert f"multiply-adds at least {least}" in shown
    assert ">= 2.0 ms" in shown
    assert "time at least 2.0 ms (80 %: 1.0 to 3.0 ms)" in shown
    short = "4.10 k" if sure is None else str(sure)
    assert f"at least {short} multiply-adds" in render_summary(document)
    assert "best: one in at least 2.0 ms" in render_counts([verdict])


@pytest.mark.parametrize("width", [40, 60, 70, 80, 100])
@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_no_answer_is_wider_than_the_terminal(path: Path, width: int) -> None:
    """Names of kernels and whole profiles among them."""
    answer = json.loads(path.read_text())
    document, verdicts = answer["requirement"], list(answer["verdicts"].values())
    verdicts.sort(key=lambda verdict: OUTCOMES.index(verdict["verdict"]))
    stream = StringIO()
    page = Page(stream, width)
    show_requirement(page, document)
    page.say(render_summary(document), hang=2)
    for is_everything in (False, True):
        show_verdicts(page, verdicts, is_everything=is_everything)
    for verdict in verdicts:
        show_verdict(page, verdict)
        profile = [{f"trait:CUSTOM_{verdict['device_class'].upper()}": "required"}]
        page.show_next("Next", ["openstack", "profile", "create", "m", json.dumps(profile)])
    assert find_faults(stream.getvalue(), width) == []


def test_rows_that_do_not_fit_become_records() -> None:
    stream = StringIO()
    columns = (Column("name"), Column("one", is_number=True), Column("two"), Column("three"))
    Page(stream, 60).show_rows(columns, [("n" * 40, "1" * 15, "2" * 15, ""), ("b", "4", "5", "6")])
    assert stream.getvalue().splitlines() == [
        "n" * 40,
        f"  one {'1' * 15}, two {'2' * 15}",
        "b",
        "  one 4, two 5, three 6",
    ]


def _encode(letter: str) -> bytes:
    """As the bytes of a path that are no UTF-8 are kept, and as JSON may have it."""
    of_a_path = "\udc80" <= letter <= "\udcff"
    return letter.encode(errors="surrogateescape" if of_a_path else "surrogatepass")


@given(
    st.lists(TEXTS.filter(lambda text: "\0" not in text), min_size=1, max_size=5),
    st.integers(40, 120),
)
@settings(max_examples=40, deadline=None)
def test_a_command_gives_a_shell_the_words_that_were_meant(texts: list[str], width: int) -> None:
    meant = [b"".join(map(_encode, text)) for text in texts]
    stream = StringIO()
    Page(stream, width).show_command(["printf", "%s\\0", *texts])
    assert find_faults(stream.getvalue(), width) == []
    done = subprocess.run(
        ["bash", "-c", stream.getvalue()], capture_output=True, check=True, timeout=20
    )
    assert done.stdout.split(b"\0")[:-1] == meant


def test_a_long_command_is_folded_between_its_words() -> None:
    stream = StringIO()
    words = ["cyborg-rr", "match", "/a/folder/" + "m" * 70, "--input", "ids=1x128", "--batch", "8"]
    Page(stream, 60).show_command(words)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 60
    assert shlex.split(stream.getvalue().replace("\\\n", "")) == words


def test_a_printable_word_is_quoted_as_always() -> None:
    assert quote_word("a b") == "'a b'"
    assert quote_word("\x1b[2J'") == "$'\\033[2J\\''"


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def show(stream: StringIO) -> str:
        show_verdicts(Page(stream, 80), [make_verdict("a\x1b[1m")], is_everything=False)
        return stream.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in show(StringIO())
    shown = show(Terminal())
    assert re.findall("\x1b" + r"\[[0-9;]*m", shown) == ["\x1b[1;32m", "\x1b[0m"]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in show(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in show(Terminal())


@pytest.mark.parametrize(("stated", "width"), [("60", 60), ("9" * 5000, 80), ("x", 80), ("1", 40)])
def test_the_width_is_what_the_environment_says_within_reason(
    stated: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", stated)
    monkeypatch.setattr("os.get_terminal_size", lambda: (_ for _ in ()).throw(OSError))
    assert Page(StringIO()).width == width
