"""JSON piece by piece: what is read, what is refused, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.json_pieces import WINDOW_BYTES, JsonText
from tests.patience import grows_in_proportion


def open_text(text: str | bytes) -> JsonText:
    data = text.encode() if isinstance(text, str) else text
    return JsonText(data, 0, len(data), "program")


def take_all(text: JsonText) -> None:
    for _ in text.names():
        text.value()
    text.end()


def test_pieces_are_what_the_whole_would_be() -> None:
    stated = {"list": [{"a": n, "b": "ü" * (n % 7)} for n in range(40_000)], "n": 12, "none": []}
    text = open_text("\ufeff" + json.dumps(stated, ensure_ascii=False, indent=1))
    taken: dict[str, object] = {}
    for name in text.names():
        taken[name] = list(text.items()) if name != "n" else text.value()
    text.end()
    assert taken == stated


@pytest.mark.parametrize("before", [WINDOW_BYTES - 12, WINDOW_BYTES - 11, WINDOW_BYTES - 3])
def test_a_number_that_a_window_cuts_is_whole(before: int) -> None:
    text = open_text('["' + "x" * (before - 10) + '", 1234567, 8]')
    assert list(text.items())[1:] == [1234567, 8]


def test_what_is_passed_over_is_as_good_as_taken() -> None:
    text = open_text('{"a": {"b": [1, {"c": {"d": {"e": {}}}}]}, "f": 2}')
    assert [text.value() if name == "f" else text.skip() for name in text.names()] == [None, 2]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"", "is not JSON"),
        (b"[", "is not JSON"),
        (b"3", "is not an object"),
        (b"{", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b'{"a": 1,}', "is not JSON"),
        (b'{"a" 1}', "is not JSON"),
        (b"{3: 1}", "is not JSON"),
        (b'{"a": 1]', "is not JSON"),
        (b'{"a": "\xff"}', "is not JSON"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b'{"a": ' + b"[" * 100_000, "nested too deep"),
        (b'{"a": 1} 2', "is not JSON"),
    ],
    ids=range(13),
)
def test_what_is_no_json_is_refused(text: bytes, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        take_all(open_text(text))


def test_a_piece_that_never_ends_costs_no_more_than_its_length() -> None:
    def make(size: int) -> Callable[[], None]:
        text = b'{"a": "' + b"x" * size

        def work() -> None:
            with pytest.raises(UnreadableModel):
                open_text(text).skip()

        return work

    grows_in_proportion(make, 30_000_000)
