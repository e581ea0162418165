"""Relax's script means what TVM means by it, and is never run."""

from __future__ import annotations

import json
import sys
from collections import Counter

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tvm.relax.reader import RelaxReader
from tests.readers.samples import DATA
from tests.readers.tvm.files import analyse, last, read_relax, relax

READER = RelaxReader()
SAMPLES = DATA / "relax"
X = 'x: R.Tensor((1, 4, 8, 8), dtype="float32")'


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def outcome(expression: str, *parameters: str) -> TensorType:
    """What an expression yields whose own type is not written beside it."""
    data = relax(f"gv = {expression}\nreturn gv", ", ".join(parameters) or X)
    found = analyse(READER, data).outputs[0]
    return TensorType(found.element_type, None if found.shape is None else tuple(found.shape))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("R.reshape(x, R.shape([4, 64]))", (4, 64)),
        ("R.permute_dims(x, axes=[0, 2, 3, 1])", (1, 8, 8, 4)),
        ("R.expand_dims(x, axis=[0, -1])", (1, 1, 4, 8, 8, 1)),
        ("R.squeeze(x, axis=[0])", (4, 8, 8)),
        ("R.concat((x, x), axis=1)", (1, 8, 8, 8)),
        ("R.strided_slice(x, (1,), (1,), (3,), (1,), assume_inbound=False)", (1, 2, 8, 8)),
        (
            "R.strided_slice(x, axes=[2], begin=[0], end=[8], strides=[3])",
            (1, 4, 3, 8),
        ),
        ("R.mean(x, axis=[-1, -2], keepdims=True)", (1, 4, 1, 1)),
        ("R.argmax(x, axis=1, keepdims=False)", (1, 8, 8)),
        ("R.take(x, R.const(1, 'int64'), axis=1)", (1, 8, 8)),
        ("R.broadcast_to(x, R.shape([2, 4, 8, 8]))", (2, 4, 8, 8)),
        ("R.split(x, indices_or_sections=2, axis=1)[1]", (1, 2, 8, 8)),
        ("R.full(R.shape([3, 2]), R.const(1.0, 'float32'), dtype='float32')", (3, 2)),
        ("R.zeros(R.shape([3]), dtype='float16')", (3,)),
        ("R.arange(R.prim_value(0), R.prim_value(10), R.prim_value(3), dtype='int64')", (4,)),
        ("R.image.resize2d(x, R.shape([5, 7]), layout='NCHW', method='linear')", (1, 4, 5, 7)),
        ("R.nn.pad(x, pad_width=[0, 0, 0, 0, 1, 2, 3, 4])", (1, 4, 11, 15)),
        ("R.flatten(x)", (256,)),
        ("R.clip(x, R.prim_value(0), R.prim_value(6))", (1, 4, 8, 8)),
        ("R.nn.pixel_shuffle(x, upscale_factor=2)", (1, 1, 16, 16)),
        ("R.tril(x)", (1, 4, 8, 8)),
    ],
)  # fmt: skip
def test_shapes_follow_where_the_script_states_none(
    expression: str, expected: tuple[int, ...]
) -> None:
    assert outcome(expression).shape == expected


def test_attention_counts_scores_and_sums() -> None:
    heads = 'R.Tensor((1, 16, 4, 8), dtype="float32")'
    data = relax("gv = R.nn.attention(q, k, v, scale=None)\nreturn gv",
                 f"q: {heads}, k: {heads}, v: {heads}")  # fmt: skip
    assert analyse(READER, data).compute.macs == 2 * 4 * 16 * 16 * 8


@pytest.mark.parametrize(
    ("name", "parameters", "macs"), [("encoder", 302592, 1114112), ("cnn", 11320, 357760)]
)
def test_networks_count_as_their_frameworks_count_them(
    name: str, parameters: int, macs: int
) -> None:
    bound = ("input_ids=1x16", "token_type_ids=1x16") if name == "encoder" else ()
    found = analyse(READER, sample(f"{name}.tvmscript"), *bound)
    assert found.memory.parameter_bytes == parameters
    assert found.compute.macs == macs
    if name == "encoder":
        truth = json.loads((DATA / "forms" / "truth.json").read_text())["encoder"]
        assert (parameters, macs) == (truth["bytes"], truth["macs"])


def test_kernels_are_judged_by_their_names_and_that_is_said() -> None:
    lowered, whole = (analyse(READER, sample(f"{name}.tvmscript")) for name in ("kernels", "cnn"))
    assert lowered.compute.macs == whole.compute.macs
    assert any("an estimate" in each for each in lowered.warnings)
    assert lowered.unknown_operations == {}


def test_what_stands_behind_the_inputs_is_weights() -> None:
    graph = read_relax(sample("cnn.tvmscript"))
    assert list(graph.body.inputs) == ["x"]
    kinds = Counter(tensor.kind for tensor in graph.body.stored.values())
    assert kinds["parameter"] == 10 + 4, "arguments, and statistics that the script left out"


def test_a_largest_size_that_the_script_states_is_kept() -> None:
    assert read_relax(sample("mlp_dynamic.tvmscript")).bounds == {"s77": 64}


def test_every_form_of_a_script_is_read() -> None:
    graph = read_relax(sample("documentation_forms.tvmscript"))
    names = [node.native_name for node in graph.body.nodes]
    assert names == [
        "relax.matmul", "call_tir:matmul1", "cutlass.layer", "relax.nn.relu", "relax.reshape",
        "relax.match_cast", "relax.squeeze", "vm.builtin.note", "if",
    ]  # fmt: skip
    assert [node.operation for node in graph.body.nodes][1:3] == ["matmul", "custom_call"]
    assert graph.body.stored["metadata[0]"].type == TensorType("f32", (2, 3))
    assert [each.native_name for each in last(graph).blocks[0].nodes] == [
        "relax.add", "relax.multiply",
    ]  # fmt: skip


def test_type_parameters_of_newer_scripts_are_read_under_any_python() -> None:
    data = relax("return R.nn.relu(x)", 'x: R.Tensor((n, 4), dtype="float32")')
    newer = data.replace(b"def main(", b"def main[n: int](")
    assert read_relax(newer).body.inputs == read_relax(data).body.inputs
    assert read_relax(data).body.inputs["x"].shape == ("n", 4)


def test_a_script_is_neither_compiled_nor_run() -> None:
    seen: list[str] = []
    watching = [True]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching[0] and event in ("compile", "exec", "import", "os.system"):
            seen.append(event)

    data = relax(
        "return R.nn.relu(x)", 'x: R.Tensor((__import__("os").system("true"),), "float32")'
    )
    READER.read(Source("x", relax("return x")))
    sys.addaudithook(watch)
    graph = READER.read(Source("x", data))
    watching[0] = False
    assert graph.body.inputs["x"].shape == ("?",)
    assert seen == []


def test_a_constant_without_a_size_is_left_out_and_said() -> None:
    line = 'y: R.Tensor((2, 8), dtype="float32") = R.add(x, metadata["ir.GenericConst"][0])'
    graph = read_relax(relax(f"{line}\nreturn y"))
    assert [node.operation for node in graph.body.nodes] == ["unknown"]
    assert graph.body.stored == {}
    assert "constants of unknown size are left out: metadata[0]" in graph.warnings


def test_what_is_reckoned_of_such_constants_alone_is_a_constant_again() -> None:
    sliced = 'R.strided_slice(metadata["ir.GenericConst"][0], (1,), (0,), (2,), (1,))'
    lines = (
        f'a: R.Tensor((2, 8), dtype="float32") = {sliced}',
        f'b: R.Tensor((2, 2), dtype="int64") = {sliced}',
        "y = R.add(x, a)",
        "return y",
    )
    graph = read_relax(relax("\n".join(lines)))
    assert [node.operation for node in graph.body.nodes] == ["add"]
    assert {name: (kept.kind, kept.type) for name, kept in graph.body.stored.items()} == {
        "a": ("parameter", TensorType("f32", (2, 8))),
        "b": ("constant", TensorType("i64", (2, 2))),
    }
    assert "constants of unknown size are left out: metadata[0]" in graph.warnings


@pytest.mark.parametrize("name", ["4_weight", "1_n_2_f_bias", "1e5_x", "0x", "7e", "2d_bias", "1e"])
def test_a_name_may_begin_with_digits(name: str) -> None:
    data = relax(f"gv = R.add({name}, {name})\nreturn gv", X.replace("x:", f"{name}:", 1))
    found = analyse(READER, data)
    assert [each.name for each in found.inputs] == [name]
    assert found.outputs[0].shape == (1, 4, 8, 8)


@pytest.mark.parametrize("number", ["1e-05", "1E+5", "2e3", "1.5", "3"])
def test_a_number_with_an_exponent_is_no_name(number: str) -> None:
    assert outcome(f"R.add(x, R.const({number}, 'float32'))").shape == (1, 4, 8, 8)
