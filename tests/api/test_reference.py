"""The API reference tells the truth: its examples are played, its lists are complete."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyborg_rr.api.operations import list_routes
from cyborg_rr.api.request.errors import STATUS
from cyborg_rr.api.request.version import HISTORY, VERSIONS
from doc.source._ext.list_filters import render_filters
from tests.api.stage import Stage

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "doc" / "source" / "api.rst").read_text()
MODEL = (ROOT / "tests" / "data" / "onnx" / "cnn.onnx").read_bytes()
BLOCK = re.compile(
    r"^( *)\.\. code-block:: none\n(?:\1   :.*\n)?\n((?:(?:\1   .*)?\n)+)", re.MULTILINE
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Example:
    """A request and its answer, as the reference shows them."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    status: int
    answer: str | None


def list_examples() -> Iterator[Example]:
    """All examples, in the order in which they stand."""
    for block in BLOCK.finditer(TEXT):
        indent = len(block[1]) + 3
        lines = "\n".join(line[indent:] for line in block[2].rstrip().splitlines())
        head, *parts = lines.split("\n\n")
        request, *headers = head.splitlines()
        place = next(n for n, part in enumerate(parts) if re.fullmatch(r"\d{3}", part))
        method, path = request.split()
        yield Example(
            method,
            path,
            dict(header.split(": ") for header in headers),
            "\n\n".join(parts[:place]) or None,
            int(parts[place]),
            "\n\n".join(parts[place + 1 :]) or None,
        )


class Reader:
    """Fills in what earlier answers gave, and holds answers against what the reference shows."""

    def __init__(self) -> None:
        self.values = {"base": "http://localhost"}

    def fill(self, text: str) -> str:
        """The text with the known values in it."""
        return VARIABLE.sub(lambda match: self.values.get(match[1], match[0]), text)

    def hold(self, shown: Any, given: Any, place: str) -> None:
        """The given value is the shown one; a name that is new is learnt."""
        if shown == "...":
            return
        if isinstance(shown, str) and (name := VARIABLE.fullmatch(shown)):
            self._hold_variable(name[1], given, place)
        elif isinstance(shown, dict):
            assert list(shown) == list(given) or set(shown) == set(given), place
            for key, value in shown.items():
                self.hold(value, given[key], f"{place}.{key}")
        elif isinstance(shown, list):
            assert len(shown) == len(given), place
            for number, value in enumerate(shown):
                self.hold(value, given[number], f"{place}[{number}]")
        else:
            shown = self.fill(shown) if isinstance(shown, str) else shown
            assert given == shown, place

    def _hold_variable(self, name: str, given: Any, place: str) -> None:
        if name == "time":
            assert TIME.fullmatch(given), place
        else:
            assert self.values.setdefault(name, given) == given, place


def test_every_example_is_answered_as_it_stands_there(stage: Stage) -> None:
    stage.add_host("compute-1")
    stage.add_host("compute-2")
    reader = Reader()
    played = 0
    for example in list_examples():
        path = reader.fill(example.path)
        body = None if example.body is None else reader.fill(example.body).encode()
        if body == b"<the model file>":
            body = MODEL
        answer = stage.call(example.method, path, body, service=True, headers=example.headers)
        assert answer.status == example.status, (example, answer)
        if example.answer is None:
            assert answer.body == b""
        else:
            reader.hold(json.loads(example.answer), answer.json, f"{example.method} {path}")
        played += 1
    assert played == TEXT.count("code-block:: none")


def test_every_operation_stands_there(shared_stage: Stage) -> None:
    shown = set(re.findall(r"``(GET|POST|PATCH|DELETE) (/\S*)``", TEXT))

    def shape(path: str) -> str:
        return re.sub(r"\{\w+\}", "{}", path).removesuffix("/program/{}")

    served = {
        (route.method, "/" if route.path == "" else "/v2" if route.path == "v2" else path)
        for route in list_routes(shared_stage.services)
        if not (path := f"/v2/{route.path}").endswith("/{again}")
    } - {("DELETE", "/v2/attributes")}  # which only says that it is none
    known = {(method, shape(path)) for method, path in shown}
    assert {(method, shape(path)) for method, path in served} | {("GET", "/healthcheck")} == known


def test_every_error_and_every_version_stands_there() -> None:
    table = re.findall(r"^   (\d{3}) +((?:.*\n)(?: {11}.*\n)*)", TEXT, re.MULTILINE)
    shown = {
        code: int(status) for status, rest in table for code in re.findall(r"``([a-z_]+)``", rest)
    }
    assert shown == dict(STATUS)
    for version in VERSIONS:
        assert re.search(rf"^   {version} +\S", TEXT, re.MULTILINE)


def test_the_history_of_the_versions_is_that_of_the_program() -> None:
    rows = re.findall(r"^   (\d+\.\d+) {2,}((?:.*\n)(?: {13}.*\n)*)", TEXT, re.MULTILINE)
    shown = {version: " ".join(text.split()) for version, text in rows}
    assert shown == {str(version): text for version, text in HISTORY.items()}
    assert list(VERSIONS) == sorted(VERSIONS)


def test_every_query_parameter_stands_there(shared_stage: Stage) -> None:
    for route in list_routes(shared_stage.services):
        filters = f".. list-filters:: {route.path}\n"
        shown = TEXT + render_filters(route.path) if filters in TEXT else TEXT
        for parameter in route.query:
            assert re.search(rf"``{re.escape(parameter.name)}\b", shown), (route.path, parameter)


def test_the_filters_of_a_list_are_told_with_meaning_and_version() -> None:
    assert render_filters("deployables") == (
        "Filters: ``name`` (from 2.100), ``device`` (a device's uuid; from 2.100),"
        " ``rp_uuid`` (from 2.101), ``driver_name`` (from 2.101)."
    )
