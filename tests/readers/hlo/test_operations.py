"""Single instructions, as canonical operations."""

from __future__ import annotations

import pytest

from tests.readers.formats.protobuf import nested, number
from tests.readers.hlo.files import REDUCER, only, read_bytes, read_lines, require

X = "x = f32[4,8] parameter(0)"


def test_a_dot_has_its_batch_and_summed_dimensions() -> None:
    graph = read_lines(
        "a = f32[2,4,8] parameter(0)",
        "b = f32[2,8,3] parameter(1)",
        "d = f32[2,4,3] dot(a, b), lhs_batch_dims={0}, rhs_batch_dims={0}, "
        "lhs_contracting_dims={2}, rhs_contracting_dims={1}",
    )
    assert require(graph).compute.macs == 2 * 4 * 8 * 3


def test_a_convolution_has_layouts_windows_and_groups() -> None:
    graph = read_lines(
        "x = f32[1,8,8,4] parameter(0)",
        "k = f32[3,3,2,6] parameter(1)",
        "c = f32[1,4,4,6] convolution(x, k), window={size=3x3 stride=2x2 pad=0_1x0_1}, "
        "dim_labels=b01f_01io->b01f, feature_group_count=2",
    )
    node = only(graph, "convolution")
    assert node.attributes["data_layout"] == "N01C"
    assert node.attributes["kernel_layout"] == "01IO"
    assert node.attributes["padding"] == (0, 1, 0, 1)
    assert require(graph).compute.macs == 4 * 4 * 6 * 3 * 3 * 2


def test_a_reduction_names_its_function() -> None:
    graph = read_lines(
        X,
        "z = f32[] constant(0)",
        "r = f32[4] reduce(x, z), dimensions={1}, to_apply=sum",
        before=REDUCER,
    )
    node = only(graph, "reduce")
    assert (node.attributes["function"], node.attributes["axes"]) == ("sum", (1,))


@pytest.mark.parametrize(
    ("line", "operation", "attributes"),
    [
        ("f32[8,4] transpose(x), dimensions={1,0}", "transpose", {"permutation": (1, 0)}),
        ("f32[2,4] slice(x), slice={[0:4:2], [4:8]}", "slice", {"starts": (0, 4), "steps": (2, 1)}),
        ("f32[32] reshape(x)", "reshape", {"shape": (32,)}),
        ("f32[4,8,2] broadcast(x), dimensions={0,1}", "broadcast_in_dim",
         {"broadcast_dimensions": (0, 1)}),
        ("s32[4,8] iota(), iota_dimension=1", "iota", {"axis": 1, "element_type": "i32"}),
        ("pred[4,8] compare(x, x), direction=LT", "compare", {"direction": "LT"}),
        ("bf16[4,8] convert(x)", "convert", {"element_type": "bf16"}),
        ("f32[8,8] concatenate(x, x), dimensions={0}", "concatenate", {"axis": 0}),
        ("f32[4,8] sort(x), dimensions={1}", "sort", {"axis": 1}),
        ("f32[8,8] all-gather(x), replica_groups={{0,1},{2,3}}, dimensions={0}", "all_gather",
         {"group_size": 2, "all_gather_dimension": 0}),
        ("f32[4,8] all-reduce(x), replica_groups=[2,4]<=[8], to_apply=sum", "all_reduce",
         {"group_size": 4, "function": "sum"}),
        ("f32[4,8] collective-permute(x), source_target_pairs={{0,1},{1,2}}",
         "collective_permute", {"group_size": 3}),
        ('f32[4,8] custom-call(x), custom_call_target="Mine"', "custom_call", {"target": "Mine"}),
        ('f32[4,8] custom-call(x), custom_call_target="Sharding"', "identity", {}),
        ("f32[4,8] invented(x)", "unknown", {}),
    ],
)  # fmt: skip
def test_an_instruction_is_read(line: str, operation: str, attributes: dict[str, object]) -> None:
    graph = read_lines(X, f"y = {line}", before=REDUCER)
    node = only(graph, operation)
    assert attributes.items() <= node.attributes.items()
    assert graph.body.types["y"].is_static


def test_a_product_that_a_library_computes_counts() -> None:
    config = (
        r'"{\"dot_dimension_numbers\":{\"lhs_contracting_dimensions\":[\"1\"],'
        r'\"rhs_contracting_dimensions\":[\"0\"]}}"'
    )
    graph = read_lines(
        X,
        "w = f32[8,16] parameter(1)",
        '%g = (f32[4,16]{1,0}, s8[64]{0}) custom-call(x, w), custom_call_target="__cublas$gemm", '
        f"backend_config={config}",
    )
    assert require(graph).compute.macs == 4 * 8 * 16


def test_a_product_that_a_library_computes_is_unknown_where_its_sides_are_in_doubt() -> None:
    square = "f32[8,8] custom-call(x, w), custom_call_target="
    parameters = ("x = f32[8,8] parameter(0)", "w = f32[8,8] parameter(1)")
    for target in ("__cublas$gemm", "__onednn$matmul"):
        graph = read_lines(*parameters, f'g = {square}"{target}"')
        assert only(graph, "custom_call").attributes["target"] == target


def test_the_part_of_one_device_is_a_slice_of_the_whole() -> None:
    target = 'custom_call_target="SPMDFullToShardShape"'
    graph = read_lines(X, f"y = f32[2,8] custom-call(x), {target}")
    assert only(graph, "slice").attributes["ends"] == (2, 8)


def test_what_is_begun_and_waited_for_keeps_its_type() -> None:
    graph = read_lines(
        X,
        "s = (f32[4,8]{1,0}, f32[8,8]{1,0}) all-gather-start(x), replica_groups={{0,1}}, "
        "dimensions={0}",
        "d = f32[8,8]{1,0} all-gather-done(s)",
    )
    assert only(graph, "all_gather").attributes["group_size"] == 2
    assert only(graph, "identity").inputs == ("s#1",)


def test_a_call_that_is_waited_for_is_entered() -> None:
    graph = read_lines(
        X,
        "s = ((f32[4,8]), f32[4,8], u32[]) async-start(x), calls=f",
        "d = f32[4,8] async-done(s), calls=f",
        before="f {\n  p = f32[4,8] parameter(0)\n  ROOT r = f32[4,8] tanh(p)\n}\n\n",
    )
    assert only(graph, "call").blocks[0].nodes[0].operation == "tanh"
    assert require(graph).compute.transcendentals == 32


def test_a_loop_runs_as_often_as_xla_found_out() -> None:
    loop = (
        "body {\n  p = (f32[4,4]) parameter(0)\n  e = f32[4,4] get-tuple-element(p), index=0\n"
        "  m = f32[4,4] dot(e, e), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n"
        "  ROOT t = (f32[4,4]) tuple(m)\n}\n\n"
        "cond {\n  p = (f32[4,4]) parameter(0)\n  ROOT c = pred[] constant(true)\n}\n\n"
    )
    config = '{"known_trip_count":{"n":"7"}}'
    graph = read_lines(
        "x = f32[4,4] parameter(0)",
        "t = (f32[4,4]) tuple(x)",
        f"w = (f32[4,4]) while(t), condition=cond, body=body, backend_config={config}",
        before=loop,
    )
    assert require(graph).compute.macs == 7 * 64


def test_memory_that_results_take_over_counts_once() -> None:
    graph = read_lines(
        "a = f32[4] parameter(0)",
        "b = f32[4] parameter(1)",
        "s = f32[4] add(a, b)",
        "r = (f32[4], f32[4]) tuple(s, b)",
        header=", input_output_alias={ {0}: (0, {}, may-alias) }",
    )
    assert graph.body.aliased_outputs == {0: "a"}
    assert require(graph).memory.aliased_bytes == 16


def test_names_of_the_program_tell_weights_from_inputs() -> None:
    graph = read_lines(
        "p0 = f32[4] parameter(0), metadata={op_name=\"params[\\'w\\']\"}",
        'p1 = f32[4] parameter(1), metadata={op_name="x"}',
        "s = f32[4] add(p0, p1)",
    )
    assert list(graph.body.stored) == ["params['w']"]
    assert list(graph.body.inputs) == ["x"]


def test_without_names_all_are_inputs_and_a_warning_says_so() -> None:
    lines = [f"p{place} = f32[4] parameter({place})" for place in range(8)]
    graph = read_lines(*lines, "s = f32[4] add(p0, p1)")
    assert len(graph.body.inputs) == 8
    assert "does not say which of its 8 arguments are weights" in graph.warnings[0]


def test_a_bound_is_kept_with_its_open_dimension() -> None:
    graph = read_lines("x = f32[<=4,8] parameter(0)", "y = f32[<=4,8] abs(x)")
    assert graph.body.types["y"].at_most.shape == (4, 8)
    assert require(graph).memory.at_most == {"input_bytes": 0, "output_bytes": 0}


def test_what_a_fusion_keeps_within_takes_no_memory() -> None:
    body = (
        "f {\n  p = f32[1024] parameter(0)\n  a = f32[1024] tanh(p)\n  b = f32[1024] add(a, a)\n"
        "  ROOT c = f32[1024] multiply(a, b)\n}\n\n"
    )
    lines = ("x = f32[1024] parameter(0)", "y = f32[1024] {}(x), {}=f", "z = f32[1024] abs(y)")
    fused = read_lines(lines[0], lines[1].format("fusion", "calls"), lines[2], before=body)
    called = read_lines(lines[0], lines[1].format("call", "to_apply"), lines[2], before=body)
    assert require(fused).memory.activation_peak_bytes == 4096
    assert require(called).memory.activation_peak_bytes == 3 * 4096


def test_a_transform_whose_word_a_proto_leaves_out_is_the_first_of_them() -> None:
    """FFT is 0 in FftType, and what is 0 is not written: it is no transform of real parts."""
    shape = nested(3, number(2, 15) + nested(3, b"\x04\x08"))
    given_ = nested(1, b"x") + nested(2, b"parameter") + shape + number(35, 1)
    lengths = nested(32, b"\x04\x08")
    result = nested(1, b"y") + nested(2, b"fft") + shape + lengths + number(35, 2) + number(36, 1)
    entry = nested(1, b"e") + nested(2, given_) + nested(2, result) + number(5, 7) + number(6, 2)
    written = read_bytes(nested(1, b"m") + nested(2, b"e") + nested(3, entry) + number(6, 7))
    text = read_lines(
        "x = c64[4,8] parameter(0)", "y = c64[4,8] fft(x), fft_type=FFT, fft_length={4,8}"
    )
    assert require(written).compute == require(text).compute
    assert require(written).compute.flops_other == 5 * 32 * 5
