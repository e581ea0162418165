"""The documentation says what the programs have."""

import argparse
import ast
import importlib
import re

import pytest

from cyborg_rr.cli.main import VERBS
from tests.architecture.tree import ROOT, parse

_PAGE = (ROOT / "doc" / "source" / "user" / "command-line.rst").read_text()


@pytest.mark.parametrize("command", VERBS)
def test_every_option_of_a_command_is_described(command: str) -> None:
    section = re.search(rf"^{command}\n=+\n(.*?)(?=^\w[\w ]*\n=+\n|\Z)", _PAGE, re.M | re.S)
    assert section is not None, f"command-line.rst has no section {command}"
    parser = argparse.ArgumentParser(add_help=False)
    importlib.import_module(f"cyborg_rr.cli.verbs.{command}").add_arguments(parser)
    there = {option for action in parser._actions for option in action.option_strings}
    described = set(re.findall(r"``(-[\w-]+)", section[1]))
    assert described == there


def _list_chapters_of_the_demo() -> list[str]:
    """The titles that the demo prints, in the order of its source."""
    calls = (
        node
        for node in ast.walk(parse(ROOT / "cyborg_rr" / "cli" / "verbs" / "demo.py"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    return sorted(
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "_open_chapter"
        and isinstance(call.args[0], ast.Constant)
    )


def test_the_transcript_in_the_documentation_has_the_steps_of_the_demo() -> None:
    transcript = (ROOT / "doc" / "source" / "user" / "demo.txt").read_text()
    shown = re.findall(r"^== (.*)$", transcript, re.M)
    assert sorted(shown) == _list_chapters_of_the_demo()
    assert '"state": "Bound"' in transcript


def test_the_readme_shows_the_same_transcript() -> None:
    text = (ROOT / "README.rst").read_text()
    shown = text.partition(".. demo transcript begins")[2].partition(".. demo transcript ends")[0]
    transcript = (ROOT / "doc" / "source" / "user" / "demo.txt").read_text()
    lines = [line.removeprefix("   ") for line in shown.splitlines()]
    assert "\n".join(lines).strip().endswith(transcript.strip())
