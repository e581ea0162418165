"""The query string of a request: declared parameters only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from cyborg_rr.api.microversion import MINIMUM, Version
from cyborg_rr.domain.errors import InvalidInput

MAX_FIELDS = 1000
MAX_NUMBER = 2**31 - 1
"""The largest number that fits the integer columns of every database."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter that an operation takes, and from which version on."""

    name: str
    since: Version = MINIMUM


class Query:
    """The parameters that a request has."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def find(self, name: str) -> str | None:
        """The parameter's value; of several the last one."""
        values = self._values.get(name)
        return values[-1] if values else None

    def list_all(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated, in order."""
        return self._values.get(name, [])

    def list_pairs(self) -> list[tuple[str, str]]:
        """Every parameter with every value, as the caller sent them."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def find_number(self, name: str, least: int) -> int | None:
        """The parameter as a whole number of at least ``least``."""
        text = self.find(name)
        return None if text is None else parse_number(name, text, least)


def parse_number(name: str, text: str, least: int) -> int:
    """A whole number written in ASCII digits; ``InvalidInput`` names the parameter."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 10:
        number = int(text)
        if least <= number <= MAX_NUMBER:
            return number
    raise InvalidInput(
        f"{name} must be a whole number from {least} to {MAX_NUMBER}, not {text[:100]!r}"
    )


def parse_query(text: str, parameters: Sequence[Parameter], version: Version) -> Query:
    """Read a WSGI query string; an undeclared parameter is ``InvalidInput``."""
    known = {parameter.name for parameter in parameters if parameter.since <= version}
    values: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            text.encode("latin-1").decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeError as error:
        raise InvalidInput("the query string is not UTF-8") from error
    except ValueError as error:
        raise InvalidInput(f"the query string cannot be read: {error}") from error
    for name, value in pairs:
        if name not in known:
            raise InvalidInput(
                f"unknown query parameter {name[:100]!r}; known here are:"
                f" {', '.join(sorted(known)) or 'none'}"
            )
        if "\x00" in value:
            raise InvalidInput(f"query parameter {name} has a NUL character")
        values.setdefault(name, []).append(value)
    return Query(values)
