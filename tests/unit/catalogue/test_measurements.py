"""Measurements in files beside the catalogue's: read, refused, and part of its version."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.measured.measurement import Measurement
from tests.shipped import load as load_shipped
from tests.unit.representation.measured.making import H100, make_measurement


def write(directory: Path, measurement: Measurement, name: str = "mine", **changes: Any) -> Path:
    """A file that holds it, with some keys as they are given."""
    path = directory / f"{name}.measured.json"
    path.write_text(json.dumps({**codec.render(measurement), **changes}))
    return path


def test_a_measurement_in_a_directory_or_by_its_name_is_found_by_its_class(tmp_path: Path) -> None:
    path = write(tmp_path, make_measurement())
    for place in (path, tmp_path):
        catalogue = load([place])
        h100 = catalogue.represent_product(H100)
        measured = catalogue.measurements.add_to(h100).measured
        assert measured is not None
        assert measured.find("eager") is not None
        others = [each for each in catalogue.products if each.id != H100]
        for other in others:
            representation = catalogue.represent_product(other.id)
            assert catalogue.measurements.add_to(representation) is representation


def test_the_version_and_the_hash_of_the_catalogue_are_of_the_measurements_too(
    tmp_path: Path,
) -> None:
    shipped = load_shipped()
    path = write(tmp_path, make_measurement())
    first, again = load([path]), load([path])
    assert first.version.startswith(f"{shipped.version}+measured.")
    assert (first.version, first.content_hash) == (again.version, again.content_hash)
    assert first.content_hash != shipped.content_hash
    other = load([write(tmp_path, make_measurement(slower=1.01))])
    assert first.version != other.version


def test_what_a_device_offers_does_not_depend_on_measurements(tmp_path: Path) -> None:
    """Or hosts would report anew whenever something was measured."""
    catalogue = load([write(tmp_path, make_measurement())])
    assert catalogue.represent_product(H100) == load_shipped().represent_product(H100)


def test_a_device_of_the_product_is_estimated_by_it_where_its_class_was_not_measured(
    tmp_path: Path,
) -> None:
    measurement = make_measurement(device_class=f"{H100}-12345678", product=H100)
    catalogue = load([write(tmp_path, measurement)])
    add = catalogue.measurements.add_to
    assert add(catalogue.represent_product(H100)).measured is not None
    slice_of_it = catalogue.represent_product(H100, "1g.10gb")
    assert add(slice_of_it).measured is None
    own = make_measurement(slower=1.2)
    both = load([write(tmp_path, measurement), write(tmp_path, own, "own")])
    found = both.measurements.find(both.represent_product(H100))
    assert found is not None
    assert found == load([tmp_path / "own.measured.json"]).measurements.find(
        both.represent_product(H100)
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runtime": "eagre"}, "runtime 'eagre' is not known"),
        ({"measured_in": "ms"}, "unknown key"),
        ({"schema_version": "2.0"}, "schema_version"),
        ({"measured_on": "yesterday"}, "measured_on must be a day"),
        ({"operators": []}, "nothing was measured"),
        ({"product": "nvidia-a100-sxm-80"}, "product is nvidia-a100-sxm-80, and the whole"),
        ({"device_class": ["x"]}, "device_class must be text"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = write(tmp_path, make_measurement(), **changes)
    with pytest.raises(BadCatalogue, match=rf"{path.name}: .*{words}"):
        load([path])


@pytest.mark.parametrize("seconds", [-1.0, 0.0, float("nan"), float("inf"), "1", True, None, 1e9])
def test_a_time_that_is_none_is_refused_with_its_place(tmp_path: Path, seconds: object) -> None:
    document = codec.render(make_measurement())
    document["operators"][3]["seconds"] = seconds
    path = tmp_path / "x.measured.json"
    path.write_text(json.dumps(document))
    with pytest.raises(BadCatalogue, match=r"measurement\.operators\[3\]\.seconds must be"):
        load([path])


def test_times_in_milliseconds_are_refused(tmp_path: Path) -> None:
    """All of them: the first large product shows it."""
    path = write(tmp_path, make_measurement(slower=1000.0))
    with pytest.raises(BadCatalogue, match="are seconds meant"):
        load([path])


def test_what_is_no_json_and_what_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.measured.json").write_text("[" * 100_000)
    with pytest.raises(BadCatalogue, match=r"a\.measured\.json: is not JSON"):
        load([tmp_path])
    write(tmp_path, make_measurement(), "a")
    write(tmp_path, make_measurement(), "b")
    with pytest.raises(BadCatalogue, match=r"b\.measured\.json: is the same measurement as"):
        load([tmp_path])


def test_measurements_from_elsewhere_count_once_and_name_the_version(tmp_path: Path) -> None:
    one, other = make_measurement(), make_measurement(runtime="xla")
    catalogue: Catalogue = load([write(tmp_path, one)])
    more = (one, other)
    joined = catalogue.measure(more)
    assert joined.every == (one, other)
    assert catalogue.measure(more) is joined
    assert catalogue.measure(()) is catalogue.measurements
    assert catalogue.name_version(joined) != catalogue.version
    shipped = load_shipped()
    assert shipped.name_version(shipped.measure(more)) == catalogue.name_version(joined)


def test_a_found_device_that_may_be_several_products_has_no_measurement_of_one() -> None:
    catalogue = load_shipped()
    joined = catalogue.measure((make_measurement(product=H100),))
    unclear = replace(
        catalogue.represent(DeviceFacts("GPU", H100)), products=(H100, "x"), device_class="y"
    )
    assert joined.find(unclear) is None
