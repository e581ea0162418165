"""Parameters, multiply-adds and memory of graphs, against published and hand-counted figures."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import MemoryPlan, Target
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.nnvm.reader import NnvmReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder, load_folder
from tests.readers.nnvm.networks import HERE, PARAMETERS, small
from tests.readers.nnvm.writing import Writer, write_parameters


def analyse(source: Source, *inputs: str) -> IRRequirement:
    return analyse_by(NnvmReader(), source, parse_options(None, inputs))


def analyse_file(name: str, *inputs: str) -> IRRequirement:
    return analyse(Source(name, (HERE / name).read_bytes()), *inputs)


def compile_one(
    name: str, operands: dict[str, tuple[int, ...]], result: tuple[int, ...], **attributes: str
) -> IRRequirement:
    """What is asked by a graph of one function over variables."""
    graph = Writer()
    inputs = [graph.variable(each, shape) for each, shape in operands.items()]
    data = graph.write([graph.function(name, inputs, result, 0, **attributes)], compiled=True)
    return analyse(Source("one", data))


@pytest.mark.parametrize(
    ("name", "inputs", "parameters", "macs"),
    [
        ("lenet.json", ("data=1x1x28x28",), 431_080, 288_000 + 1_600_000 + 400_000 + 5_000),
        ("resnet18.json", (), 11_685_608, 1_814_073_344),
        ("mobilefacenet.json", (), 999_232, 220_965_376),
        ("mobilenet_relay.json", (), 4_221_032, 148_903_168),
    ],
)
def test_a_genuine_graph_has_the_figures_of_its_network(
    name: str, inputs: tuple[str, ...], parameters: int, macs: int
) -> None:
    found = analyse_file(name, *inputs)
    assert found.memory.parameter_bytes == 4 * parameters
    assert found.compute.macs == macs
    assert not found.unknown_operations


def test_resnet_does_the_work_that_it_does_in_torch() -> None:
    """PyTorch counts 3.6281 GFLOP, two for each multiply-add, for ResNet-18."""
    assert analyse_file("resnet18.json").compute.macs == pytest.approx(3.6281e9 / 2, rel=1e-4)


def test_a_storage_counts_once_with_its_largest_result() -> None:
    """ResNet-18 by hand: storages 0 to 5 hold results, of which 5 holds the output as well."""
    planned = 4 * (64 * 112 * 112 + 2 * 64 * 56 * 56 + 512 * 7 * 7 + 1000 + 1000)
    found = NnvmReader().read(Source("m", (HERE / "resnet18.json").read_bytes())).memory_plan
    assert found == MemoryPlan(planned - 4 * 1000, "storage_id")


def test_a_symbol_without_a_shape_names_what_to_give() -> None:
    found = analyse_file("lenet.json")
    assert found.compute.macs is None
    assert any("--input data=1x3x224x224" in each for each in found.warnings)


def test_parameters_beside_a_graph_say_what_is_a_weight_and_of_which_type() -> None:
    source = Source(
        "small", folder=load_folder(HERE / "folders/documentation_small"), is_folder=True
    )
    found = analyse(source, "data=1x6x6x2:f32")
    assert found.memory.parameter_bytes == 2 * (3 * 3 * 2 * 4 + 4 + 4)
    assert found.compute.macs == 4 * 4 * 4 * 9 * 2
    assert [each.name for each in found.inputs] == ["data"]
    assert not any("were taken as weights" in each for each in found.warnings)


def test_parameters_alone_are_read_with_the_graph_in_their_folder() -> None:
    content = {"g.json": small(), "p.params": write_parameters(PARAMETERS)}
    source = Source("p.params", content["p.params"], MemoryFolder(content))
    assert NnvmReader().recognises(source)
    assert len(NnvmReader().read(source).body.stored) == 3


def test_without_parameters_names_and_use_tell_weights() -> None:
    found = NnvmReader().read(Source("small", small()))
    assert set(found.body.stored) == {"w", "b"}
    assert set(found.body.inputs) == {"data", "s"}


def test_a_detector_has_the_sizes_that_its_operations_say() -> None:
    found = analyse_file("documentation_detector.json")
    assert {each.name: each.shape for each in found.outputs} == {
        "kept": (1, 6 * 4 * 4, 6),
        "score": (1, 4, 8, 8),
    }
    assert found.compute.macs == 32 * 4 * 4 * 16 * 9
    assert found.memory.parameter_bytes == 4 * (32 * 16 * 9 + 4 * 32)


def test_work_is_counted_by_the_type_it_is_done_in_and_devices_are_said() -> None:
    found = analyse_file("documentation_divided.json")
    assert found.compute.flops_by_element_type == {"i8": 2 * 256 * 27, "f32": 2 * 640}
    assert found.targets == (
        Target("library", "a .so or .tar of TVM"),
        Target("backend", "cuda"),
    )
    assert any("6 on llvm, 2 on cuda" in each for each in found.warnings)
    assert found.unknown_operations == {"dnnl_0": 1}


@pytest.mark.parametrize(
    ("name", "operands", "result", "macs"),
    [
        ("fuse_conv2d", {"d": (1, 8, 9, 9), "w": (4, 8, 3, 3)}, (1, 4, 4, 4), 64 * 72),
        ("fuse_conv2d", {"d": (1, 8, 9, 9), "w": (8, 1, 3, 3)}, (1, 8, 7, 7), 392 * 9),
        ("fuse_conv2d", {"d": (1, 9, 9, 8), "w": (3, 3, 8, 4)}, (1, 7, 7, 4), 196 * 72),
        ("fused_nn_conv1d_add", {"d": (1, 8, 9), "w": (4, 8, 3), "p1": (4, 1)}, (1, 4, 7), 28 * 24),
        (
            "fused_nn_conv2d_add_nn_relu_3",
            {"d": (1, 1, 8, 8, 1, 16), "p0": (2, 1, 3, 3, 16, 16), "p1": (1, 2, 1, 1, 1, 16)},
            (1, 2, 8, 8, 1, 16), 32 * 64 * 9 * 16,
        ),
        (
            "fuse__contrib_conv2d_winograd_without_weight_transform_relu",
            {"d": (1, 8, 8, 8), "weight": (6, 6, 2, 8, 8)}, (1, 16, 8, 8), 16 * 64 * 72,
        ),
        (
            "fused_nn_conv2d_transpose",
            {"d": (1, 8, 4, 4), "p0": (8, 3, 4, 4)}, (1, 3, 8, 8), 128 * 3 * 16,
        ),
        ("fused_nn_batch_matmul", {"d": (2, 3, 4), "e": (2, 5, 4)}, (2, 3, 5), 30 * 4),
        ("fused_nn_batch_matmul_1", {"d": (2, 3, 4), "e": (2, 4, 5)}, (2, 3, 5), 30 * 4),
        ("fuse_dense_broadcast_add", {"d": (2, 6), "w": (5, 6), "b": (5,)}, (2, 5), 60),
        ("tvmgen_default_fused_nn_dense", {"d": (1, 6), "p0": (5, 6)}, (1, 5), 30),
    ],
)  # fmt: skip
def test_a_kernel_in_any_packing_has_its_exact_work(
    name: str, operands: dict[str, tuple[int, ...]], result: tuple[int, ...], macs: int
) -> None:
    found = compile_one(name, operands, result)
    assert found.compute.macs == macs
    assert not found.unknown_operations


def test_a_stated_layout_decides_where_shapes_do_not() -> None:
    """All of 8: as NCHW the channels are summed over, as HWIO the window is another dimension."""
    shapes = {"d": (1, 8, 8, 8), "p0": (1, 1, 8, 8)}
    found = compile_one(
        "fused_nn_conv2d", shapes, (1, 8, 8, 8), data_layout="NHWC", kernel_layout="HWIO"
    )
    assert found.compute.macs == 512 * 8


def test_the_operand_of_a_skip_connection_is_no_kernel() -> None:
    """The first operand of what is added stands before data and kernel."""
    shapes = {"x": (1, 4, 8, 8), "y": (1, 4, 8, 8), "weight": (4, 4, 3, 3), "beta": (4, 1, 1)}
    found = compile_one("fuse_conv2d_broadcast_add_elemwise_add_relu", shapes, (1, 4, 8, 8))
    assert found.compute.macs == 256 * 36
    assert found.compute.flops_other == 3 * 256


def test_a_compiled_graph_is_for_the_batch_it_was_compiled_for() -> None:
    source = Source("m", (HERE / "resnet18.json").read_bytes())
    with pytest.raises(InvalidInput, match="the file fixes the batch at 1"):
        analyse_by(NnvmReader(), source, parse_options(2, ()))


def test_a_symbol_takes_any_batch() -> None:
    one, four = (analyse_file("lenet.json", f"data={n}x1x28x28").compute.macs for n in (1, 4))
    assert one is not None
    assert four == 4 * one


def test_a_name_that_was_cut_says_so() -> None:
    name = "fused_" + "_".join(["add"] * 18) + "_nn_re_1a2b3c4d5e6f7a8b_"
    found = compile_one(name, {"d": (4,)}, (4,))
    assert found.compute.flops_other == 18 * 4
    assert any("cut" in each for each in found.warnings)
