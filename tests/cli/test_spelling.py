"""Names as people write them lead to our words where they can only mean one."""

from __future__ import annotations

import pytest

from cyborg_rr import offline
from cyborg_rr.cli.spelling import resolve_device, resolve_element_type, resolve_input
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.matching.options import CONVERSIONS
from cyborg_rr.domain.words import ELEMENT_TYPES

NAMES = {product.id: product.name for product in offline.load_catalogue().products}


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
        ("float8_e4m3fn", "f8E4M3FN"),
        ("float8_e5m2", "f8E5M2"),
        ("float8_e4m3fnuz", "f8E4M3FNUZ"),
    ],
)
def test_an_element_type_is_known_by_what_frameworks_call_it(written: str, meant: str) -> None:
    assert resolve_element_type(written, CONVERSIONS) == meant


@pytest.mark.parametrize(
    ("written", "near"), [("fp8", "f8E5M2"), ("flaot16", "f16"), ("f1", "f16"), ("", "bf16")]
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


@pytest.mark.parametrize("id", NAMES)
def test_an_id_stays_as_it_is_in_any_case(id: str) -> None:
    assert resolve_device(id, NAMES) == id
    found = {other for other in NAMES if other != id and set(id.split("-")) < set(other.split("-"))}
    if not found:
        assert resolve_device(id.upper(), NAMES) == id


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
    ],
)
def test_a_device_is_known_by_what_only_it_is_called(written: str, meant: str) -> None:
    assert resolve_device(written, NAMES) == meant


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("h100", "nvidia-h100-nvl-94, nvidia-h100-pcie-80 or nvidia-h100-sxm-80; say which"),
        ("A100-80GB", "nvidia-a100-pcie-80 or nvidia-a100-sxm-80; say which"),
        ("nvidia-t5", "nvidia-t4"),
        ("h100-sxm-90", "nvidia-h100-sxm-80"),
        ("", "no device"),
        ("\x1b" * 5000, "no device"),
    ],
)
def test_a_device_that_may_be_several_or_none_is_refused_with_those_near(
    written: str, near: str
) -> None:
    with pytest.raises(InvalidInput, match=near):
        resolve_device(written, NAMES)
