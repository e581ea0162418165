"""From nGraph's JSON to a graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Arguments, Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import list_names, quote, shorten
from cyborg_rr.readers.ngraph.document import Function, parse_functions
from cyborg_rr.readers.ngraph.graph import Translation
from cyborg_rr.readers.reading.source import Source

MAX_BYTES: Final = 1 << 30
"""Of a file: constants stand in it as text."""


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no nGraph function: give the .json file")
    if len(source.data) > MAX_BYTES:
        raise UnreadableModel(f"the file has more than {MAX_BYTES} bytes")
    functions = parse_functions(source.data)
    named = {function.name: function for function in functions}
    if len(named) != len(functions):
        raise UnreadableModel("two functions have one name")
    entry = functions[-1]
    translation = Translation(named)
    body = translation.write(entry, is_entry=True)
    version = _find_generation(functions)
    return Graph(
        ir=IRIdentity(
            family, version, "json", producer="ngraph",
            dialects=(Dialect("opset", str(version)),),
        ),
        name=shorten(entry.name) or source.name,
        body=body,
        arguments=Arguments(tuple((name,) for name in body.inputs)),
        weights_guessed=not any(each.kind == "parameter" for each in body.stored.values()),
        warnings=tuple(_list_unread(functions, translation)),
    )  # fmt: skip


def _find_generation(functions: tuple[Function, ...]) -> str:
    """The newest version of an operation, which is that of its opset; 0 until 0.23."""
    return str(max((each.version for f in functions for each in f.operations), default=0))


def _list_unread(functions: tuple[Function, ...], translation: Translation) -> Iterator[str]:
    unread = [each.name for each in functions if each.name not in translation.written]
    if unread:
        names = list_names([quote(name) for name in unread], 3)
        yield f"functions beside the last one, which nothing calls, were not read: {names}"
