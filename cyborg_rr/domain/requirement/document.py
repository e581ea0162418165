"""Reading an IR requirement back from its JSON document, which may come from anybody.

Every fault is an ``InvalidInput`` that names the path of the key. Keys that this version does not
know are refused, unless the document says that it is of a later minor version.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import Completeness, StoredLocation
from cyborg_rr.domain.requirement.fields import (
    Fields,
    Read,
    list_of,
    one_of,
    or_none,
    read_count,
    read_counts,
    read_mapping,
    read_positive,
    read_sha256,
    read_text,
    read_truth,
    show,
)
from cyborg_rr.domain.requirement.requirement import (
    SCHEMA_VERSION,
    ComputeRequirement,
    IRRequirement,
    MemoryRequirement,
    TensorRequirement,
    WorkItem,
)
from cyborg_rr.domain.words import WORK_KINDS

_MAX_RANK: Final = 64

COMPLETENESS: Final = get_args(Completeness)
LOCATIONS: Final = get_args(StoredLocation)


def from_document(document: object) -> IRRequirement:
    """The requirement that a JSON document states, checked key by key."""
    fields = Fields(document, "requirement")
    lenient = _check_version(fields.take("schema_version", read_text))
    requirement = IRRequirement(
        schema_version=fields.take("schema_version", read_text),
        name=fields.take("name", read_text),
        sha256=fields.take("sha256", or_none(read_sha256)),
        size_bytes=fields.take("size_bytes", read_count),
        ir=fields.take("ir", _identity),
        reader=fields.take("reader", _reader),
        inputs=fields.take("inputs", list_of(_tensor)),
        outputs=fields.take("outputs", list_of(_tensor)),
        operations=fields.take("operations", read_counts),
        canonical_operations=fields.take("canonical_operations", read_counts),
        unknown_operations=fields.take("unknown_operations", read_counts),
        element_types=fields.take("element_types", list_of(read_text)),
        dynamic=fields.take("dynamic", read_truth),
        symbols=fields.take("symbols", list_of(read_text)),
        bindings=fields.take("bindings", read_mapping),
        memory=fields.take("memory", _memory(lenient)),
        compute=fields.take("compute", _compute(lenient)),
        work=fields.take("work", list_of(_work_item(lenient))),
        replicas=fields.take("replicas", read_positive),
        partitions=fields.take("partitions", read_positive),
        collectives=fields.take("collectives", read_counts),
        control_flow=fields.take("control_flow", read_counts),
        targets=fields.take("targets", list_of(_target)),
        warnings=fields.take("warnings", list_of(read_text)),
    )
    fields.finish(lenient)
    return requirement


def _check_version(version: str) -> bool:
    """Whether the document is of a later minor version; another major one is refused."""
    major, dot, minor = version.partition(".")
    ours_major, _, ours_minor = SCHEMA_VERSION.partition(".")
    numeric = all(part.isascii() and part.isdigit() and len(part) < 6 for part in (major, minor))
    if not dot or not numeric:
        raise InvalidInput(
            f"requirement.schema_version should look like {SCHEMA_VERSION}, not {show(version)!r}"
        )
    if int(major) != int(ours_major):
        raise InvalidInput(
            f"requirement.schema_version {version} is not supported; this service reads "
            f"{ours_major}.x"
        )
    return int(minor) > int(ours_minor)


def _identity(value: object, path: str) -> dict[str, Any]:
    identity = read_mapping(value, path)
    fields = Fields(identity, path)
    fields.take("family", read_text)
    fields.take("version", or_none(read_text))
    no_dialects: tuple[dict[str, Any], ...] = ()
    dialects = fields.take_optional("dialects", list_of(read_mapping), no_dialects)
    for place, dialect in enumerate(dialects):
        inner = Fields(dialect, f"{path}.dialects[{place}]")
        inner.take("name", read_text)
        inner.take("version", or_none(read_text))
    return identity


def _reader(value: object, path: str) -> dict[str, Any]:
    reader = read_mapping(value, path)
    fields = Fields(reader, path)
    fields.take("name", read_text)
    fields.take("completeness", one_of(COMPLETENESS))
    return reader


def _target(value: object, path: str) -> dict[str, str]:
    fields = Fields(value, path)
    target = {"kind": fields.take("kind", read_text), "value": fields.take("value", read_text)}
    fields.finish(lenient=False)
    return target


def _dimension(value: object, path: str) -> int | str:
    return read_text(value, path) if isinstance(value, str) else read_count(value, path)


def _shape(value: object, path: str) -> tuple[int | str, ...]:
    shape = list_of(_dimension)(value, path)
    if len(shape) > _MAX_RANK:
        raise InvalidInput(f"{path} has more than {_MAX_RANK} dimensions")
    return shape


def _tensor(value: object, path: str) -> TensorRequirement:
    fields = Fields(value, path)
    tensor = TensorRequirement(
        name=fields.take("name", read_text),
        element_type=fields.take("element_type", or_none(read_text)),
        shape=fields.take("shape", or_none(_shape)),
    )
    fields.finish(lenient=False)
    return tensor


def _memory(lenient: bool) -> Read[MemoryRequirement]:
    def read(value: object, path: str) -> MemoryRequirement:
        fields = Fields(value, path)
        memory = MemoryRequirement(
            parameter_bytes=fields.take("parameter_bytes", read_count),
            constant_bytes=fields.take("constant_bytes", read_count),
            input_bytes=fields.take("input_bytes", or_none(read_count)),
            output_bytes=fields.take("output_bytes", or_none(read_count)),
            activation_peak_bytes=fields.take("activation_peak_bytes", or_none(read_count)),
            parameter_bytes_by_element_type=fields.take(
                "parameter_bytes_by_element_type", read_counts
            ),
            activation_peak_by_element_type=fields.take(
                "activation_peak_by_element_type", read_counts
            ),
            parameters=fields.take("parameters", one_of(LOCATIONS)),
            aliased_bytes=fields.take_optional("aliased_bytes", read_count, 0),
        )
        fields.finish(lenient)
        return memory

    return read


def _compute(lenient: bool) -> Read[ComputeRequirement]:
    def read(value: object, path: str) -> ComputeRequirement:
        fields = Fields(value, path)
        compute = ComputeRequirement(
            macs=fields.take("macs", or_none(read_count)),
            flops=fields.take("flops", or_none(read_count)),
            flops_other=fields.take("flops_other", or_none(read_count)),
            transcendentals=fields.take("transcendentals", or_none(read_count)),
            flops_by_element_type=fields.take("flops_by_element_type", read_counts),
        )
        fields.finish(lenient)
        return compute

    return read


def _work_item(lenient: bool) -> Read[WorkItem]:
    def read(value: object, path: str) -> WorkItem:
        fields = Fields(value, path)
        item = WorkItem(
            kind=fields.take("kind", one_of(WORK_KINDS)),
            element_type=fields.take("element_type", read_text),
            count=fields.take("count", read_positive),
            macs=fields.take("macs", read_count),
            flops_other=fields.take("flops_other", read_count),
            transcendentals=fields.take("transcendentals", read_count),
            bytes_read=fields.take("bytes_read", read_count),
            bytes_written=fields.take("bytes_written", read_count),
            parameter_bytes=fields.take("parameter_bytes", read_count),
        )
        fields.finish(lenient)
        return item

    return read
