"""Models that name their architecture in place of operations, by the programs that know it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.graph.graph import QUANTIZATION
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from tests.matching.requirements import make_requirement


def judge(
    catalogue: Catalogue, toolchain: str, device: str, architecture: str = "", method: str = ""
) -> Verdict:
    """The verdict for a device with no other toolchain."""
    found = catalogue.represent_product(device)
    own = tuple(each for each in found.toolchains if each.id == toolchain)
    assert own
    dialects: dict[str, str | None] = {architecture: None} if architecture else {}
    if method:
        dialects[QUANTIZATION] = method
    family = own[0].takes[0].family
    requirement = make_requirement(family=family, dialects=dialects)
    kept = [replace(found, toolchains=own)]
    return match(requirement, kept, MatchOptions(), coverage=catalogue.find_coverage)[0]


LLAMA = "LlamaForCausalLM"


@pytest.mark.parametrize(
    ("toolchain", "device", "architecture", "method", "verdict", "cause"),
    [
        ("llama-cpp-cuda", "nvidia-l4", "llama", "", "fits", ""),
        ("llama-cpp-cuda", "nvidia-l4", "lama", "", "does not fit", "models of lama"),
        ("llama-cpp-sycl", "intel-max-1550", "qwen3moe", "", "fits", ""),
        ("llama-cpp-cuda", "nvidia-l4", "clip", "", "fits if", "clip: beside the model"),
        ("vllm-cuda", "nvidia-t4", LLAMA, "", "fits", ""),
        ("vllm-cuda", "nvidia-t4", LLAMA, "awq", "fits", ""),
        ("vllm-cuda", "nvidia-l4", LLAMA, "fp_quant", "unknown", "takes LlamaForCausalLM"),
        ("vllm-cuda", "nvidia-l4", LLAMA, "bitsandbytes", "unknown", "takes LlamaForCausalLM"),
        ("vllm-cuda", "nvidia-l4", LLAMA, "compressed-tensors", "unknown", LLAMA),
        ("vllm-cuda", "nvidia-l4", "MyOwnForCausalLM", "", "unknown", "takes MyOwnForCausalLM"),
        ("vllm-rocm", "amd-mi300x", LLAMA, "gptq", "fits", ""),
        ("vllm-rocm", "amd-mi300x", LLAMA, "moe_wna16", "unknown", "takes LlamaForCausalLM"),
        ("vllm-ascend", "huawei-ascend-910b4", LLAMA, "ascend", "fits", ""),
        ("vllm-ascend", "huawei-ascend-910b4", LLAMA, "gptq", "unknown", "takes LlamaForCausalLM"),
        ("vllm-ascend-310p", "huawei-ascend-310p3", LLAMA, "", "fits", ""),
        ("vllm-xpu", "intel-max-1550", "Qwen3ForCausalLM", "awq", "fits", ""),
    ],
)
def test_a_model_is_known_by_its_architecture(
    catalogue: Catalogue,
    toolchain: str,
    device: str,
    architecture: str,
    method: str,
    verdict: str,
    cause: str,
) -> None:
    found = judge(catalogue, toolchain, device, architecture, method)
    assert found.verdict == verdict
    assert cause in " ".join((*found.reasons, *found.changes))


def test_a_model_that_names_no_architecture_is_not_judged_by_it(catalogue: Catalogue) -> None:
    assert judge(catalogue, "llama-cpp-cuda", "nvidia-l4").verdict == "fits"
    assert judge(catalogue, "vllm-cuda", "nvidia-l4").verdict == "unknown"


@pytest.mark.parametrize(
    ("device", "verdict"),
    [("huawei-ascend-910b2", "does not fit"), ("huawei-ascend-910c", "does not fit"),
     ("huawei-ascend-950dt", "fits")],
)  # fmt: skip
@pytest.mark.parametrize("element_type", ["f8E4M3FN", "f4E2M1FN"])
def test_floats_of_few_bits_run_in_vllm_where_the_part_has_them(
    catalogue: Catalogue, device: str, element_type: str, verdict: str
) -> None:
    found = catalogue.represent_product(device)
    own = tuple(each for each in found.toolchains if each.id == "vllm-ascend")
    requirement = make_requirement(
        family="huggingface", dialects={LLAMA: None}, element_type=element_type
    )
    kept = [replace(found, toolchains=own)]
    judged = match(requirement, kept, MatchOptions(), coverage=catalogue.find_coverage)[0]
    assert judged.verdict == verdict


def test_types_of_weights_are_asked_of_the_toolchain(catalogue: Catalogue) -> None:
    found = catalogue.represent_product("nvidia-l4")
    own = tuple(each for each in found.toolchains if each.id == "llama-cpp-cuda")
    for element_type, verdict in (("nvfp4", "fits"), ("tq2_0", "does not fit")):
        requirement = make_requirement(
            family="gguf", dialects={"llama": None}, element_type=element_type
        )
        kept = [replace(found, toolchains=own)]
        judged = match(requirement, kept, MatchOptions(), coverage=catalogue.find_coverage)[0]
        assert judged.verdict == verdict
