"""Resource representations as documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import device_class_trait
from cyborg_rr.domain.hardware.resource_class import resource_class_of
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from tests.shipped import load

CATALOGUE = load()


def minimal() -> dict[str, Any]:
    """The least document."""
    return {"device_class": "x", "kind": "GPU", "vendor": "v", "name": "n"}


@pytest.mark.parametrize("product", [product.id for product in CATALOGUE.products])
def test_a_document_reads_back_as_what_was_written(product: str) -> None:
    written = CATALOGUE.represent_product(product)
    text = json.dumps(codec.render(written))
    assert codec.parse(ResourceRepresentation, json.loads(text), "representation") == written


def test_the_least_document_is_enough() -> None:
    assert codec.parse(ResourceRepresentation, minimal(), "representation").memory_bytes is None


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"memory_bytes": "80 GiB"}, "memory_bytes must be a whole number"),
        ({"memory_bytes": True}, "memory_bytes must be a whole number"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"peak_rates": {"f16": float("inf")}}, "peak_rates.f16 must be a finite number"),
        ({"toolchains": [{"id": "t"}]}, "toolchains[0].name is missing"),
        ({"functions": "afu"}, "functions must be a list"),
        ({"interconnect": 3}, "interconnect must be an object"),
        ({"schema_version": "9.0"}, "schema_version '9.0'"),
        ({"device_class": None}, "device_class must be text"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        codec.parse(ResourceRepresentation, minimal() | change, "representation")
    assert place in str(caught.value)


@pytest.mark.parametrize("document", [None, [], "text", 3])
def test_what_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match="must be an object"):
        codec.parse(ResourceRepresentation, document, "representation")


def test_a_missing_key_is_named() -> None:
    document = minimal()
    del document["vendor"]
    with pytest.raises(InvalidInput, match="vendor is missing"):
        codec.parse(ResourceRepresentation, document, "representation")


def test_traits_hold_only_what_placement_allows() -> None:
    assert device_class_trait("nvidia-h100-1g.10gb") == "CUSTOM_DEVICE_CLASS_NVIDIA_H100_1G_10GB"


def test_an_unknown_kind_gets_a_custom_resource_class() -> None:
    assert resource_class_of("Video-Card") == "CUSTOM_VIDEO_CARD"
    assert resource_class_of("GPU", "1g.10gb") == "VGPU"
