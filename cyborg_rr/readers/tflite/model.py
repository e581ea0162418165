"""Reads the tables of a TFLite file into records. Fields: tensorflow/lite/schema/schema.fbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote, shorten
from cyborg_rr.readers.formats.flatbuffers import FlatFile, Table
from cyborg_rr.readers.reading.limits import MAX_NODES, MAX_RANK
from cyborg_rr.readers.tflite.options import read_options
from cyborg_rr.readers.tflite.schema import CUSTOM, OPERATIONS

_VERSION_KEY: Final = "min_runtime_version"
_VERSION_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Span:
    """Where a buffer's bytes are: in the file, or in another one (``group`` is its name)."""

    start: int
    size: int
    group: str | None = None


@dataclass(frozen=True, slots=True)
class TfliteTensor:
    """A tensor: sizes below 0 are open. ``data`` is None where the file stores nothing for it."""

    name: str
    element_type: int
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    buffer: int
    data: Span | None
    has_rank: bool
    is_variable: bool
    is_sparse: bool


@dataclass(frozen=True, slots=True)
class TfliteOperator:
    """An operation with its operands as places in the tensors, -1 for one that is left out."""

    operation: str
    domain: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Operations in the order in which they run."""

    name: str
    tensors: tuple[TfliteTensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[TfliteOperator, ...]


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """A file. ``signatures`` are the names under which subgraphs can be called."""

    version: int
    description: str
    runtime_version: str | None
    subgraphs: tuple[Subgraph, ...]
    signatures: Mapping[int, str]


def read_model(file: FlatFile) -> TfliteModel:
    """All that the file states, but the data of its tensors."""
    root = file.root()
    buffers = [_read_buffer(table, file) for table in root.tables(4)]
    external = _list_external(root)
    codes = [_read_code(table) for table in root.tables(1)]
    subgraphs = tuple(
        _read_subgraph(table, index, codes, buffers, external)
        for index, table in enumerate(root.tables(2))
    )
    return TfliteModel(
        root.integer(0, "I"),
        root.text(3),
        _find_runtime_version(root, file, buffers),
        subgraphs,
        {table.integer(4, "I"): table.text(2) for table in root.tables(7)},
    )


def _read_buffer(table: Table, file: FlatFile) -> Span | None:
    """Data within the flatbuffer, or behind it where it would be too large (offset, size)."""
    start, size = table.span(0)
    if size:
        return Span(start, size)
    offset, size = table.integer(1, "Q"), table.integer(2, "Q")
    if offset <= 1:
        return None
    file.check(offset, size)
    return Span(offset, size) if size else None


def _list_external(root: Table) -> dict[int, Span]:
    """Buffers in files of their own, by their numbers."""
    groups = [table.text(0) for table in root.tables(8)]
    found: dict[int, Span] = {}
    for table in root.tables(9):
        group = table.integer(1, "I")
        if group >= len(groups):
            raise UnreadableModel(f"an external buffer is in group {group} of {len(groups)}")
        found[table.integer(0, "I")] = Span(
            table.integer(2, "Q"), table.integer(3, "Q"), groups[group]
        )
    return found


def _read_code(table: Table) -> tuple[str, str]:
    """Domain and name of an operation: of two fields for its number the larger one counts."""
    number = max(table.integer(0, "b"), table.integer(3, "i"))
    name = OPERATIONS.get(number)
    if name is None:
        return "", f"BUILTIN_{number}"
    return ("custom", table.text(1) or "unnamed") if name == CUSTOM else ("", name)


def _read_subgraph(
    table: Table,
    index: int,
    codes: list[tuple[str, str]],
    buffers: list[Span | None],
    external: Mapping[int, Span],
) -> Subgraph:
    tensors = tuple(_read_tensor(each, buffers, external) for each in table.tables(0))
    name = table.text(4) or ("main" if index == 0 else f"subgraph{index}")
    operators = []
    for place, each in enumerate(table.tables(3)):
        code = each.integer(0, "I")
        if code >= len(codes):
            raise UnreadableModel(
                f"operator {place} of subgraph {quote(name)} has code {code} of {len(codes)}"
            )
        if place >= MAX_NODES:
            raise UnreadableModel(f"subgraph {quote(name)} has over {MAX_NODES} operators")
        domain, operation = codes[code]
        inputs, outputs = each.integers(1), each.integers(2)
        if not all(-1 <= each < len(tensors) for each in inputs + outputs):
            what = f"operator {place} of subgraph {quote(name)}"
            _check_places(inputs + outputs, -1, len(tensors), what)
        options = {} if domain else read_options(operation, each)
        operators.append(TfliteOperator(operation, domain, inputs, outputs, options))
    inputs, outputs = table.integers(1), table.integers(2)
    _check_places((*inputs, *outputs), 0, len(tensors), f"subgraph {quote(name)}")
    return Subgraph(name, tensors, inputs, outputs, tuple(operators))


def _check_places(places: tuple[int, ...], first: int, count: int, what: str) -> None:
    for place in places:
        if not first <= place < count:
            raise UnreadableModel(f"{what} refers to tensor {place} of {count}")


def _read_tensor(
    table: Table, buffers: list[Span | None], external: Mapping[int, Span]
) -> TfliteTensor:
    name, buffer, outside = table.text(3), table.integer(2, "I"), table.integer(10, "I")
    shape, signature = table.integers(0), table.integers(7)
    if len(shape) > MAX_RANK or (signature and len(signature) != len(shape)):
        raise UnreadableModel(
            f"tensor {quote(name)} has rank {len(shape)} and a signature of {len(signature)} sizes"
        )
    if buffer >= len(buffers) and buffer:
        raise UnreadableModel(f"tensor {quote(name)} has buffer {buffer} of {len(buffers)}")
    if outside and outside not in external:
        raise UnreadableModel(f"tensor {quote(name)} has external buffer {outside}, which is none")
    data = external[outside] if outside else buffers[buffer] if buffers else None
    return TfliteTensor(
        name,
        table.integer(1, "b"),
        shape,
        signature,
        -outside if outside else buffer,
        data,
        table.integer(8, "?") != 0,
        table.integer(5, "?") != 0,
        table.place(6) != 0,
    )


def _find_runtime_version(root: Table, file: FlatFile, buffers: list[Span | None]) -> str | None:
    """The earliest runtime that has all operations, as the converter reckoned it."""
    for table in root.tables(6):
        if table.text(0) != _VERSION_KEY:
            continue
        place = table.integer(1, "I")
        span = buffers[place] if place < len(buffers) else None
        if span is not None and span.size <= _VERSION_BYTES:
            content = bytes(file.data[span.start : span.start + span.size])
            return shorten(content.rstrip(b"\0").decode("utf-8", "replace")) or None
    return None
