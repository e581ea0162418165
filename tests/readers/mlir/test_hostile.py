"""Modules that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

from contextlib import suppress

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from tests.readers.mlir.files import FILES, analyse_text, function, read_text

T = "tensor<4xf32>"
DEEP = 100_000


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("module {\n", "ends inside a region"),
        ("module {\n}\n", "no function with a body"),
        (function(f"  %0 = tosa.add %b, %a : ({T}, {T}) -> {T}", f"%a: {T}"), "is not defined"),
        (function(f"  %0 = tosa.pow %a : ({T}) -> {T}\n  return %0 : {T}", f"%a: {T}"),
         "lacks its operand"),
        (function(f"  %0 = func.call @gone(%a) : ({T}) -> {T}", f"%a: {T}"), "is not defined"),
        (function(f"  %0 = func.call @main(%a) : ({T}) -> {T}", f"%a: {T}"), "calls itself"),
        (function("  %0 = torch.aten.relu %x : !torch.int -> !torch.int\n  return"), "not defined"),
        (function('  %0 = "onnx.Relu"(%x) : (f32) -> f32\n  return'), "is not defined"),
        (function("  cf.br ^bb1\n^bb1:\n  %0 = tosa.abs %a : (f32) -> f32", "%a: f32"),
         "branches between blocks"),
        (function("  %0 = tensor.empty() : tensor<9999999999x9999999999xf32>"), "2\\*\\*63"),
        (function("  %0 = tosa.abs %a : (f32) -> " + "tuple<" * DEEP + ">" * DEEP, "%a: f32"),
         "nest"),
        (function("  scf.if %a {\n" * 500 + "  }\n" * 500, "%a: i1"), "nested"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(text: str, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause) as refusal:
        analyse_text(text)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_is_read_or_refused(name: str) -> None:
    text = FILES[name].read_text()
    for part in range(1, 12):
        with suppress(UnreadableModel):
            read_text(text[: len(text) * part // 12])


@pytest.mark.parametrize(
    "attribute",
    ["affine_map<(d0) -> (d9)>", "affine_map<(d0) -> (d0 floordiv 2)>", "affine_map<() -> ()>",
     "affine_map<(d0, d1) -> (d0, d1)>", "1", '"d0"', f"affine_map<(d0) -> ({'d0 + ' * 99}d0)>"],
)  # fmt: skip
def test_odd_maps_are_unknown_and_no_error(attribute: str) -> None:
    body = (
        f'%0 = linalg.generic {{indexing_maps = [{attribute}, {attribute}], iterator_types ='
        f' ["parallel"]}} ins(%a : {T}) outs(%a : {T}) {{\n^bb0(%in: f32, %out: f32):\n'
        f"  linalg.yield %in : f32\n}} -> {T}\nreturn %0 : {T}"
    )  # fmt: skip
    graph = read_text(function(body, f"%a: {T}"))
    assert [node.operation for node in graph.body.nodes] == ["unknown"]


def test_a_kernel_of_addresses_without_a_type_is_read() -> None:
    body = "    %0 = tt.load %p : !tt.ptr\n    tt.return"
    text = f"module {{\n  tt.func @k(%p: !tt.ptr) {{\n{body}\n  }}\n}}"
    assert read_text(text).completeness == "full"
