"""Reading an IR requirement back from its JSON document, which may come from anybody.

Every fault is an ``InvalidInput`` that names the path of the key. Keys that this version does not
know are refused, unless the document says that it is of a later minor version.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.requirement.requirement import (
    SCHEMA_VERSION,
    ComputeRequirement,
    IRRequirement,
    MemoryRequirement,
    TensorRequirement,
    WorkItem,
)

MAXIMUM_TEXT: Final = 4096
MAXIMUM_ENTRIES: Final = 65536
MAXIMUM_NUMBER: Final = 2**65
_MAXIMUM_DEPTH: Final = 8
_MAXIMUM_RANK: Final = 64
_SHOWN_TEXT: Final = 40

WORK_KINDS: Final = (
    "contraction",
    "convolution",
    "attention",
    "elementwise",
    "reduction",
    "movement",
    "recurrence",
    "collective",
    "other",
)
COMPLETENESS: Final = ("full", "partial", "header")
LOCATIONS: Final = ("inline", "external", "absent")

_T = TypeVar("_T")
_Read = Callable[[object, str], _T]


def from_document(document: object) -> IRRequirement:
    """The requirement that a JSON document states, checked key by key."""
    fields = _Fields(document, "requirement")
    lenient = _check_version(fields.take("schema_version", _text))
    requirement = IRRequirement(
        schema_version=fields.take("schema_version", _text),
        name=fields.take("name", _text),
        sha256=fields.take("sha256", _or_none(_sha256)),
        size_bytes=fields.take("size_bytes", _count),
        ir=fields.take("ir", _identity),
        reader=fields.take("reader", _reader),
        inputs=fields.take("inputs", _list_of(_tensor)),
        outputs=fields.take("outputs", _list_of(_tensor)),
        operations=fields.take("operations", _counts),
        canonical_operations=fields.take("canonical_operations", _counts),
        unknown_operations=fields.take("unknown_operations", _counts),
        element_types=fields.take("element_types", _list_of(_text)),
        dynamic=fields.take("dynamic", _truth),
        symbols=fields.take("symbols", _list_of(_text)),
        bindings=fields.take("bindings", _plain_mapping),
        memory=fields.take("memory", _memory(lenient)),
        compute=fields.take("compute", _compute(lenient)),
        work=fields.take("work", _list_of(_work_item(lenient))),
        replicas=fields.take("replicas", _positive),
        partitions=fields.take("partitions", _positive),
        collectives=fields.take("collectives", _counts),
        control_flow=fields.take("control_flow", _counts),
        targets=fields.take("targets", _list_of(_target)),
        warnings=fields.take("warnings", _list_of(_text)),
    )
    fields.finish(lenient)
    return requirement


def freeze(value: object, path: str = "value", depth: int = 0) -> Any:
    """Plain JSON data with tuples for lists, so that equal content compares equal."""
    if depth > _MAXIMUM_DEPTH:
        raise InvalidInput(f"{path} is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        if abs(value) > MAXIMUM_NUMBER:
            raise InvalidInput(f"{path} is too large a number")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(f"{path} is not a finite number")
        return value
    if isinstance(value, Mapping):
        _check_entries(len(value), path)
        return {
            _text(key, f"{path} (a key)"): freeze(item, f"{path}.{_show(key)}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        _check_entries(len(value), path)
        return tuple(freeze(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value))
    raise InvalidInput(f"{path} should be JSON data, not {type(value).__name__}")


class _Fields:
    """The keys of one JSON object; each is taken once with the reader of its value."""

    def __init__(self, document: object, path: str) -> None:
        if not isinstance(document, Mapping):
            raise InvalidInput(f"{path} should be an object, not {_name_type(document)}")
        self._document = document
        self._path = path
        self._taken: set[str] = set()

    def take(self, key: str, read: _Read[_T]) -> _T:
        """The value of a key that must be there."""
        if key not in self._document:
            raise InvalidInput(f"{self._path}.{key} is missing")
        self._taken.add(key)
        return read(self._document[key], f"{self._path}.{key}")

    def take_optional(self, key: str, read: _Read[_T], default: _T) -> _T:
        """The value of a key that may be left out."""
        return self.take(key, read) if key in self._document else default

    def finish(self, lenient: bool) -> None:
        """Refuse keys that nobody took, unless they may come from a later version."""
        unknown = [key for key in self._document if key not in self._taken]
        if unknown and not lenient:
            raise InvalidInput(f"{self._path} has the unknown key {_show(unknown[0])!r}")


def _check_version(version: str) -> bool:
    """Whether the document is of a later minor version; another major one is refused."""
    major, dot, minor = version.partition(".")
    ours_major, _, ours_minor = SCHEMA_VERSION.partition(".")
    numeric = all(part.isascii() and part.isdigit() and len(part) < 6 for part in (major, minor))
    if not dot or not numeric:
        raise InvalidInput(
            f"requirement.schema_version should look like {SCHEMA_VERSION}, not {_show(version)!r}"
        )
    if int(major) != int(ours_major):
        raise InvalidInput(
            f"requirement.schema_version {version} is not supported; this service reads "
            f"{ours_major}.x"
        )
    return int(minor) > int(ours_minor)


def _show(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_TEXT else text[:_SHOWN_TEXT] + "..."


def _name_type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a truth value", int: "a number"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


def _check_entries(count: int, path: str) -> None:
    if count > MAXIMUM_ENTRIES:
        raise InvalidInput(f"{path} has more than {MAXIMUM_ENTRIES} entries")


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{path} should be text, not {_name_type(value)}")
    if len(value) > MAXIMUM_TEXT:
        raise InvalidInput(f"{path} is longer than {MAXIMUM_TEXT} characters")
    return value


def _truth(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{path} should be true or false, not {_name_type(value)}")
    return value


def _count(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{path} should be a whole number, not {_name_type(value)}")
    if value < 0:
        raise InvalidInput(f"{path} should not be negative")
    if value > MAXIMUM_NUMBER:
        raise InvalidInput(f"{path} is too large a number")
    return value


def _positive(value: object, path: str) -> int:
    if _count(value, path) == 0:
        raise InvalidInput(f"{path} should be positive")
    return _count(value, path)


def _sha256(value: object, path: str) -> str:
    text = _text(value, path)
    if len(text) != 64 or any(character not in "0123456789abcdef" for character in text):
        raise InvalidInput(f"{path} should be 64 lower-case hexadecimal digits")
    return text


def _or_none(read: _Read[_T]) -> _Read[_T | None]:
    return lambda value, path: None if value is None else read(value, path)


def _one_of(choices: Iterable[str]) -> _Read[str]:
    allowed = tuple(choices)

    def read(value: object, path: str) -> str:
        if value not in allowed:
            raise InvalidInput(f"{path} should be one of {', '.join(allowed)}")
        return str(value)

    return read


def _list_of(read: _Read[_T]) -> _Read[tuple[_T, ...]]:
    def read_all(value: object, path: str) -> tuple[_T, ...]:
        if not isinstance(value, (list, tuple)):
            raise InvalidInput(f"{path} should be a list, not {_name_type(value)}")
        _check_entries(len(value), path)
        return tuple(read(item, f"{path}[{place}]") for place, item in enumerate(value))

    return read_all


def _counts(value: object, path: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} should be an object, not {_name_type(value)}")
    _check_entries(len(value), path)
    return {
        _text(key, f"{path} (a key)"): _count(count, f"{path}.{_show(key)}")
        for key, count in value.items()
    }


def _plain_mapping(value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} should be an object, not {_name_type(value)}")
    frozen: dict[str, Any] = freeze(value, path)
    return frozen


def _identity(value: object, path: str) -> dict[str, Any]:
    identity = _plain_mapping(value, path)
    fields = _Fields(identity, path)
    fields.take("family", _text)
    fields.take("version", _or_none(_text))
    no_dialects: tuple[dict[str, Any], ...] = ()
    dialects = fields.take_optional("dialects", _list_of(_plain_mapping), no_dialects)
    for place, dialect in enumerate(dialects):
        inner = _Fields(dialect, f"{path}.dialects[{place}]")
        inner.take("name", _text)
        inner.take("version", _or_none(_text))
    return identity


def _reader(value: object, path: str) -> dict[str, Any]:
    reader = _plain_mapping(value, path)
    fields = _Fields(reader, path)
    fields.take("name", _text)
    fields.take("completeness", _one_of(COMPLETENESS))
    return reader


def _target(value: object, path: str) -> dict[str, str]:
    fields = _Fields(value, path)
    target = {"kind": fields.take("kind", _text), "value": fields.take("value", _text)}
    fields.finish(lenient=False)
    return target


def _dimension(value: object, path: str) -> int | str:
    return _text(value, path) if isinstance(value, str) else _count(value, path)


def _shape(value: object, path: str) -> tuple[int | str, ...]:
    shape = _list_of(_dimension)(value, path)
    if len(shape) > _MAXIMUM_RANK:
        raise InvalidInput(f"{path} has more than {_MAXIMUM_RANK} dimensions")
    return shape


def _tensor(value: object, path: str) -> TensorRequirement:
    fields = _Fields(value, path)
    tensor = TensorRequirement(
        name=fields.take("name", _text),
        element_type=fields.take("element_type", _or_none(_text)),
        shape=fields.take("shape", _or_none(_shape)),
    )
    fields.finish(lenient=False)
    return tensor


def _memory(lenient: bool) -> _Read[MemoryRequirement]:
    def read(value: object, path: str) -> MemoryRequirement:
        fields = _Fields(value, path)
        memory = MemoryRequirement(
            parameter_bytes=fields.take("parameter_bytes", _count),
            constant_bytes=fields.take("constant_bytes", _count),
            input_bytes=fields.take("input_bytes", _or_none(_count)),
            output_bytes=fields.take("output_bytes", _or_none(_count)),
            activation_peak_bytes=fields.take("activation_peak_bytes", _or_none(_count)),
            parameter_bytes_by_element_type=fields.take("parameter_bytes_by_element_type", _counts),
            activation_peak_by_element_type=fields.take("activation_peak_by_element_type", _counts),
            parameters=fields.take("parameters", _one_of(LOCATIONS)),
        )
        fields.finish(lenient)
        return memory

    return read


def _compute(lenient: bool) -> _Read[ComputeRequirement]:
    def read(value: object, path: str) -> ComputeRequirement:
        fields = _Fields(value, path)
        compute = ComputeRequirement(
            macs=fields.take("macs", _or_none(_count)),
            flops=fields.take("flops", _or_none(_count)),
            flops_other=fields.take("flops_other", _or_none(_count)),
            transcendentals=fields.take("transcendentals", _or_none(_count)),
            flops_by_element_type=fields.take("flops_by_element_type", _counts),
        )
        fields.finish(lenient)
        return compute

    return read


def _work_item(lenient: bool) -> _Read[WorkItem]:
    def read(value: object, path: str) -> WorkItem:
        fields = _Fields(value, path)
        item = WorkItem(
            kind=fields.take("kind", _one_of(WORK_KINDS)),
            element_type=fields.take("element_type", _text),
            count=fields.take("count", _positive),
            macs=fields.take("macs", _count),
            flops_other=fields.take("flops_other", _count),
            transcendentals=fields.take("transcendentals", _count),
            bytes_read=fields.take("bytes_read", _count),
            bytes_written=fields.take("bytes_written", _count),
            parameter_bytes=fields.take("parameter_bytes", _count),
        )
        fields.finish(lenient)
        return item

    return read
