"""The body of a request: read within limits, parsed strictly, and held against a schema."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import jsonschema

from cyborg_rr.api.request.caller import Environ
from cyborg_rr.api.request.errors import BodyTooLarge, UnsupportedMediaType
from cyborg_rr.domain.errors import InvalidInput

JSON = "application/json"
OCTETS = "application/octet-stream"
_FORM = "application/x-www-form-urlencoded"
_CHUNK_BYTES = 256 * 1024
_MAX_DRAINED_BYTES = 256 * 1024**2
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+\\?(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
"""A string (to the end where nothing closes it) or a bracket; found without looking back."""
_MAX_INTEGER = 2**63


class Body:
    """The bytes that follow the headers of one request, read once and never beyond their end."""

    def __init__(self, environ: Environ) -> None:
        self._stream: BinaryIO = environ["wsgi.input"]
        self._left: int | None = _parse_length(environ)
        self.content_type: str = (
            str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
        )
        self.length = self._left
        """Bytes announced; None when they come in chunks until the end."""
        self.is_broken = False
        """Whether nobody knows where the body ends: the connection can carry no next request."""

    def _chunks(self) -> Iterator[bytes]:
        while self._left is None or self._left > 0:
            wanted = _CHUNK_BYTES if self._left is None else min(_CHUNK_BYTES, self._left)
            try:
                chunk = self._stream.read(wanted)
            except (OSError, ValueError) as error:  # ValueError: chunks that are none
                self.is_broken, self._left = True, 0
                raise InvalidInput(f"the body could not be read: {error}") from error
            if not chunk:
                if self._left:
                    left, self._left = self._left, 0
                    raise InvalidInput(f"the body ended {left} bytes before its announced end")
                self._left = 0
                return
            if self._left is not None:
                self._left -= len(chunk)
            yield chunk

    def _limited(self, limit_bytes: int) -> Iterator[bytes]:
        if self.length is not None and self.length > limit_bytes:
            raise BodyTooLarge(
                f"the body has {self.length} bytes; at most {limit_bytes} are read here"
            )
        total = 0
        for chunk in self._chunks():
            total += len(chunk)
            if total > limit_bytes:
                raise BodyTooLarge(f"the body has more than the {limit_bytes} bytes read here")
            yield chunk

    def read_json(self, limit_bytes: int, max_depth: int) -> Any:
        """The body as a JSON value; ``InvalidInput`` with the reason when it is not one."""
        data = b"".join(self._limited(limit_bytes))
        if not data or self.content_type == _FORM:
            raise InvalidInput("the request needs a JSON body")
        if self.content_type != JSON:
            raise UnsupportedMediaType(
                f"the body must be {JSON}, not {self.content_type[:100] or 'of no stated type'}"
            )
        return parse_json(data, max_depth)

    def copy_to(self, target: BinaryIO, limit_bytes: int) -> tuple[int, str]:
        """Write the body to a file; returns its length and SHA-256."""
        digest = hashlib.sha256()
        total = 0
        for chunk in self._limited(limit_bytes):
            digest.update(chunk)
            target.write(chunk)
            total += len(chunk)
        target.flush()
        return total, digest.hexdigest()

    def drain(self) -> None:
        """Read what nobody wanted, so that the connection can carry the next request.

        ``ConnectionError`` when it comes in chunks without end: the server then hangs up.
        """
        drained = 0
        try:
            for chunk in self._chunks():
                drained += len(chunk)
                if self.length is None and drained > _MAX_DRAINED_BYTES:
                    raise ConnectionAbortedError("the caller does not stop sending")
        except InvalidInput:
            return  # the caller has gone; there is nobody left to tell


def _parse_length(environ: Environ) -> int | None:
    text = environ.get("CONTENT_LENGTH")
    if not text:
        return None if environ.get("wsgi.input_terminated") else 0
    return int(text) if str(text).isascii() and str(text).isdigit() else 0


NO_BODY = Body({"wsgi.input": io.BytesIO()})
"""The body of a request that announces none."""


def parse_json(data: bytes, max_depth: int) -> Any:
    """Parse JSON, refusing what parsers disagree on or databases choke on.

    Refused with ``InvalidInput``: text that is not UTF-8, deep nesting, a key twice in one object,
    NaN and infinities, integers beyond 64 bits, unpaired surrogates and NUL characters.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the body is not UTF-8: byte {error.start} is wrong") from error
    _check_depth(text, max_depth)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_parse_object,
            parse_int=_parse_integer,
            parse_float=_parse_float,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from error
    _check_texts(value)
    return value


def _check_depth(text: str, max_depth: int) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0][0] == '"':
            continue
        depth += 1 if token[0] in "[{" else -1
        if depth > max_depth:
            raise InvalidInput(f"the body is nested deeper than {max_depth} levels")


def _parse_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidInput(f"the body has the key {twice[:100]!r} twice in one object")
    return value


def _parse_integer(text: str) -> int:
    if len(text) > 20 or not -_MAX_INTEGER <= int(text) < _MAX_INTEGER:
        raise InvalidInput(f"the body has the number {text[:40]}..., which is out of range")
    return int(text)


def _parse_float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise InvalidInput(f"the body has the number {text[:40]}, which is out of range")
    return value


def _refuse_constant(text: str) -> None:
    raise InvalidInput(f"the body has {text}, which is not JSON")


def _check_texts(value: Any) -> None:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, str):
            if "\x00" in item:
                raise InvalidInput("the body has a text with a NUL character")
            if not item.isascii() and any("\ud800" <= char <= "\udfff" for char in item):
                raise InvalidInput("the body has a text with an unpaired surrogate")


UUID_PATTERN = r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}"
"""A UUID, with or without hyphens and in either case."""

UUID_SCHEMA = {"type": "string", "pattern": rf"^{UUID_PATTERN}\Z"}

ONE_LINE_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1000,
    "pattern": r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z",
}
"""One line of words for people."""


_MAX_MISTAKES = 50
"""Mistakes that are looked at for the one to tell: a body can have a hundred thousand."""


class Schema:
    """A compiled JSON schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        kind = jsonschema.Draft202012Validator
        kind.check_schema(schema)
        self.document = schema
        self._validator = kind(schema)

    def check(self, value: Any) -> None:
        """``InvalidInput`` names the place of a mistake and what is wrong there."""
        mistakes = islice(self._validator.iter_errors(value), _MAX_MISTAKES)
        error = jsonschema.exceptions.best_match(mistakes)
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
