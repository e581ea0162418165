"""What an operator decides about cleaning, as values."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from enum import StrEnum

from cyborg_rr.domain.errors import InvalidInput


class HookWhen(StrEnum):
    """Where the operator's hook stands to the driver's own step."""

    INSTEAD = "instead"
    AFTER = "after"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class CleaningSettings:
    """The options of the group [cleaning]; ``hook`` is the program with its arguments."""

    hook: tuple[str, ...] = ()
    hook_when: HookWhen = HookWhen.INSTEAD
    hook_timeout_seconds: float = 300
    step_timeout_seconds: float = 900
    releases_without_method: bool = False
    workers: int = 4


def parse_hook(text: str | None) -> tuple[str, ...]:
    """The program and its arguments; ``InvalidInput`` for what cannot be run as it stands."""
    if not text:
        return ()
    try:
        command = tuple(shlex.split(text))
    except ValueError as error:
        raise InvalidInput(f"option [cleaning] hook: {error}") from error
    if not command or not os.path.isabs(command[0]):
        raise InvalidInput(f"option [cleaning] hook: {text!r} does not begin with an absolute path")
    if not os.path.isfile(command[0]) or not os.access(command[0], os.X_OK):
        raise InvalidInput(f"option [cleaning] hook: {command[0]} is not a program that can be run")
    return command
