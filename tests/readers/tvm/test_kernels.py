"""Kernels of a lowered module are judged by their names, part by part."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.kit.fused.names import parse_function, parse_kernel
from cyborg_rr.readers.kit.fused.parts import KERNELS, PARTS
from cyborg_rr.readers.tvm.relax.reader import RelaxReader
from tests.readers.samples import DATA
from tests.readers.tvm.files import analyse, relax

READER = RelaxReader()

LEGALISED = """
    add divide floor_divide log_add_exp multiply power atan2 subtract equal mod floor_mod
    greater greater_equal less less_equal not_equal maximum minimum bitwise_and bitwise_or
    bitwise_xor left_shift right_shift logical_and logical_or logical_xor full ones zeros tril
    triu eye eye_like arange shape_to_tensor hamming_window cast resize2d resize3d grid_sample
    take strided_slice dynamic_strided_slice matmul broadcast_to reshape collapse_sum
    concatenate expand_dims transpose split squeeze stack repeat tile flip reverse_sequence
    gather te_gather_nd index_tensor index_put meshgrid scatter_elements scatter_nd
    slice_scatter one_hot te_layout_transform te_layout_transform_with_pad conv1d conv2d
    conv3d conv1d_transpose conv2d_transpose conv3d_transpose pad reflect_pad replicate_pad
    circular_pad pixel_shuffle max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d
    avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d relu leaky_relu
    prelu gelu gelu_tanh selu silu softplus softmax log_softmax batch_norm layer_norm
    group_norm instance_norm rms_norm attention attention_bias quantize dequantize where
    einsum outer argmax argmin mean std variance median max min prod sum erf tir_abs tir_acos
    tir_acosh tir_asin tir_asinh tir_atan tir_atanh tir_bitwise_not tir_ceil tir_cos tir_cosh
    tir_exp tir_floor tir_isfinite tir_isinf tir_isnan tir_log tir_logical_not tir_negative
    tir_round tir_rsqrt tir_sigmoid tir_sign tir_sin tir_sinh tir_square tir_sqrt tir_tan tir_tanh
    tir_trunc tir_clip
"""
"""Names of kernels that LegalizeOps of TVM 0.27 makes, but the dropped ones below."""

WITHOUT = ("affine_grid", "searchsorted", "nll_loss", "roi_align", "roi_pool")
"""Those whose work does not follow from names and shapes, or that have no canonical counterpart."""


@pytest.mark.parametrize("name", LEGALISED.split())
@pytest.mark.parametrize("form", ["{}", "{}12", "fused_relu3_{}1_tir_exp2", "fused_fused_{}_add"])
def test_every_kernel_that_is_made_is_known(name: str, form: str) -> None:
    parts = parse_kernel(form.format(name)).parts
    assert "unknown" not in [part.role for part in parts]
    plain = name.removeprefix("tir_").removeprefix("te_")
    assert KERNELS[plain] in parts


@pytest.mark.parametrize("name", WITHOUT)
def test_what_names_do_not_tell_is_unknown(name: str) -> None:
    assert "unknown" in [part.role for part in parse_kernel(name).parts]


def test_every_part_stands_for_a_canonical_operation() -> None:
    functions = {"sum", "max", "min", "mean", "prod", "argmax", "argmin", "and", "or", "average"}
    for part in (*PARTS.values(), *KERNELS.values()):
        assert part.operation in REGISTRY or part.operation in functions, part


def test_nnvm_and_relax_mean_the_same_by_a_name_that_both_have() -> None:
    for name in ("relu", "clip", "transpose", "softmax", "where", "take", "add"):
        function = parse_function(f"fused_{name}")
        assert function is not None
        assert function.parts == parse_kernel(f"fused_{name}1").parts


def run(name: str, result: str, **operands: str) -> IRRequirement:
    """What a module asks for that calls one kernel; shapes as the script writes them."""
    parameters = ", ".join(
        f'{each}: R.Tensor(({shape}), dtype="float32")' for each, shape in operands.items()
    )
    call = f"R.call_tir(cls.{name}, ({', '.join(operands)},), out_ty=R.Tensor(({result}), "
    return analyse(
        READER, relax(f'cls = Module\ngv = {call}dtype="float32"))\nreturn gv', parameters)
    )


@pytest.mark.parametrize(
    ("name", "result", "operands", "macs"),
    [
        ("matmul1", "5, 7", ("5, 3", "3, 7"), 105),
        ("matmul", "2, 5, 7", ("2, 5, 3", "3, 7"), 210),
        ("matmul", "4, 2, 5, 7", ("2, 5, 3", "4, 1, 3, 7"), 840),
        ("NT_matmul3", "5, 7", ("5, 3", "7, 3"), 105),
        ("fused_NT_matmul_add1_gelu_tanh", "1, 5, 7", ("1, 5, 3", "7, 3", "7,"), 105),
        ("fused_matmul_max", "5, 1", ("5, 3", "3, 7"), 105),
        ("fused_matmul_odd_word_add2", "5, 7", ("5, 3", "3, 7", "7,"), 105),
        ("fused_odd_matmul", "5, 7", ("5, 3", "3, 7"), 105),
        ("fused_dequantize1_fused_NT_matmul5_add", "2, 7", ("7, 1", "7, 1", "2, 16", "7,"), 224),
        ("conv2d_transpose", "1, 2, 8, 8", ("1, 3, 4, 4", "3, 2, 2, 2"), 3 * 16 * 2 * 4),
        ("fused_conv2d2_add_relu1", "1, 4, 6, 6", ("1, 3, 6, 6", "4, 3, 3, 3", "1, 4, 1, 1"), 3888),
        (
            "fused_conv2d_add_add1_tir_clip_divide_multiply",
            "1, 6, 9, 9",
            ("1, 3, 1, 1", "6, 3, 1, 1", "1, 6, 1, 1", "1, 6, 9, 9"),
            18,
        ),
        ("attention", "1, 5, 2, 8", ("1, 5, 2, 8", "1, 6, 2, 8", "1, 6, 2, 8"), 2 * 5 * 6 * 16),
        ("take", "2, 4", ("9, 4", "2,"), 0),
        ("outer", "8, 16", ("8,", "16,"), 0),
        ("conv3d_transpose", "1, 6, 10, 12, 14", ("1, 4, 5, 6, 7", "4, 6, 3, 3, 3"), 136_080),
        ("conv3d_transpose", "1, 6, 7, 8, 5", ("1, 4, 5, 6, 3", "4, 3, 3, 3, 3"), 29_160),
        ("conv3d", "1, 6, 3, 4, 1", ("1, 4, 5, 6, 3", "6, 4, 3, 3, 3"), 7_776),
    ],
)
def test_work_follows_from_names_and_shapes(
    name: str, result: str, operands: tuple[str, ...], macs: int
) -> None:
    found = run(name, result, **{f"a{place}": shape for place, shape in enumerate(operands)})
    assert found.compute.macs == macs


EINSUM = """\
    @T.prim_func(private=True)
    def {name}({parameters}):
{matched}        T.func_attr({{"tir.noalias": True}})
        for ax0, ax1, j in T.grid({grid}):
            with T.block("T_einsum"):
                v_ax0, v_ax1, v_j = T.axis.remap("SSR", [ax0, ax1, j])
                T.reads({reads})
                T.writes(T_einsum[v_ax0, v_ax1])
"""
BUFFERS = (
    'a: T.Buffer((T.int64(5), T.int64(3)), "float32"), b: T.Buffer((T.int64(3), T.int64(7)), '
    '"float32"), T_einsum: T.Buffer((T.int64(5), T.int64(7)), "float32")'
)
HANDLES = "var_a: T.handle, b: T.Buffer((T.int64(3), T.int64(7))), var_c: T.handle"
MATCHED = (
    "        n = T.int64()\n        a = T.match_buffer(var_a, (n, T.int64(3)))\n"
    "        T_einsum = T.match_buffer(var_c, (n, T.int64(7)))\n"
)


def sum_by(reads: str, parameters: str = BUFFERS, matched: str = "") -> IRRequirement:
    """What a module asks for that calls an einsum, fused with what follows, of that code."""
    name = "fused_einsum1_add_relu"
    code = EINSUM.format(
        name=name, parameters=parameters, matched=matched, reads=reads, grid="5, 7, 3"
    )
    call = (
        f'cls = Module\ngv = R.call_tir(cls.{name}, (a, b, c), out_ty=R.Tensor((5, 7), "float32"))'
    )
    sizes = {"a": "5, 3", "b": "3, 7", "c": "7,"}
    stated = ", ".join(f'{each}: R.Tensor(({size}), "float32")' for each, size in sizes.items())
    head, _, rest = relax(f"{call}\nreturn gv", stated).decode().partition("    @R.function")
    return analyse(READER, f"{head}{code}\n    @R.function{rest}".encode())


@pytest.mark.parametrize(("parameters", "matched"), [(BUFFERS, ""), (HANDLES, MATCHED)])
def test_the_code_of_an_einsum_says_what_it_sums(parameters: str, matched: str) -> None:
    found = sum_by("a[v_ax0, v_j], b[v_j, v_ax1]", parameters, matched)
    assert (found.compute.macs, found.unknown_operations) == (105, {})


@pytest.mark.parametrize(
    "reads", ["a[v_ax0, 2], b[v_j, v_ax1]", "a[v_ax0], b[v_j, v_ax1]", "t[v_j]"]
)
def test_an_einsum_whose_code_says_nothing_plain_is_unknown(reads: str) -> None:
    assert list(sum_by(reads).unknown_operations) == ["einsum"]


def test_an_unknown_part_is_named_and_the_others_keep_their_work() -> None:
    found = run("fused_matmul_odd_add2", "5, 7", a="5, 3", b="3, 7", c="7,")
    assert found.compute.macs == 105
    assert list(found.unknown_operations) == ["odd"]
    assert found.compute.at_least
    assert any("odd in call_tir:fused_matmul_odd_add2" in each for each in found.warnings)


def test_sizes_without_a_number_stay_open_and_are_bound() -> None:
    data = relax(
        "cls = Module\nn = T.int64()\ngv = R.call_tir(cls.fused_matmul_add, (x, w, b), "
        'out_ty=R.Tensor((n, 7), dtype="float32"))\nreturn gv',
        'x: R.Tensor(("n", 3), dtype="float32"), w: R.Tensor((3, 7), dtype="float32"), '
        'b: R.Tensor((7,), dtype="float32")',
    )
    assert analyse(READER, data).compute.macs is None
    assert analyse(READER, data, "n=5").compute.macs == 105


def test_constants_that_are_left_out_have_the_types_that_a_kernel_states() -> None:
    shapes = {"x": (2, 8), "w": (8, 3), "b": (3,), "out": (2, 3)}
    stated = (
        f'{name}: T.Buffer(({"".join(f"T.int64({size}), " for size in shape)}), "float32")'
        for name, shape in shapes.items()
    )
    head = f"    def fused_matmul_add({', '.join(stated)}):"
    kernel = f"    @T.prim_func(private=True)\n{head}\n        pass\n\n"
    main = relax(
        'cls = Module\ngv = R.call_tir(cls.fused_matmul_add, (x, metadata["ir.GenericConst"][0], '
        'metadata["ir.GenericConst"][1]), out_ty=R.Tensor((2, 3), dtype="float32"))\nreturn gv'
    ).decode()
    place = main.index("    @R.function")
    found = analyse(READER, (main[:place] + kernel + main[place:]).encode())
    assert found.compute.macs == 2 * 8 * 3
    assert found.memory.parameter_bytes == (8 * 3 + 3) * 4


@pytest.mark.parametrize(
    ("signature", "macs"),
    [("x: T.handle, w: T.handle", None), ('x: T.Buffer((T.int64(2),), "float32"', None)],
)
def test_a_kernel_that_states_no_types_states_none(signature: str, macs: int | None) -> None:
    kernel = f"    @T.prim_func\n    def matmul({signature}):\n        pass\n\n"
    main = relax(
        'cls = Module\ngv = R.call_tir(cls.matmul, (x, metadata["ir.GenericConst"][0]), '
        'out_ty=R.Tensor((2, 3), dtype="float32"))\nreturn gv'
    ).decode()
    place = main.index("    @R.function")
    found = analyse(READER, (main[:place] + kernel + main[place:]).encode())
    assert found.compute.macs in (macs, 0)
    assert found.unknown_operations


def test_kernels_of_the_virtual_machine_write_into_what_was_allocated() -> None:
    found = analyse(READER, (DATA / "relax" / "machine.tvmscript").read_bytes())
    assert found.compute.macs == 71_424
    assert found.unknown_operations == {}
    assert not [name for name in found.operations if "alloc" in name]


@pytest.mark.parametrize(
    "call",
    [
        "cls.matmul(x, room)\ncls.matmul(room, room)",
        "cls.matmul(room, x)",
        "cls.matmul(x, room)\ncls.matmul(x, room)",
        "cls.matmul(room)",
        'R.call_packed("outside", x, room)',
        'R.call_packed("vm.builtin.reshape", x, R.shape([2, 8]))',
        "lv = R.add(room, x)",
        "R.vm.kill_object(room)",
    ],
)
def test_odd_calls_of_kernels_are_no_error(call: str) -> None:
    kernel = "    @T.prim_func\n    def matmul(a: T.handle):\n        pass\n\n"
    room = "R.builtin.alloc_tensor(R.shape([2, 8]), R.dtype('float32'), 0)"
    stated = 'room: R.Tensor((2, 8), dtype="float32")'
    text = relax(f"cls = Module\n{stated} = {room}\n{call}\nreturn room").decode()
    place = text.index("    @R.function")
    found = analyse(READER, (text[:place] + kernel + text[place:]).encode())
    assert found.outputs[0].shape == (2, 8)
