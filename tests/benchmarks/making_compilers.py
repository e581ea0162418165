"""Files of as many layers as are asked for, in each form of the compilers beside XLA.

NNVM, TVM, MXNet, nGraph, OpenVINO and DLVM: the network that ``making`` makes of ONNX, a product
with one weight, an addition and two activations. IRs without shapes leave them to be inferred.
"""

from __future__ import annotations

import json
from typing import Final

from tests.readers.dlvm import writing as dlvm
from tests.readers.mxnet import files as mxnet
from tests.readers.ngraph import writing as ngraph
from tests.readers.nnvm.writing import Writer
from tests.readers.openvino.writing import Written
from tests.readers.tvm import files as tvm

_ROWS: Final = 8
_WIDTH: Final = 64
_DATA: Final = (_ROWS, _WIDTH)
_SQUARE: Final = (_WIDTH, _WIDTH)


def make_nnvm(layers: int) -> bytes:
    """A symbol graph: only the input's shape is stated."""
    graph = Writer()
    last, weight = graph.variable("data", __shape__=str(_DATA)), graph.variable("dense_weight")
    for n in range(layers):
        inner = graph.operation("dense", f"d{n}", [last, weight], units=_WIDTH, use_bias=False)
        added = graph.operation("elemwise_add", f"a{n}", [inner, last])
        smooth = graph.operation("softmax", f"s{n}", [added], axis=1)
        last = graph.operation("relu", f"r{n}", [smooth])
    return graph.write([last])


def make_nnvm_compiled(layers: int) -> bytes:
    """The same compiled: functions of which only names and operands are known."""
    graph = Writer()
    last, weight = graph.variable("data", _DATA), graph.variable("p0", _SQUARE)
    for n in range(layers):
        inner = graph.function("fused_nn_dense", [last, weight], _DATA, 0)
        added = graph.function("fused_add", [inner, last], _DATA, 1)
        smooth = graph.function("fused_nn_softmax", [added], _DATA, 0)
        last = graph.function("fused_nn_relu", [smooth], _DATA, 2 + n % 2)
    return graph.write([last], compiled=True)


def make_mxnet(layers: int) -> bytes:
    """A symbol: only the input's shape is stated."""
    nodes = [mxnet.var("data", __shape__=str(_DATA)), mxnet.var("dense_weight")]
    last = 0
    for n in range(layers):
        first = len(nodes)
        width = {"num_hidden": str(_WIDTH), "no_bias": "True"}
        nodes += [
            ("FullyConnected", f"d{n}", (last, 1), width),
            ("elemwise_add", f"a{n}", (first, last), {}),
            ("softmax", f"s{n}", (first + 1,), {"axis": "-1"}),
            ("Activation", f"r{n}", (first + 2,), {"act_type": "relu"}),
        ]
        last = first + 3
    return mxnet.write(*nodes)


def make_relay(layers: int) -> bytes:
    """Relay's text, with numbered values and a type behind each."""
    data, square = (f"Tensor[({rows}, {_WIDTH}), float32]" for rows in (_ROWS, _WIDTH))
    lines, last = [], "%x"
    for n in range(0, 4 * layers, 4):
        calls = (
            f"nn.dense({last}, %w, units={_WIDTH})",
            f"add(%{n}, {last})",
            f"nn.softmax(%{n + 1})",
            f"nn.relu(%{n + 2})",
        )
        lines += [f"  %{n + k} = {call} /* ty={data} */;" for k, call in enumerate(calls)]
        last = f"%{n + 3}"
    return tvm.relay("\n".join([*lines, f"  {last}"]), f"%x: {data}, %w: {square}")


class _Nodes:
    """Nodes of Relay's JSON in the order in which they are made; the first is none."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, object]] = [{"type_key": ""}]

    def add(self, kind: str, items: list[int] | None = None, **fields: object) -> int:
        node: dict[str, object] = {"type_key": kind}
        if fields:
            node["attrs"] = {name: str(value) for name, value in fields.items()}
        if items is not None:
            node["data"] = items
        self.nodes.append(node)
        return len(self.nodes) - 1

    def text(self, word: str, kind: str = "runtime.String") -> int:
        self.nodes.append({"type_key": kind, "repr_str": word})
        return len(self.nodes) - 1

    def tensor(self, *sizes: int) -> int:
        numbers = [self.add("IntImm", dtype="int32", span=0, value=size) for size in sizes]
        shape = self.add("Array", numbers)
        return self.add("relay.TensorType", dtype="float32", shape=shape, span=0)

    def variable(self, name: str, known: int) -> int:
        key = self.add("relay.Id", name_hint=self.text(name))
        return self.add("relay.Var", _checked_type_=known, span=0, type_annotation=known, vid=key)

    def call(self, operation: int, operands: list[int], attributes: int, known: int) -> int:
        return self.add(
            "relay.Call", _checked_type_=known, args=self.add("Array", operands),
            attrs=attributes, op=operation, span=0, type_args=0,
        )  # fmt: skip


def make_relay_json(layers: int) -> bytes:
    """The same as TVM keeps it, each node with the numbers of those that it reads."""
    graph = _Nodes()
    data, square = graph.tensor(*_DATA), graph.tensor(*_SQUARE)
    dense, add, softmax, relu = (
        graph.text(word, "Op") for word in ("nn.dense", "add", "nn.softmax", "nn.relu")
    )
    width = graph.add("IntImm", dtype="int32", span=0, value=_WIDTH)
    wide = graph.add("relay.attrs.DenseAttrs", units=width, out_dtype="", auto_scheduler="")
    along = graph.add("relay.attrs.SoftmaxAttrs", axis=-1)
    parameters = [graph.variable("x", data), graph.variable("w", square)]
    last, weight = parameters
    for _ in range(layers):
        inner = graph.call(dense, [last, weight], wide, data)
        added = graph.call(add, [inner, last], 0, data)
        smooth = graph.call(softmax, [added], along, data)
        last = graph.call(relu, [smooth], 0, data)
    root = graph.add(
        "relay.Function", _checked_type_=0, attrs=0, body=last,
        params=graph.add("Array", parameters), ret_type=data, span=0, type_params=0,
    )  # fmt: skip
    document = {"root": root, "nodes": graph.nodes, "attrs": {"tvm_version": "0.8.0"}}
    return json.dumps({**document, "b64ndarrays": []}, indent=1).encode()


def make_relax(layers: int) -> bytes:
    """TVMScript of Relax."""
    data, square = (f'R.Tensor(({rows}, {_WIDTH}), dtype="float32")' for rows in (_ROWS, _WIDTH))
    lines, last = ["with R.dataflow():"], "x"
    for n in range(layers):
        calls = (
            ("d", f'R.matmul({last}, w, out_dtype="float32")'),
            ("a", f"R.add(d{n}, {last})"),
            ("s", f"R.nn.softmax(a{n}, axis=-1)"),
            ("r", f"R.nn.relu(s{n})"),
        )
        lines += [f"    {name}{n}: {data} = {call}" for name, call in calls]
        last = f"r{n}"
    lines += [f"    R.output({last})", f"return {last}"]
    return tvm.relax("\n".join(lines), f"x: {data}, w: {square}")


def make_openvino(layers: int) -> bytes:
    """OpenVINO's XML, whose weights lie in a file that is not beside it."""
    net = Written()
    last, weight = net.parameter(_DATA), net.constant(_SQUARE)
    for _ in range(layers):
        inner = net.add("MatMul", [last, weight], [_DATA], {"transpose_b": "true"})
        added = net.add("Add", [inner, last], [_DATA], {"auto_broadcast": "numpy"})
        smooth = net.add("SoftMax", [added], [_DATA], {"axis": 1})
        last = net.add("ReLU", [smooth], [_DATA])
    return net.write(last)


def make_ngraph(layers: int) -> bytes:
    """nGraph's JSON, whose weight is a parameter."""
    ops = [ngraph.parameter("x", _DATA), ngraph.parameter("w", _SQUARE)]
    last = "x"
    for n in range(layers):
        ops += [
            ngraph.operation("Dot", last, "w", name=f"d{n}", reduction_axes_count=1),
            ngraph.operation("Add", f"d{n}", last, name=f"a{n}"),
            ngraph.operation("Softmax", f"a{n}", name=f"s{n}", softmax_axes=[1]),
            ngraph.operation("Relu", f"s{n}", name=f"r{n}"),
        ]
        last = f"r{n}"
    return ngraph.write(ngraph.function("f", ops, last))


def make_dlvm(layers: int) -> bytes:
    """DLVM's text, with a type at each operand."""
    data, square = (f"<{rows} x {_WIDTH} x f32>" for rows in (_ROWS, _WIDTH))
    arguments = [("x", data), ("w", square)]
    lines, last = [], "%x"
    for n in range(0, 4 * layers, 4):
        lines += [
            f"%0.{n} = dot {last}: {data}, %w: {square}",
            f"%0.{n + 1} = add %0.{n}: {data}, {last}: {data}",
            f'%0.{n + 2} = builtin "softmax"(%0.{n + 1}: {data}) -> {data}',
            f"%0.{n + 3} = max %0.{n + 2}: {data}, 0.0: f32",
        ]
        last = f"%0.{n + 3}"
    return dlvm.write(dlvm.function(arguments, data, *lines, f"return {last}: {data}"))
