"""Catalogue files in YAML: toolchains, and what follows from an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.representation.documents import read_record
from cyborg_rr.domain.representation.toolchain import Toolchain

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class NamedToolchain:
    """A toolchain, the names that products call it by, and whether every host can run it."""

    toolchain: Toolchain
    names: tuple[str, ...]
    translator: bool


@dataclass(frozen=True, slots=True)
class ToolchainFile:
    """A file with the key ``toolchains``."""

    toolchains: tuple[NamedToolchain, ...]
    not_compilers: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class FamilyConstants:
    """Constants of the estimate for one target family; see ``Constants`` of the representation."""

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
    context_mib: Mapping[str, int]
    source: str


@dataclass(frozen=True, slots=True)
class DerivedRate:
    """A rate that is a fixed multiple of another one on all parts of some architectures.

    With ``at_least`` it is the least multiple seen: some parts do better.
    """

    rate: str
    of: str
    factor: float
    min_architecture: str
    source: str
    max_architecture: str | None = None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class PowerCap:
    """What a board with a small power budget keeps of its matrix rate in long work."""

    watts: float
    factor: float
    source: str


@dataclass(frozen=True, slots=True)
class ArchitectureFile:
    """A file with any other key; a file of one's own may leave keys out."""

    version: str = ""
    families: Mapping[str, FamilyConstants] = field(default_factory=dict)
    derived_rates: tuple[DerivedRate, ...] = ()
    power_capped: PowerCap | None = None
    native_element_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usable_memory_share: float | None = None
    driver_reserve_share: float | None = None
    architecture_prefixes: Mapping[str, str] = field(default_factory=dict)
    pcie_lane_bytes_per_second: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DialectFile:
    """A file with the key ``operation_changes``: set of operations -> version -> what changed."""

    operation_changes: Mapping[str, Mapping[str, tuple[str, ...]]]
    version: str = ""


Table = ToolchainFile | ArchitectureFile | DialectFile


def read_table(text: str, name: str) -> Table:
    """What a YAML text holds; ``BadCatalogue`` names the file and the key or line."""
    document = _load(text, name)
    if not isinstance(document, dict):
        raise BadCatalogue(f"{name}: must be a mapping")
    try:
        if "toolchains" in document or "not_compilers" in document:
            return _read_toolchains(document)
        if "operation_changes" in document:
            return read_record(DialectFile, document, "dialects")
        return read_record(ArchitectureFile, document, "architectures")
    except InvalidInput as error:
        raise BadCatalogue(f"{name}: {error}") from None


def _load(text: str, name: str) -> object:
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe loader, in C when built
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise BadCatalogue(f"{name}:{line} {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadCatalogue(f"{name}: is not YAML: {' '.join(str(error).split())}") from None


def _read_toolchains(document: Mapping[str, Any]) -> ToolchainFile:
    for key in document:
        if key not in ("version", "not_compilers", "shared", "toolchains"):
            raise InvalidInput(f"unknown key {key!r}")
    entries = document.get("toolchains") or []
    if not isinstance(entries, list):
        raise InvalidInput("toolchains must be a list")
    return ToolchainFile(
        tuple(_read_toolchain(entry, index) for index, entry in enumerate(entries)),
        _texts(document.get("not_compilers", []), "not_compilers"),
        str(document.get("version", "")),
    )


def _read_toolchain(entry: object, index: int) -> NamedToolchain:
    place = f"toolchains[{index}]"
    if not isinstance(entry, dict):
        raise InvalidInput(f"{place} must be a mapping")
    if isinstance(entry.get("id"), str):
        place = f"toolchain {entry['id']}"
    facts = {key: value for key, value in entry.items() if key not in ("names", "translator")}
    toolchain = read_record(Toolchain, facts, place)
    if (toolchain.yields_ir is None) == (toolchain.target is None):
        raise InvalidInput(f"{place} must have either yields_ir or target")
    translator = entry.get("translator", False)
    if not isinstance(translator, bool):
        raise InvalidInput(f"{place}.translator must be true or false")
    return NamedToolchain(toolchain, _texts(entry.get("names", []), f"{place}.names"), translator)


def _texts(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or any(not isinstance(entry, str) for entry in value):
        raise InvalidInput(f"{place} must be a list of texts")
    return tuple(value)
