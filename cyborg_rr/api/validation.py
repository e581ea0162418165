"""Checking what callers send against a JSON schema, with errors that name the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jsonschema

from cyborg_rr.domain.errors import InvalidInput

_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}", re.ASCII)

UUID_SCHEMA = {
    "type": "string",
    "pattern": "^[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\\1[0-9a-fA-F]{4}\\1[0-9a-fA-F]{4}\\1"
    "[0-9a-fA-F]{12}\\Z",
}


class Schema:
    """A compiled JSON schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        kind = jsonschema.Draft202012Validator
        kind.check_schema(schema)
        self.document = schema
        self._validator = kind(schema)

    def check(self, value: Any) -> None:
        """``InvalidInput`` names the place of the first mistake and what is wrong there."""
        error = jsonschema.exceptions.best_match(self._validator.iter_errors(value))
        if error is not None:
            raise InvalidInput(f"{_place(error.absolute_path)}: {_explain(error)}")


def _place(path: Any) -> str:
    text = "body"
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{str(part)[:100]}"
    return text


def _explain(error: Any) -> str:
    message = str(error.message)
    if len(message) > 300:  # it quotes the value, which may be the whole body
        return f"the value breaks the rule {error.validator!r} of the operation's schema"
    return message


def is_uuid_like(text: object) -> bool:
    """Whether the text is a UUID, with or without hyphens and in either case."""
    return isinstance(text, str) and _UUID.fullmatch(text.lower()) is not None


def parse_uuid(what: str, text: object) -> str:
    """The text when it is a UUID; ``InvalidInput`` otherwise. Kept as written: ids are compared
    to the letter."""
    if not is_uuid_like(text):
        raise InvalidInput(f"{what} must be a UUID, not {str(text)[:100]!r}")
    return str(text)
