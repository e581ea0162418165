"""Reads the catalogue: the files that ship with the service and those of the operator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from cyborg_rr.catalogue import coverages, measurements
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.checking import check_files
from cyborg_rr.catalogue.correcting.contradictions import check_contradictions
from cyborg_rr.catalogue.correcting.corrections import correct
from cyborg_rr.catalogue.coverage_text import WrittenCoverage, correct_coverage, read_coverage
from cyborg_rr.catalogue.declared import require
from cyborg_rr.catalogue.knowledge import merge_knowledge
from cyborg_rr.catalogue.products import Product, read_products
from cyborg_rr.catalogue.tables import read_table
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.representation.representation import ResourceRepresentation

SHIPPED = (
    "architectures.yaml",
    "runtimes.yaml",
    "dialects.yaml",
    "words.yaml",
    "practice.yaml",
    "toolchains",
    "devices.csv",
)
"""Files of this package; of a directory all, in the order of their names."""
SUFFIXES = (".csv", ".yaml", ".yml")
_YAML = (".yaml", ".yml")
MAX_FILE_BYTES = 16 << 20


def load(extra_paths: Sequence[Path] = ()) -> Catalogue:
    """The shipped catalogue with the files at ``extra_paths``, later ones winning over earlier.

    A path is a file or a directory, of which all .csv, .yaml and .yml files are read in the order
    of their names with measurements (.measured.json), then the coverage tables (.json) in its
    directory ``coverage``.
    ``BadCatalogue`` names the file, the line or key, and what is wrong.
    """
    return _build(tuple(_read_texts(extra_paths)))


def read_shipped() -> Iterator[tuple[str, str]]:
    """Name and text of each file that ships with the service."""
    package = resources.files("cyborg_rr.catalogue")
    for name in SHIPPED:
        yield from _read_place(package / name, name)


def _read_texts(extra_paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    yield from read_shipped()
    for path in extra_paths:
        for file in _list_files(path):
            yield str(file), _read_text(file)


def _read_place(place: Traversable, name: str) -> Iterator[tuple[str, str]]:
    if place.is_file():
        yield name, place.read_text(encoding="utf-8")
        return
    for file in sorted(place.iterdir(), key=lambda entry: entry.name):
        yield f"{name}/{file.name}", file.read_text(encoding="utf-8")


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(
        file
        for file in path.iterdir()
        if file.suffix in SUFFIXES or file.name.endswith(measurements.SUFFIX)
    )
    tables = path / coverages.DIRECTORY
    if tables.is_dir():
        found += sorted(file for file in tables.iterdir() if file.suffix == coverages.SUFFIX)
    return found


def _read_text(path: Path) -> str:
    known = (*SUFFIXES, coverages.SUFFIX)
    if path.suffix not in known:
        raise BadCatalogue(f"{path}: must end in {', '.join(known)}")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadCatalogue(f"{path}: is larger than {MAX_FILE_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadCatalogue(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BadCatalogue(f"{path}: is not UTF-8 text at byte {error.start}") from None


def _build(texts: Sequence[tuple[str, str]]) -> Catalogue:
    digest = hashlib.sha256()
    for _, text in texts:
        digest.update(len(text).to_bytes(8, "big") + text.encode())
    tables = [read_table(text, name) for name, text in texts if name.endswith(_YAML)]
    files = {
        name: list(_read_distinct(text, name)) for name, text in texts if name.endswith(".csv")
    }
    covers = coverages.Coverages(_read_coverages(texts))
    corrected = correct(texts, tables, files)
    check_files(corrected.tables, corrected.products, covers)
    check_contradictions(corrected.tables)
    products = {product.id: product for found in corrected.products.values() for product in found}
    knowledge = merge_knowledge(corrected.tables)
    described = Catalogue(digest.hexdigest(), knowledge.version, knowledge, products, covers)
    measured = [(name, text) for name, text in texts if name.endswith(measurements.SUFFIX)]
    return _add_measurements(described, measured) if measured else described


def _add_measurements(catalogue: Catalogue, texts: Sequence[tuple[str, str]]) -> Catalogue:
    """The catalogue with measurements, which are held against the peaks of its devices."""
    found = {}
    for name, text in texts:
        document = measurements.read_measurement(text, name)
        device = _find_device(catalogue, document)
        try:
            found[name] = measurements.parse_measurement(document, "measurement", device)
        except InvalidInput as error:
            raise BadCatalogue(f"{name}: {error}") from None
    measurements.refuse_twins(found)
    every = measurements.make_measurements(found.values())
    return replace(catalogue, measurements=every, version=catalogue.name_version(every))


def _find_device(catalogue: Catalogue, document: object) -> ResourceRepresentation | None:
    """The device that a measurement is of; None where the catalogue has no such product."""
    known = {product.id for product in catalogue.products}
    stated = document if isinstance(document, dict) else {}
    names = [stated.get(key) for key in ("device_class", "product")]
    found = next((name for name in names if isinstance(name, str) and name in known), None)
    return None if found is None else catalogue.represent_product(found)


def _holds_coverage(name: str) -> bool:
    return name.endswith(coverages.SUFFIX) and not name.endswith(measurements.SUFFIX)


def _read_coverages(texts: Sequence[tuple[str, str]]) -> dict[str, WrittenCoverage]:
    """An operator's own tables by name; each is called as its file is."""
    found: dict[str, WrittenCoverage] = {}
    for file, text in texts:
        if not _holds_coverage(file):
            continue
        name = Path(file).stem
        written = read_coverage(text, name, file)
        if written.corrects:
            known = coverages.Coverages(found)
            require(name, known.names, "coverage table to correct", file)
            written = correct_coverage(known.get_written(name), written)
        found[name] = written
    return found


def _read_distinct(text: str, name: str) -> Iterator[Product]:
    seen: set[str] = set()
    for product in read_products(text, name):
        if product.id in seen:
            raise BadCatalogue(f"{name}: product {product.id} stands twice")
        seen.add(product.id)
        yield product
