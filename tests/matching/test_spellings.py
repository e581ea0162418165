"""Models whose compilability hangs on how they spell operations, over the shipped catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.verdict import Verdict
from tests.matching.requirements import make_requirement


def judge(
    catalogue: Catalogue, product: str, names: Mapping[str, int], element_type: str = "f16"
) -> Verdict:
    """The verdict for a model of operations with those names; what they mean is known to all."""
    dialects = {"ai.onnx": "17", **{name.partition(":")[0]: "1" for name in names if ":" in name}}
    requirement = make_requirement(
        operations={"matmul": 10}, element_type=element_type, dialects=dialects
    )
    spelled = replace(requirement, operations=dict(names))
    return match(spelled, [catalogue.represent_product(product)], coverage=catalogue.find_coverage)[
        0
    ]


def test_no_cuda_path_takes_the_operator_form_of_a_quantised_model(catalogue: Catalogue) -> None:
    for name in ("QLinearConv", "QLinearMatMul"):
        found = judge(catalogue, "nvidia-t4", {name: 4})
        assert found.verdict == "unknown"
        told = " ".join(found.reasons)
        assert f"TensorRT does not take {name}" in told
        assert f"ONNXRuntime:cuda does not take {name}" in told
    pairs = {"QuantizeLinear": 4, "DequantizeLinear": 8, "Conv": 4}
    assert judge(catalogue, "nvidia-t4", pairs).verdict == "fits"


@pytest.mark.parametrize("product", ["amd-mi300x", "intel-max-1550"])
def test_frontends_take_the_fused_operations_that_they_have(
    catalogue: Catalogue, product: str
) -> None:
    encoder = dict.fromkeys(("Attention", "SkipLayerNormalization", "BiasGelu"), 12)
    fused = {f"com.microsoft:{name}": count for name, count in encoder.items()}
    assert judge(catalogue, product, fused).verdict == "fits"
    assert judge(catalogue, product, {"com.microsoft:LongformerAttention": 1}).verdict != "fits"


def test_the_first_ascend_cores_take_no_bf16(catalogue: Catalogue) -> None:
    for product, verdict in (
        ("huawei-ascend-910a", "fits if"),
        ("huawei-ascend-310p3", "fits if"),
        ("huawei-ascend-910b2", "fits"),
    ):
        assert judge(catalogue, product, {"Conv": 1}, "bf16").verdict == verdict


@pytest.mark.parametrize(
    "product", ["huawei-ascend-310p3", "huawei-ascend-910a", "huawei-ascend-910b2"]
)
def test_ascend_takes_quantised_models_once_they_are_adapted(
    catalogue: Catalogue, product: str
) -> None:
    pairs = judge(catalogue, product, {"QuantizeLinear": 4, "DequantizeLinear": 8, "Conv": 4})
    assert pairs.verdict == "fits if"
    assert pairs.changes == ("adapt the quantised model to CANN (convert_qat_model of AMCT)",)
    for name in ("QLinearConv", "QLinearMatMul"):
        found = judge(catalogue, product, {name: 4})
        assert found.verdict == "fits if"
        assert found.changes[0].startswith("write the quantised operations as QuantizeLinear and")
    assert judge(catalogue, product, {"ConvInteger": 1}).verdict == "does not fit"
    assert judge(catalogue, product, {"Conv": 1}).verdict == "fits"
