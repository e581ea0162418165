"""Names as people write them lead to our words where they can only mean one."""

from __future__ import annotations

import re

import pytest

from cyborg_rr import offline
from cyborg_rr.catalogue.products import Product
from cyborg_rr.cli.spelling import list_called, resolve_device, resolve_element_type, resolve_input
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.matching.options import CONVERSIONS
from cyborg_rr.domain.words import ELEMENT_TYPES

PRODUCTS = offline.load_catalogue().products
CALLED = list_called(PRODUCTS)
BUILT = {product.id: product.architecture for product in PRODUCTS if product.architecture}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_our_own_words_stay_as_they_are(name: str) -> None:
    assert resolve_element_type(name, CONVERSIONS) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("fp16", "f16"),
        ("float16", "f16"),
        ("half", "f16"),
        ("FP16", "f16"),
        ("torch.float16", "f16"),
        ("bfloat16", "bf16"),
        ("BF16", "bf16"),
        ("fp32", "f32"),
        ("float", "f32"),
        ("double", "f64"),
        ("int8", "i8"),
        ("uint8", "u8"),
        ("int4", "i4"),
        ("fp4", "f4E2M1FN"),
        ("fp8_e4m3", "f8E4M3FN"),
        ("fp8", "f8E4M3FN"),
        ("float8", "f8E4M3FN"),
        ("float8_e4m3fn", "f8E4M3FN"),
        ("float8_e5m2", "f8E5M2"),
        ("float8_e4m3fnuz", "f8E4M3FNUZ"),
    ],
)
def test_an_element_type_is_known_by_what_frameworks_call_it(written: str, meant: str) -> None:
    assert resolve_element_type(written, CONVERSIONS) == meant


@pytest.mark.parametrize(
    ("written", "near"), [("fp8e5", "f8E5M2"), ("flaot16", "f16"), ("f1", "f16"), ("", "bf16")]
)
def test_an_element_type_that_may_be_several_or_none_is_refused_with_some(
    written: str, near: str
) -> None:
    with pytest.raises(InvalidInput, match=near):
        resolve_element_type(written, CONVERSIONS)


def test_a_type_that_nothing_converts_to_is_not_taken_for_another() -> None:
    with pytest.raises(InvalidInput):
        resolve_element_type("int64", CONVERSIONS)
    assert resolve_element_type("int64", list(ELEMENT_TYPES)) == "i64"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ids=1x128:int64", "ids=1x128:i64"),
        ("a:b=3:float16", "a:b=3:f16"),
        ("x=:bool", "x=:i1"),
        ("batch=8", "batch=8"),
        ("no input", "no input"),
    ],
)
def test_an_input_has_its_type_in_our_words(text: str, meant: str) -> None:
    assert resolve_input(text) == meant


@pytest.mark.parametrize("id", CALLED)
def test_an_id_stays_as_it_is_in_any_case(id: str) -> None:
    assert resolve_device(id, CALLED) == id
    found = {
        other for other in CALLED if other != id and set(id.split("-")) < set(other.split("-"))
    }
    if not found:
        assert resolve_device(id.upper(), CALLED) == id


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("t4", "nvidia-t4"),
        ("L4", "nvidia-l4"),
        ("h200-nvl", "nvidia-h200-nvl"),
        ("H100 PCIe", "nvidia-h100-pcie-80"),
        ("A100-SXM-80GB", "nvidia-a100-sxm-80"),
        ("v100 pcie 16gb", "nvidia-v100-pcie-16"),
        ("MI300X", "amd-mi300x"),
        ("TPU v5e", "google-tpu-v5e"),
        ("tpu-v5e", "google-tpu-v5e"),
        ("rtx4090", "nvidia-rtx-4090"),
        ("rtx 4090", "nvidia-rtx-4090"),
        ("RTX-4090", "nvidia-rtx-4090"),
        ("GeForce RTX4090", "nvidia-rtx-4090"),
        ("rtx 4070", "nvidia-rtx-4070"),
        ("rtx4070 ti", "nvidia-rtx-4070-ti"),
        ("a10g", "nvidia-a10g"),
        ("h100sxm80", "nvidia-h100-sxm-80"),
        ("NVIDIA A100-SXM4-80GB", "nvidia-a100-sxm-80"),
        ("AMD Instinct MI300X", "amd-mi300x"),
        ("mi 300x", "amd-mi300x"),
        ("hailo8", "hailo-8"),
        ("Gaudi 2", "intel-gaudi2"),
        ("a10", "nvidia-a10"),
        ("trn2", "aws-trainium2"),
        ("inf2", "aws-inferentia2"),
        ("NVIDIA H100 80GB HBM3", "nvidia-h100-sxm-80"),
        ("NVIDIA H100 PCIe", "nvidia-h100-pcie-80"),
    ],
)
def test_a_device_is_known_by_what_only_it_is_called(written: str, meant: str) -> None:
    assert resolve_device(written, CALLED) == meant


def list_spellings(product: Product) -> set[str]:
    """How people may write one: by id or name, with or without its maker, marks and spaces."""
    name = re.sub(r"\([^)]*\)", "", product.name).strip()
    short = product.id.partition("-")[2]
    plain = {product.id, short, name, f"{product.vendor} {name}", f"{name} GPU"}
    plain |= {re.sub(r"[-_ ]+", mark, each) for each in plain for mark in (" ", "-", "_")}
    plain |= {re.sub(r"[^A-Za-z0-9]+", "", each) for each in (product.id, short, name)}
    return plain | {each.upper() for each in plain} | {each.lower() for each in plain}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_every_spelling_of_a_product_leads_to_it_or_to_a_choice_with_it(
    product: Product,
) -> None:
    wrong = []
    for written in list_spellings(product):
        try:
            found = resolve_device(written, CALLED)
        except InvalidInput as error:
            found = str(error)
            if "may be any of" not in found:
                wrong.append((written, found))
        if product.id not in found and " more; say which" not in found:
            wrong.append((written, found))
    assert wrong == []


@pytest.mark.parametrize("built", sorted(set(BUILT.values())))
def test_an_architecture_means_the_devices_that_have_it(built: str) -> None:
    having = sorted(id for id, name in BUILT.items() if name == built)
    try:
        found = resolve_device(built, CALLED)
    except InvalidInput as error:
        found = str(error)
    is_called = built in found  # such as gaudi2, which is also what a device is called
    assert is_called or any(id in found for id in having) or " more; say which" in found


@pytest.mark.parametrize(
    ("written", "near"),
    [
        (
            "h100",
            "nvidia-h100-nvl-94, nvidia-h100-pcie-80, nvidia-h100-sxm-64, ",
        ),
        ("A100-80GB", "nvidia-a100-pcie-80 or nvidia-a100-sxm-80; say which"),
        ("nvidia-t5", "nvidia-t4"),
        ("h100-sxm-90", "nvidia-h100-sxm-80"),
        ("mi300", "may be any of amd-mi300a or amd-mi300x; say which"),
        ("ascend 910b", "may be any of huawei-ascend-910b2, "),
        ("gfx942", "may be any of amd-mi300a, amd-mi300x, amd-mi308x or amd-mi325x; say which"),
        ("sm_90", "may be any of .*nvidia-h100-sxm-80"),
        ("a10q", "no device"),
        ("nvidia", "may be any of .* more; say which"),
        ("", "no device"),
        ("\x1b" * 5000, "no device"),
    ],
)
def test_a_device_that_may_be_several_or_none_is_refused_with_those_near(
    written: str, near: str
) -> None:
    with pytest.raises(InvalidInput, match=near):
        resolve_device(written, CALLED)
