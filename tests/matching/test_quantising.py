"""A quantised model: judged alike whether its file is one or is to become one, and faster."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
import pytest
from onnx import TensorProto, helper

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.matching.converting.conversion import convert
from cyborg_rr.domain.matching.judging import Judgement
from cyborg_rr.domain.matching.matching import match, rank
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source

CHANNELS, SIDE, BATCH, BLOCKS = 256, 28, 32, 6
ASCEND = "huawei-ascend-310p3"


class Network:
    """Residual blocks of convolutions as a QDQ exporter writes them, or of floats.

    Each reader of a value has a pair of its own, with the scale that the others have too; the
    weights are stored elsewhere, so that the file is small.
    """

    def __init__(self, element_type: int, *, in_pairs: bool) -> None:
        self._type, self._in_pairs = element_type, in_pairs
        self._nodes: list[onnx.NodeProto] = []
        self._stored: list[onnx.TensorProto] = []
        if in_pairs:
            self._stored.append(helper.make_tensor("s", TensorProto.FLOAT, [], [0.02]))
            self._stored.append(helper.make_tensor("z", TensorProto.INT8, [], [0]))

    def _add(self, operation: str, *inputs: str, **attributes: object) -> str:
        result = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [result], **attributes))
        return result

    def _pair(self, name: str) -> str:
        if not self._in_pairs:
            return name
        return self._widen(self._add("QuantizeLinear", name, "s", "z"))

    def _widen(self, name: str) -> str:
        return self._add("DequantizeLinear", name, "s", "z") if self._in_pairs else name

    def _weight(self, shape: list[int]) -> str:
        tensor = onnx.TensorProto(
            name=f"w{len(self._stored)}",
            dims=shape,
            data_type=TensorProto.INT8 if self._in_pairs else self._type,
            data_location=TensorProto.EXTERNAL,
        )
        tensor.external_data.add(key="location", value="weights")
        self._stored.append(tensor)
        return tensor.name

    def _convolve(self, name: str) -> str:
        weight = self._widen(self._weight([CHANNELS, CHANNELS, 3, 3]))
        return self._add("Conv", self._pair(name), weight, pads=[1] * 4)

    def write(self) -> bytes:
        """The bytes of the file."""
        value = "x"
        for _ in range(BLOCKS):
            inner = self._add("Relu", self._convolve(value))
            both = self._pair(self._convolve(inner)), self._pair(value)
            value = self._add("Relu", self._add("Add", *both))
        shape = [BATCH, CHANNELS, SIDE, SIDE]
        ends = [helper.make_tensor_value_info(name, self._type, shape) for name in ("x", value)]
        graph = helper.make_graph(self._nodes, "blocks", ends[:1], ends[1:], self._stored)
        opsets = [helper.make_opsetid("", 17)]
        return helper.make_model(graph, ir_version=8, opset_imports=opsets).SerializeToString()


def analyse(data: bytes) -> IRRequirement:
    return analyse_by(OnnxReader(), Source("blocks.onnx", data), parse_options(None, ()))


F32 = analyse(Network(TensorProto.FLOAT, in_pairs=False).write())
F16 = analyse(Network(TensorProto.FLOAT16, in_pairs=False).write())
I8 = analyse(Network(TensorProto.FLOAT, in_pairs=True).write())


def judge(
    requirement: IRRequirement, catalogue: Catalogue, element_type: str | None = None
) -> Iterator[Judgement]:
    """The verdicts over the whole catalogue."""
    devices = [catalogue.represent_product(each.id) for each in catalogue.products]
    options = MatchOptions(element_type=element_type)
    yield from rank(requirement, devices, options, coverage=catalogue.find_coverage)


def test_a_file_that_is_to_be_quantised_is_judged_as_one_that_is(catalogue: Catalogue) -> None:
    found = [
        {
            each.verdict.device_class: (each.verdict.verdict, each.verdict.changes)
            for each in judge(requirement, catalogue, element_type)
        }
        for requirement, element_type in ((I8, None), (F32, "i8"))
    ]
    assert found[0] == found[1]
    outcome, changes = found[0][ASCEND]
    assert (outcome, len(changes)) == ("fits if", 1)
    assert "AMCT" in changes[0]


def test_values_between_pairs_are_read_and_written_narrow() -> None:
    assert {item.element_type for item in I8.work if item.macs} == {"i8"}
    traffic = [
        sum((item.bytes_read + item.bytes_written) * item.count for item in requirement.work)
        for requirement in (I8, F16, F32)
    ]
    assert traffic[0] < 0.85 * traffic[1] < 0.45 * traffic[2]


@pytest.mark.parametrize("device", ["nvidia-t4", "nvidia-l4", "nvidia-a100-sxm-80"])
def test_a_quantised_network_is_faster_than_one_of_halves(
    device: str, catalogue: Catalogue
) -> None:
    times = []
    for requirement in (I8, F16, F32):
        (found,) = rank(
            requirement,
            [catalogue.represent_product(device)],
            MatchOptions(),
            coverage=catalogue.find_coverage,
        )
        assert found.time is not None
        times.append(found.time.expected)
    assert times[0] < times[1] < times[2]


def test_weights_alone_that_are_quantised_are_multiplied_as_floats() -> None:
    network = Network(TensorProto.FLOAT, in_pairs=True)
    network._pair = lambda name: name  # type: ignore[method-assign]
    found = analyse(network.write())
    assert {item.element_type for item in found.work if item.macs} == {"f32"}


def test_no_change_of_a_verdict_is_said_twice(catalogue: Catalogue) -> None:
    """Operations of whole numbers need pairs, and pairs an adaptation, which is one step."""
    narrow = ("s", "z")
    nodes = [
        helper.make_node("QuantizeLinear", ["x", *narrow], ["q"]),
        helper.make_node("QLinearConv", ["q", *narrow, "w", *narrow, *narrow], ["p"]),
        helper.make_node("DequantizeLinear", ["p", *narrow], ["y"]),
    ]
    stored = [
        helper.make_tensor("s", TensorProto.FLOAT, [], [0.02]),
        helper.make_tensor("z", TensorProto.INT8, [], [0]),
        helper.make_tensor("w", TensorProto.INT8, [4, 3, 1, 1], [0] * 12),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 8, 8])
    graph = helper.make_graph(nodes, "g", [x], [y], stored)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    for found in judge(analyse(model.SerializeToString()), catalogue):
        changes = found.verdict.changes
        assert len(set(changes)) == len(changes)
        for change in changes:
            assert sum("AMCT" in each for each in changes) <= 1, change
        if found.verdict.device_class == ASCEND:
            assert len(changes) == 2


@pytest.mark.parametrize("element_type", ["i4", "u4", "f4E2M1FN"])
def test_of_what_is_narrower_than_a_byte_there_are_weights_alone(element_type: str) -> None:
    """Nobody quantises activations of ONNX to 4 bits; tools write ``MatMulNBits``."""
    packed = convert(F32, element_type)
    assert packed.memory.parameter_bytes < F32.memory.parameter_bytes
    assert packed.memory.activation_peak_bytes == F32.memory.activation_peak_bytes
    assert packed.uses == F32.uses


@pytest.mark.parametrize("device", ["nvidia-t4", "nvidia-l4", "nvidia-h100-sxm-80"])
def test_what_computes_in_quantised_types_runs_them_and_not_what_widens_them(
    device: str, catalogue: Catalogue
) -> None:
    """ONNX Runtime widens pairs on CUDA and is first for floats; TensorRT computes in i8."""
    found = [
        match(
            requirement,
            [catalogue.represent_product(device)],
            MatchOptions(element_type=element_type),
            coverage=catalogue.find_coverage,
            runtimes=catalogue.runtimes,
        )[0]
        for requirement, element_type in ((I8, None), (F32, "i8"), (F16, None), (F32, None))
    ]
    paths = [verdict.compile_path[-1]["toolchain"] for verdict in found]
    assert paths == ["tensorrt", "tensorrt", "onnxruntime-cuda", "onnxruntime-cuda"]
    times = [each.time_seconds.expected for each in found if each.time_seconds is not None]
    assert max(times[:2]) < times[2] < times[3]
