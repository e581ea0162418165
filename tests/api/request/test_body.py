"""JSON is parsed more strictly than the JSON module does."""

from __future__ import annotations

import pytest

from cyborg_rr.api.request.body import parse_json
from cyborg_rr.domain.errors import InvalidInput

DEPTH = 25


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "not UTF-8"),
        (b"[1", "not JSON"),
        (b"[" * 26 + b"]" * 26, "deeper than 25"),
        (b"[" * 200_000, "deeper than 25"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"1e999", "out of range"),
        (b"9223372036854775808", "out of range"),
        (b"9" * 5000, "out of range"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'["\\u0000"]', "NUL"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"", "not JSON"),
        (b'"' + b'\\"' * 500_000, "not JSON"),  # each quote may begin a string without end
        (b'"' + b"\\\\" * 500_000 + b"\\", "not JSON"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_it_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_json(data, DEPTH)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"[" * 25 + b"]" * 25, None),
        (b'"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
        (b'"\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', '"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"-9223372036854775808", -(2**63)),
        (b'{"a": {"b": [1.5, true, null]}}', {"a": {"b": [1.5, True, None]}}),
    ],
)
def test_it_is_read(data: bytes, value: object) -> None:
    parsed = parse_json(data, DEPTH)
    assert value is None or parsed == value
