"""The table of ONNX Runtime's CUDA provider against what its sources say in words."""

from __future__ import annotations

import pytest

from cyborg_rr.catalogue.coverages import read_shipped
from cyborg_rr.domain.graph.operands import ABSENT, Operand
from cyborg_rr.domain.representation.coverage.calls import Call


def judge(
    operation: str,
    *types: str,
    version: int = 17,
    rank: int = 4,
    results: str = "",
    **attributes: object,
) -> str:
    """Where a call runs whose operands are of these types; an empty one is left out."""
    dialect, _, name = operation.rpartition(":")
    operands = tuple(Operand(each, rank) if each else ABSENT for each in types)
    outputs = tuple(Operand(each, rank) for each in results.split()) or operands[:1]
    call = Call(
        dialect or "ai.onnx", name, 1 if dialect else version, operands, outputs, attributes
    )
    return read_shipped("onnxruntime-cuda").table.judge(call, "sm_90").where


@pytest.mark.parametrize(
    ("element_type", "version", "where"),
    [("f32", 1, "device"), ("f16", 21, "device"), ("bf16", 21, "otherwise"),
     ("bf16", 22, "device"), ("i8", 22, "otherwise")],
)  # fmt: skip
def test_kernels_are_for_types_and_versions(element_type: str, version: int, where: str) -> None:
    assert judge("Conv", element_type, element_type, version=version) == where


def test_a_kernel_without_end_is_for_the_version_in_which_the_operator_last_changed() -> None:
    assert judge("Elu", "f32", version=21) == "device"
    assert judge("Elu", "f32", version=22) == "otherwise"


def test_recurrences_are_those_that_cudnn_has() -> None:
    gru = ("f32", "f32", "f32")
    assert judge("GRU", *gru, linear_before_reset=1) == "device"
    assert judge("GRU", *gru) == "otherwise"
    assert judge("GRU", *gru, linear_before_reset=1, clip=1.0) == "otherwise"
    lstm = ("f32", "f32", "f32")
    assert judge("LSTM", *lstm) == "device"
    assert judge("LSTM", *lstm, activations=("Sigmoid", "Tanh", "Tanh") * 2) == "device"
    assert judge("LSTM", *lstm, activations=("Relu", "Tanh", "Tanh")) == "otherwise"
    assert judge("LSTM", *lstm, activations=None) == "unknown"
    assert judge("LSTM", *lstm, "", "", "", "", "f32") == "otherwise"


def test_a_transposed_convolution_is_padded_alike_at_both_ends() -> None:
    for pads, where in (((1, 1, 1, 1), "device"), ((0, 0, 1, 1), "otherwise"), (None, "unknown")):
        assert judge("ConvTranspose", "f32", "f32", pads=pads) == where
    assert judge("ConvTranspose", "f32", "f32", auto_pad="SAME_UPPER") == "otherwise"
    assert judge("ConvTranspose", "f32", "f32", auto_pad="VALID") == "device"


def test_text_is_cast_on_the_host() -> None:
    assert judge("Cast", "f32", results="f16") == "device"
    assert judge("Cast", "f32", results="str") == "otherwise"


def test_what_has_no_kernel_anywhere_is_written_out() -> None:
    assert judge("Mish", "f16", version=22) == "device"
    assert judge("NegativeLogLikelihoodLoss", "f32", "i64") == "device"
    assert judge("Unique", "f32") == "otherwise"


def test_operators_of_the_runtime_are_asked_in_their_set() -> None:
    packed = ("f16", "u8", "f16")
    assert judge("com.microsoft:MatMulNBits", *packed) == "device"
    assert judge("com.microsoft:MatMulNBits", "f64", "u8", "f64") == "otherwise"
    assert judge("com.microsoft:QLinearAdd", "u8", "f32", "u8") == "otherwise"


def test_sizes_and_constants_are_no_work() -> None:
    table = read_shipped("onnxruntime-cuda").table
    sizes = Operand("i64", 1, is_shape=True)
    call = Call("ai.onnx", "BitShift", 17, (sizes, sizes), (sizes,), {})
    assert table.judge(call, "sm_90").where == "by design"
    constant = Operand("f32", 1, is_constant=True)
    folded = Call("ai.onnx", "Unique", 17, (constant,), (constant,), {})
    assert table.judge(folded, "sm_90").where == "by design"
    narrow = Operand("u16", 1, is_constant=True)
    kept = Call("ai.onnx", "DequantizeLinear", 21, (narrow, constant), (constant,), {})
    assert table.judge(kept, "sm_90").where == "otherwise"
