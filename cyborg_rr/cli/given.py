"""The options that somebody gave, as words of a command line that gives them again."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from typing import Any

NOT_REPEATED = frozenset({"format", "help", "all"})
"""What says how an answer is shown, and not of what."""


def remember(parser: argparse.ArgumentParser) -> None:
    """Let ``list_given`` know which options there are."""
    parser.set_defaults(parser=parser)


def list_given(arguments: argparse.Namespace, left_out: Collection[str] = ()) -> list[str]:
    """Each option that is not as it is by default, with its values."""
    words: list[str] = []
    for action in arguments.parser._actions:
        if not action.option_strings or action.dest in {*NOT_REPEATED, *left_out}:
            continue
        value = getattr(arguments, action.dest)
        if value != action.default:
            words += _list_words(action.option_strings[-1], value)
    return words


def _list_words(option: str, value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        text = "" if each is True else str(each)
        if text.startswith("-"):  # or it would be taken for an option
            yield f"{option}={text}"
        else:
            yield option
            yield from [text] if text else []
