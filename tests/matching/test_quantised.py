"""What each path takes of quantised models, as they are written, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.matching.quantised_models import (
    EXPERTS,
    make_blocked,
    make_dynamic,
    make_few_bits,
    make_folder,
    make_matmul_integer,
    make_qdq,
    make_qlinear_conv,
    make_qlinear_matmul,
)
from tests.shipped import load

FORMS: Mapping[str, Callable[[], IRRequirement]] = {
    "QDQ i8": lambda: make_qdq("i8"),
    "QDQ u8": lambda: make_qdq("u8"),
    "QDQ f8": lambda: make_qdq("f8E4M3FN", 19),
    "QLinearConv i8": lambda: make_qlinear_conv("i8"),
    "QLinearConv u8": lambda: make_qlinear_conv("u8"),
    "QLinearMatMul u8": lambda: make_qlinear_matmul("u8"),
    "MatMulInteger i8": lambda: make_matmul_integer("i8"),
    "MatMulInteger u8": lambda: make_matmul_integer("u8"),
    "dynamic": make_dynamic,
    "MatMulNBits": make_few_bits,
    "blocked i4": lambda: make_blocked("i4"),
    "blocked u4": lambda: make_blocked("u4"),
}
PATHS = {
    "onnxruntime-cuda": "nvidia-h100-sxm-80",
    "tensorrt": "nvidia-h100-sxm-80",
    "migraphx": "amd-mi300x",
    "openvino-gpu": "intel-max-1100",
    "cann-atc": "huawei-ascend-910b2",
}
TAKEN = {
    "QDQ i8":           "yes yes yes yes if",
    "QDQ u8":           "yes no  yes yes if",
    "QDQ f8":           "yes yes no  ?   no",
    "QLinearConv i8":   "no  no  yes yes if",
    "QLinearConv u8":   "no  no  yes yes if",
    "QLinearMatMul u8": "no  no  yes yes if",
    "MatMulInteger i8": "yes no  yes yes no",
    "MatMulInteger u8": "no  no  yes yes no",
    "dynamic":          "no  no  yes yes no",
    "MatMulNBits":      "yes no  yes yes no",
    "blocked i4":       "yes yes no  yes no",
    "blocked u4":       "yes no  no  yes no",
}  # fmt: skip
"""What each path makes of each form: its tool, or the list that its project publishes, says so."""

WORDS = {"fits": "yes", "fits if": "if", "unknown": "?", "does not fit": "no"}


def judge(requirement: IRRequirement, path: str, product: str) -> Verdict:
    """The verdict of a device that has one toolchain."""
    device = load().represent_product(product)
    own = tuple(toolchain for toolchain in device.toolchains if toolchain.id == path)
    assert own
    coverage = load().find_coverage
    return match(requirement, [replace(device, toolchains=own)], coverage=coverage)[0]


@pytest.mark.parametrize("form", FORMS)
def test_each_path_takes_of_a_form_what_its_tool_does(form: str) -> None:
    requirement = FORMS[form]()
    found = [WORDS[judge(requirement, path, product).verdict] for path, product in PATHS.items()]
    assert found == TAKEN[form].split()


def follow(fix: str, form: str) -> IRRequirement:
    """The model as a hint says to write it."""
    found = re.search(r"DequantizeLinear of (\w+), Conv and QuantizeLinear \(QDQ\)", fix)
    if found is not None:
        return make_qdq(found[1])
    found = re.search(r"DequantizeLinear of (\w+) in blocks and MatMul \(ai.onnx >= 21\)", fix)
    if found is not None:
        return make_blocked(found[1])
    found = re.search(r"DequantizeLinear in (\w+)", fix)
    assert found is not None, fix
    return make_blocked(found[1]) if form.startswith("blocked") else make_qdq(found[1])


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("QLinearConv i8", "onnxruntime-cuda"),
        ("QLinearConv u8", "onnxruntime-cuda"),
        ("QLinearConv i8", "tensorrt"),
        ("QLinearConv u8", "tensorrt"),
        ("MatMulNBits", "tensorrt"),
        ("QDQ u8", "tensorrt"),
        ("blocked u4", "tensorrt"),
    ],
)
def test_the_form_that_is_offered_instead_is_taken(form: str, path: str) -> None:
    refused = judge(FORMS[form](), path, PATHS[path])
    assert refused.verdict == "does not fit"
    fix = refused.reasons[0].partition("(nearest fix: ")[2]
    taken = judge(follow(fix, form), path, PATHS[path])
    assert taken.verdict == "fits"
    assert taken.compile_path[0]["toolchain"] == path


def test_what_has_no_other_form_is_to_be_replaced() -> None:
    refused = judge(make_dynamic(), "tensorrt", PATHS["tensorrt"])
    assert "MatMulInteger as DequantizeLinear of i8, MatMul and QuantizeLinear" in str(refused)
    refused = judge(make_matmul_integer("u8"), "onnxruntime-cuda", PATHS["onnxruntime-cuda"])
    assert "(nearest fix: MatMulInteger in i8)" in refused.reasons[0]


FOLDERS: Mapping[str, dict[str, Any]] = {
    "AWQ": {"quant_method": "awq", "bits": 4, "group_size": 32},
    "GPTQ": {"quant_method": "gptq", "bits": 4, "group_size": 32},
    "bitsandbytes, 8 bits": {"quant_method": "bitsandbytes", "load_in_8bit": True},
    "bitsandbytes, 4 bits": {"quant_method": "bitsandbytes", "load_in_4bit": True},
    "fp8": {"quant_method": "fp8", "weight_block_size": [64, 64]},
    "MXFP4": {"quant_method": "mxfp4"},
}


@pytest.mark.parametrize("form", FOLDERS)
def test_nobody_claims_that_a_quantised_folder_runs_as_plain_floats_do(form: str) -> None:
    requirement = make_folder(FOLDERS[form], **EXPERTS if form == "MXFP4" else {})
    for path in ("transformers-cuda", "transformers-dynamo", "transformers-onnx"):
        assert judge(requirement, path, "nvidia-h100-sxm-80").verdict != "fits", path
    own = judge(requirement, "transformers-cuda-quantised", "nvidia-h100-sxm-80")
    assert own.verdict == "unknown"


REGISTERED = (
    "aqlm", "auto-round", "awq", "bitnet", "bitsandbytes", "compressed-tensors", "eetq",
    "fbgemm_fp8", "fouroversix", "fp8", "fp_quant", "gemma", "gguf", "gptq", "higgs", "hqq",
    "metal", "mxfp4", "mxfp8", "nvfp4", "quanto", "quark", "sinq", "spqr", "torchao", "vptq",
)  # fmt: skip
"""The methods that transformers 5.24 knows (AUTO_QUANTIZER_MAPPING of quantizers/auto.py)."""

INVENTED = "of tomorrow"
UNDER: Mapping[str, Callable[[dict[str, Any]], IRRequirement]] = {
    "the model": make_folder,
    "the part that takes text": lambda stated: make_folder(
        None, text_config={"quantization_config": stated}
    ),
    "its older name": lambda stated: make_folder(None, compression_config=stated),
    "a model without a class": lambda stated: make_folder(stated, architectures=None),
}
RUNNERS = {
    "transformers-cuda": "nvidia-h100-sxm-80",
    "transformers-rocm": "amd-mi300x",
    "transformers-xpu": "intel-max-1100",
    "transformers-cuda-quantised": "nvidia-h100-sxm-80",
    "vllm-cuda": "nvidia-h100-sxm-80",
    "vllm-ascend": "huawei-ascend-910b2",
}


@pytest.mark.parametrize("place", UNDER)
@pytest.mark.parametrize("method", [*REGISTERED, INVENTED])
def test_how_weights_are_quantised_is_never_taken_for_plain_floats(method: str, place: str) -> None:
    requirement = UNDER[place]({"quant_method": method})
    verdict = judge(requirement, "transformers-cuda", RUNNERS["transformers-cuda"])
    if set(requirement.element_types) <= {"f16", "i64", "i32", "i1"}:
        assert verdict.verdict == "unknown"
    assert verdict.verdict != "fits"
    assert f"quantised by {method}" in str(verdict)


@pytest.mark.parametrize("path", RUNNERS)
def test_a_method_that_nobody_knows_is_named(path: str) -> None:
    verdict = judge(make_folder({"quant_method": INVENTED}), path, RUNNERS[path])
    assert verdict.verdict == "unknown"
    assert f"quantised by {INVENTED}" in " ".join(verdict.reasons)


def test_a_folder_of_plain_floats_runs_in_torch() -> None:
    verdict = judge(make_folder(None), "transformers-cuda", "nvidia-h100-sxm-80")
    assert verdict.verdict == "fits"
    assert verdict.memory_bytes.parameters == make_folder(None).memory.parameter_bytes
