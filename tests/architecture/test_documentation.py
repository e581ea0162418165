"""The documentation says what the programs have."""

import argparse
import importlib
import re

import pytest

from cyborg_rr.cmd.cli import SUBCOMMANDS
from tests.architecture.tree import ROOT

_PAGE = (ROOT / "doc" / "source" / "user" / "command-line.rst").read_text()


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_every_option_of_a_command_is_described(command: str) -> None:
    section = re.search(rf"^{command}\n=+\n(.*?)(?=^\w+\n=+\n|\Z)", _PAGE, re.M | re.S)
    assert section is not None, f"command-line.rst has no section {command}"
    parser = argparse.ArgumentParser(add_help=False)
    importlib.import_module(f"cyborg_rr.cmd.{command}").add_arguments(parser)
    there = {option for action in parser._actions for option in action.option_strings}
    described = set(re.findall(r"``(-[\w-]+)", section[1]))
    assert described == there


@pytest.mark.parametrize("page", ["README.rst", "doc/source/user/model-to-device.rst"])
def test_a_transcript_has_its_place(page: str) -> None:
    text = (ROOT / page).read_text()
    begin, end = text.index(".. demo transcript begins"), text.index(".. demo transcript ends")
    assert begin < end
