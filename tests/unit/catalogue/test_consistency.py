"""What the catalogue's files say of one thing in two places agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.representation.architectures import is_at_least
from cyborg_rr.domain.words import ELEMENT_TYPES
from tests.shipped import load

RECKONED_IN_OTHERS: Mapping[str, tuple[str, frozenset[str]]] = {
    "by compilers for NVIDIA GPUs, in f32": (
        "xla-gpu xla-gpu-older tvm-cuda tvm-relay-cuda tvm-v0.6-cuda iree-cuda llama-cpp-cuda"
        " torch-inductor torch-inductor-older triton mxnet-cuda onnxruntime-cuda tensorrt-older"
        " torch-jit-cuda torch-jit-cuda-older transformers-cuda",
        frozenset({"f16", "bf16"}),
    ),
    "by vLLM, whose kernels unpack weights": (
        "vllm-cuda vllm-rocm",
        frozenset({"f4E2M1FN", "f8E4M3FN", "f8E4M3FNUZ", "f8E5M2", "f8E8M0FNU"}),
    ),
    "by XLA and TVM for GPUs, in what is wider": (
        "xla-gpu tvm-cuda",
        frozenset({"f8E4M3FN", "f8E5M2"}),
    ),
    "by XLA for TPUs, in bf16 or f32": ("xla-tpu", frozenset({"f16", "f64", "f8E4M3FN", "f8E5M2"})),
    "by transformers, whose weights are widened as they are read": (
        "transformers-cuda-quantised transformers-rocm-quantised",
        frozenset({"bf16", "f4E2M1FN", "f8E4M3FN", "f8E5M2", "f8E8M0FNU"}),
    ),
    "by compilers that convert or quantise the model": (
        "cann-atc-310 cann-atc-first torch-npu-first vllm-ascend-310p furiosa-compiler hailo-dfc"
        " neuron-cc",
        frozenset({"f32"}),
    ),
    "by Gaudi 2, in bf16": ("torch-hpu", frozenset({"f16"})),
}
"""Which toolchains take floats that not all of their architectures compute in, and how."""


def list_claims(catalogue: Catalogue) -> Mapping[tuple[str, str], set[str]]:
    """Floats that a toolchain takes on architectures that do not compute in them."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for product in catalogue.products:
        offered = catalogue.represent_product(product.id)
        own = offered.architecture
        if own is None or not offered.native_element_types:
            continue
        for toolchain in offered.toolchains:
            if toolchain.target is None:
                continue
            for name, least in toolchain.element_types.items():
                if not ELEMENT_TYPES[name].is_float or (least and not is_at_least(own, least)):
                    continue
                if ELEMENT_TYPES[name].native not in offered.native_element_types:
                    found[toolchain.id, name].add(own)
    return found


def test_no_toolchain_claims_a_type_that_its_architecture_lacks() -> None:
    excused = {
        (toolchain, name)
        for toolchains, types in RECKONED_IN_OTHERS.values()
        for toolchain in toolchains.split()
        for name in types
    }
    claimed = list_claims(load())
    assert {key: own for key, own in claimed.items() if key not in excused} == {}


def test_nobody_is_excused_for_nothing() -> None:
    claimed = list_claims(load())
    for toolchains, types in RECKONED_IN_OTHERS.values():
        named = [(name, kind) for name, kind in claimed if name in toolchains.split()]
        assert {name for name, _ in named} == set(toolchains.split())
        assert {kind for _, kind in named} >= types
