"""Modules of as many layers as are asked for, of four operations each, in dialects of MLIR."""

from __future__ import annotations

_TYPE = "tensor<8x8xf32>"
_TORCH = "!torch.vtensor<[8,8],f32>"
_TOSA = "tensor<1x8x8xf32>"
_PAIR = f"{_TYPE}, {_TYPE}"
_MAPS = "#map = affine_map<(d0, d1) -> (d0, d1)>\n#row = affine_map<(d0, d1) -> (d1)>\n"


def _write(head: str, layers: int, lines: str, type_: str, end: str = "return") -> bytes:
    """A function of layers, ``{n}`` in which is a number that is each layer's own."""
    body = "".join(
        lines.replace("{n}", str(4 * number)).replace("{1}", str(4 * number + 1))
        .replace("{2}", str(4 * number + 2)).replace("{3}", str(4 * number + 3))
        .replace("{0}", str(4 * number - 1) if number else "x")
        for number in range(layers)
    )  # fmt: skip
    last = f"    {end} %{4 * layers - 1} : {type_}\n  }}\n}}\n"
    return f"{head}{body}{last}".encode()


def make_tosa(layers: int) -> bytes:
    """Products, sums, bounds and products of elements."""
    lines = f"""    %{{n}} = tosa.matmul %{{0}}, %w, %z, %z : ({_TOSA}, {_TOSA}, tensor<1xf32>, tensor<1xf32>) -> {_TOSA}
    %{{1}} = tosa.add %{{n}}, %w : ({_TOSA}, {_TOSA}) -> {_TOSA}
    %{{2}} = tosa.clamp %{{1}} {{max_val = 6.0 : f32, min_val = 0.0 : f32}} : ({_TOSA}) -> {_TOSA}
    %{{3}} = tosa.mul %{{2}}, %w, %s : ({_TOSA}, {_TOSA}, tensor<1xi8>) -> {_TOSA}
"""  # noqa: E501
    head = f"""module {{
  func.func @main(%x: {_TOSA}, %w: {_TOSA}, %z: tensor<1xf32>, %s: tensor<1xi8>) -> {_TOSA} {{
"""
    return _write(head, layers, lines, _TOSA)


def make_linalg(layers: int) -> bytes:
    """Products into destinations, and generic operations on their elements."""
    lines = f"""    %f{{n}} = linalg.fill ins(%c : f32) outs(%e : {_TYPE}) -> {_TYPE}
    %{{n}} = linalg.matmul ins(%{{0}}, %w : {_PAIR}) outs(%f{{n}} : {_TYPE}) -> {_TYPE}
    %{{1}} = linalg.generic {{indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]}} ins(%{{n}}, %b : {_TYPE}, tensor<8xf32>) outs(%e : {_TYPE}) {{
    ^bb0(%in: f32, %in_0: f32, %out: f32):
      %a = arith.addf %in, %in_0 : f32
      linalg.yield %a : f32
    }} -> {_TYPE}
    %{{2}} = linalg.generic {{indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]}} ins(%{{1}} : {_TYPE}) outs(%e : {_TYPE}) {{
    ^bb0(%in: f32, %out: f32):
      %a = arith.maximumf %in, %c : f32
      linalg.yield %a : f32
    }} -> {_TYPE}
    %{{3}} = linalg.transpose ins(%{{2}} : {_TYPE}) outs(%e : {_TYPE}) permutation = [1, 0]
"""  # noqa: E501
    head = f"""{_MAPS}module {{
  func.func @main(%x: {_TYPE}, %w: {_TYPE}, %b: tensor<8xf32>) -> {_TYPE} {{
    %c = arith.constant 0.000000e+00 : f32
    %e = tensor.empty() : {_TYPE}
"""
    return _write(head, layers, lines, _TYPE)


def make_torch(layers: int) -> bytes:
    """Calls of aten with their constants, as torch-mlir's importer writes them."""
    lines = f"""    %{{n}} = torch.aten.mm %{{0}}, %w : {_TORCH}, {_TORCH} -> {_TORCH}
    %int1_{{n}} = torch.constant.int 1
    %{{1}} = torch.aten.add.Tensor %{{n}}, %w, %int1_{{n}} : {_TORCH}, {_TORCH}, !torch.int -> {_TORCH}
    %{{2}} = torch.aten.relu %{{1}} : {_TORCH} -> {_TORCH}
    %int0_{{n}} = torch.constant.int 0
    %int1_{{1}} = torch.constant.int 1
    %{{3}} = torch.aten.transpose.int %{{2}}, %int0_{{n}}, %int1_{{1}} : {_TORCH}, !torch.int, !torch.int -> {_TORCH}
"""  # noqa: E501
    head = f"module {{\n  func.func @main(%x: {_TORCH}, %w: {_TORCH}) -> {_TORCH} {{\n"
    return _write(head, layers, lines, _TORCH)


def make_onnx_dialect(layers: int) -> bytes:
    """Operations of ONNX, as onnx-mlir writes them."""
    lines = f"""    %{{n}} = "onnx.MatMul"(%{{0}}, %w) {{onnx_node_name = "product{{n}}"}} : ({_PAIR}) -> {_TYPE}
    %{{1}} = "onnx.Add"(%{{n}}, %w) : ({_PAIR}) -> {_TYPE}
    %{{2}} = "onnx.Relu"(%{{1}}) : ({_TYPE}) -> {_TYPE}
    %{{3}} = "onnx.Transpose"(%{{2}}) {{perm = [1, 0]}} : ({_TYPE}) -> {_TYPE}
"""  # noqa: E501
    head = f"module {{\n  func.func @main_graph(%x: {_TYPE}, %w: {_TYPE}) -> {_TYPE} {{\n"
    return _write(head, layers, lines, _TYPE, "onnx.Return")
