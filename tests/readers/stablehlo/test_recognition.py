"""Which files the reader claims."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.readers.stablehlo.files import FILES

LOCATIONS = "".join(f'#loc{index} = loc("params[{index}]")\n' for index in range(5000))

OURS = {
    "function": "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.abs %a",
    "old": 'module {\n  func @main(%a: tensor<4xf32>) {\n    %0 = "mhlo.abs"(%a) : () -> ()',
    "generic": '"builtin.module"() ({\n  "func.func"() ({\n ^bb0:\n  %0 = "stablehlo.add"(%1) ',
    "comment": "// written by hand\nmodule @m {\n func.func @main() {\n  %0 = chlo.erf %a",
    "locations first": LOCATIONS + "module @m {",
    "byte order mark": "\ufeffmodule @m {\n func.func @main() {\n  %0 = stablehlo.abs %a",
    "no operation": "module @m {\n func.func @main(%a: tensor<f32>) {\n  return\n }\n}",
}

FOREIGN = {
    "linalg": "module {\n func.func @f() {\n  %0 = linalg.matmul ins(%a, %b : t, t) outs(%c : t)",
    "tosa": "module {\n func.func @f() {\n  %0 = tosa.conv2d %a, %b",
    "triton": "#loc = loc(unknown)\nmodule {\n tt.func public @k() {\n  %0 = tt.get_program_id x",
    "triton GPU": '#blocked = #ttg.blocked<{}>\nmodule attributes {"ttg.num-warps" = 4 : i32} {\n'
    "  tt.func public @k() {\n    %c = arith.constant 1 : i32",
    "Python": 'import jax\n\nprint(jax.jit(f).lower().as_text())  # "stablehlo.add"\n',
    "TVMScript": "from tvm.script import ir as I\n@I.ir_module\nclass Module:\n    pass\n",
    "HLO": "HloModule jit_f, entry_computation_layout={(f32[4]{0})->f32[4]{0}}\n",
    "DLVM": 'module "m"\nstage raw\nfunc @main: (f32) -> f32 {\n',
    "JSON": '{"module": "stablehlo.add"}',
    "binary": "module\0\0stablehlo.add",
    "nothing": "",
}


@pytest.mark.parametrize("case", OURS)
def test_stablehlo_text_is_recognised(case: str) -> None:
    data = OURS[case].encode()
    assert StablehloReader().recognises(Source("model", data))


@pytest.mark.parametrize("stem", FILES)
def test_every_export_is_recognised(stem: str) -> None:
    data = FILES[stem].read_bytes()
    assert StablehloReader().recognises(Source("model", data))


@pytest.mark.parametrize("case", FOREIGN)
def test_other_text_is_left_to_others(case: str) -> None:
    data = FOREIGN[case].encode()
    assert not StablehloReader().recognises(Source("model", data))


def test_other_mlir_behind_many_locations_is_refused_by_its_dialect() -> None:
    text = LOCATIONS + "module {\n tt.func private @f() {\n  linalg.fill %a\n  return\n }\n}\n"
    with pytest.raises(UnreadableModel, match="operations of the dialect 'linalg'"):
        StablehloReader().read(Source("x", text.encode()))


@pytest.mark.parametrize(
    "data",
    [
        b"ML\xefR\x0dStableHLO_v1.13.1\0\x01",
        b"ML\xefR\x05MLIR19.0.0git\0stablehlo",
        b"ML\xefR\x0dStableHLO_v1.\n\x1b[31m\0",
        b"ML\xefR stablehlo",
    ],
)
def test_the_beginning_of_bytecode_is_recognised_and_refused(data: bytes) -> None:
    assert StablehloReader().recognises(Source("model", data))
    with pytest.raises(UnreadableModel) as caught:
        StablehloReader().read(Source("x", data))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "data", [b"ML\xefR", b"ML\xefR\x00", b"ML\xefR\x0d" + b"a" * 99999, b"ML\xefR\x05MLIR\0linalg"]
)
def test_other_bytecode_is_left_alone(data: bytes) -> None:
    assert not StablehloReader().recognises(Source("model", data))
