"""Analyse model files and match them to devices without a service: the entry for programs.

What ``__all__`` names keeps its name, its parameters and its meaning from release to release; a
program should use nothing else of this package. Documents (``render_document``) may gain keys.
Every function raises ``InvalidInput`` for an argument that cannot be; further errors are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyborg_rr.domain.errors import BadCatalogue, CyborgError, InvalidInput, UnreadableModel
from cyborg_rr.domain.matching.options import HOST_DEVICES, MatchOptions
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading import processes
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.sandbox import Limits, Reading

if TYPE_CHECKING:  # who only reads a model does not wait for devices and toolchains
    from cyborg_rr.catalogue.catalogue import Catalogue
    from cyborg_rr.domain.matching.advice.changes import Smaller
    from cyborg_rr.domain.matching.verdict import Verdict
    from cyborg_rr.domain.representation.representation import ResourceRepresentation
    from cyborg_rr.domain.words import PrecisionPolicy, Runtime

__all__ = [
    "BadCatalogue",
    "Catalogue",
    "CyborgError",
    "IRRequirement",
    "InvalidInput",
    "Limits",
    "Reading",
    "ResourceRepresentation",
    "Runtime",
    "PrecisionPolicy",
    "UnreadableModel",
    "Verdict",
    "build_groups",
    "list_representations",
    "load_catalogue",
    "match",
    "read_requirement",
    "render_document",
    "represent",
    "start_reading",
]


_LATE = {
    "Catalogue": "cyborg_rr.catalogue.catalogue",
    "ResourceRepresentation": "cyborg_rr.domain.representation.representation",
    "PrecisionPolicy": "cyborg_rr.domain.words",
    "Runtime": "cyborg_rr.domain.words",
    "Verdict": "cyborg_rr.domain.matching.verdict",
}


def __getattr__(name: str) -> Any:
    """Names of ``__all__`` that are imported when they are asked for."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def read_requirement(
    path: str | Path,
    *,
    batch: int | None = None,
    inputs: Sequence[str] = (),
    limits: Limits | None = None,
    weights: str | None = None,
) -> IRRequirement:
    """What the model in a file or folder asks of a device; read by its own process, with limits.

    ``batch`` is the size of the first dimension, each of ``inputs`` the shape of one input, such as
    ``ids=1x128:i64``, or the size of one dimension, such as ``batch=8``: sizes that the file leaves
    open. ``weights`` says which arguments of a program are weights, such as ``0-290``.
    ``UnreadableModel`` says why a file is not read.
    """
    reading = start_reading(path, batch=batch, inputs=inputs, limits=limits, weights=weights)
    return reading.result()


def start_reading(
    path: str | Path,
    *,
    batch: int | None = None,
    inputs: Sequence[str] = (),
    limits: Limits | None = None,
    weights: str | None = None,
    fork: bool = False,
) -> Reading:
    """As ``read_requirement``, but only begun: ask for its ``result()`` after other work.

    To ``fork`` starts its process as a copy of this one, with the same limits, in half the time;
    where this process has several threads it is started as always.
    """
    options = parse_options(batch, inputs, weights)
    file = Path(path)
    start = processes.fork if fork else processes.spawn
    return Reading(file, options, limits or Limits(), file.name, start=start)


def load_catalogue(extra_paths: Sequence[str | Path] = ()) -> Catalogue:
    """The shipped catalogue of devices and toolchains with files or directories of your own.

    ``BadCatalogue`` names the file, the place in it, and what is wrong.
    """
    from cyborg_rr.catalogue.loading import load

    return load(tuple(Path(path) for path in extra_paths)) if extra_paths else _load_shipped()


@cache
def _load_shipped() -> Catalogue:
    from cyborg_rr.catalogue.loading import load

    return load()


def represent(
    product_id: str, partition: str | None = None, *, catalogue: Catalogue | None = None
) -> ResourceRepresentation:
    """What a device of the catalogue, or one partition of it, offers.

    ``InvalidInput`` names the known devices or partitions that are nearest to an unknown one.
    """
    catalogue = catalogue or _load_shipped()
    known = [product.id for product in catalogue.products]
    if product_id in known:
        return catalogue.represent_product(product_id, partition)
    from cyborg_rr.domain.words import find_meant, offer

    near = offer(find_meant(product_id, known))
    raise InvalidInput(f"the catalogue has no device {product_id!r}{near}")


def list_representations(catalogue: Catalogue | None = None) -> list[ResourceRepresentation]:
    """What each whole device of the catalogue offers."""
    catalogue = catalogue or _load_shipped()
    return [catalogue.represent_product(product.id) for product in catalogue.products]


def match(
    requirement: IRRequirement,
    representations: Sequence[ResourceRepresentation] | None = None,
    *,
    element_type: str | None = None,
    runtime: str | None = None,
    precision_policy: PrecisionPolicy = "default",
    devices_limit: int = HOST_DEVICES,
    available: Mapping[str, int] | None = None,
    allow_fallback: bool = False,
    keep_io: bool = False,
    catalogue: Catalogue | None = None,
    find_smaller: Callable[[], Iterable[Smaller]] | None = None,
) -> tuple[Verdict, ...]:
    """Which devices can compile and run the model, best first, with the reasons.

    One verdict for each device class of ``representations`` (by default the shipped catalogue).
    ``element_type`` converts floats, for example to ``bf16``, inputs and outputs among them unless
    ``keep_io``; ``devices_limit`` is the largest set
    of devices that may hold the model together; ``runtime`` is the name of one or its kind (eager,
    graph, compiled; by default what usually runs such files), ``precision_policy`` what f32
    products are computed in (highest, high, medium); ``available`` counts the devices by class.
    Where a part of the model would run on the host's processor it does not fit, unless
    ``allow_fallback``. ``catalogue`` is where the representations come from, if not the shipped
    one, and in which the nearest device is looked for where one is refused; what it has
    measurements of is estimated by these. ``find_smaller`` gives the model at smaller sizes, the
    largest first, which may be the nearest fix.
    """
    from cyborg_rr.domain.matching import matching

    catalogue = catalogue or _load_shipped()
    if representations is None:
        representations = list_representations(catalogue)
    representations = [catalogue.measurements.add_to(each) for each in representations]
    options = MatchOptions(
        element_type=element_type,
        runtime=runtime,
        batch=requirement.bindings.get("batch"),
        devices_limit=devices_limit,
        allow_fallback=allow_fallback,
        precision_policy=precision_policy,
        keep_io=keep_io,
    )
    return matching.match(
        requirement,
        representations,
        options,
        available,
        catalogue.find_coverage,
        partial(list_representations, catalogue),
        **({} if find_smaller is None else {"find_smaller": find_smaller}),
        runtimes=catalogue.runtimes,
    )


def build_groups(verdict: Verdict, representation: ResourceRepresentation) -> list[dict[str, str]]:
    """The groups of a device profile that asks for what the verdict needs.

    ``InvalidInput`` when the number of devices is not known or more than a profile may ask for.
    """
    from cyborg_rr.domain.matching import profile

    return profile.build_groups(verdict, representation)


def render_document(thing: IRRequirement | ResourceRepresentation | Verdict) -> dict[str, Any]:
    """Its JSON document: the same that the REST API and ``-f json`` give."""
    from cyborg_rr import codec

    document: dict[str, Any] = codec.render(thing)
    return document
