"""The resource representation: what a device offers, as a document with a version.

Equal devices share one representation, named by its device class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.documents import since, sparse
from cyborg_rr.domain.representation.measured.table import Measured, MeasuredRuntime
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.representation.toolchain import Toolchain

SCHEMA_VERSION = "1.1"

REPORTED, CATALOGUED = "driver", "catalogue"
"""Where a fact comes from: the driver of a device itself, or the catalogue."""


@dataclass(frozen=True, slots=True)
class Link:
    """How devices of the class, or the host, reach it; bytes per second in one direction."""

    name: str
    bytes_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """A way to slice the device: profile name, how many of it fit, and its share of the whole."""

    profile: str
    count: int | None = None
    memory_bytes: int | None = None
    compute_share: float | None = None
    bandwidth_share: float | None = None


@dataclass(frozen=True, slots=True)
class Constants:
    """What the estimate takes from the device family; shares are of peak, times in seconds.

    ``best_*`` is what the best measured kernels reach and ``matrix_efficiency`` what usual ones do;
    ``simd_matrix_efficiency`` is that of matrix products on the vector units.
    ``ramp_seconds`` is what a kernel takes to fill the device; ``context_bytes`` is held by the
    runtime in each process.
    """

    matrix_efficiency: float
    best_matrix_efficiency: float
    simd_matrix_efficiency: float
    convolution_efficiency: float
    attention_efficiency: float
    vector_efficiency: float
    memory_efficiency: float
    best_memory_efficiency: float
    ramp_seconds: float
    launch_seconds: Mapping[str, float]
    context_bytes: Mapping[str, int]
    source: str


@dataclass(frozen=True)
class ResourceRepresentation:
    """What one class of device offers.

    ``memory_bytes`` is what a process can count on, ``memory_source`` how that is known;
    ``nominal_memory_bytes`` is the size that it was reckoned from where no driver reported one.
    ``compute_units`` are what workgroups run on: multiprocessors, compute units, cores.
    ``peak_rates`` are dense operations per second by element type (f8, f4 and i8 stand for all
    types of that width; f32_matrix and f64_matrix are of matrix units that take these types);
    those that follow from another one stand in ``derived_rates`` with the reason, and in
    ``least_rates`` when the device may be faster. ``native_element_types`` are
    those that the hardware computes in.
    ``targets`` are ``family:architecture`` names that toolchains compile for. ``unknown`` lists
    the facts that nobody stated. ``platforms`` are what an FPGA's designs can be built upon: the
    names of shells and the ids of interfaces that its driver reports. ``fact_sources`` says of each
    fact whether the device's driver reported it (``REPORTED``), which beats what the catalogue
    says, or the catalogue does. ``measured`` is what devices of the class were seen to do, which
    beats the catalogue's rates and constants; no driver reports it.
    """

    device_class: str
    kind: str
    vendor: str
    name: str
    products: tuple[str, ...] = ()
    pci_ids: tuple[str, ...] = ()
    architecture: str | None = None
    targets: tuple[str, ...] = ()
    memory_bytes: int | None = None
    memory_source: str | None = None
    memory_type: str | None = None
    bandwidth_bytes_per_second: float | None = None
    peak_rates: Mapping[str, float] = field(default_factory=dict)
    derived_rates: Mapping[str, str] = field(default_factory=dict)
    least_rates: tuple[str, ...] = ()
    measured_rates: Mapping[str, float] = field(default_factory=dict)
    native_element_types: tuple[str, ...] = ()
    constants: Constants | None = None
    interconnect: Link | None = None
    host_link: Link | None = None
    partition: Partition | None = None
    partitions: tuple[Partition, ...] = ()
    functions: tuple[str, ...] = ()
    toolchains: tuple[Toolchain, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    schema_version: str = SCHEMA_VERSION
    fact_sources: Mapping[str, str] = field(default_factory=dict, metadata=since(1))
    platforms: tuple[str, ...] = field(default=(), metadata=sparse(since=1))
    measured: Measured | None = field(default=None, metadata=sparse(since=1))
    nominal_memory_bytes: int | None = field(default=None, metadata=sparse(since=1))
    compute_units: int | None = field(default=None, metadata=sparse(since=1))

    def find_measured(self, runtime: Runtime) -> MeasuredRuntime | None:
        """What was measured of a runtime, else of its kind; None where nothing was."""
        if self.measured is None:
            return None
        return self.measured.find(runtime.name) or self.measured.find(runtime.kind)
