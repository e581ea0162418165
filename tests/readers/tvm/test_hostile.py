"""Files that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import json
import struct

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.nnvm.parameters import parse_parameters
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tvm.relax.reader import RelaxReader
from cyborg_rr.readers.tvm.relay.reader import RelayReader
from tests.readers.tvm.files import HEAD, VERSION, refuse, relax, relay
from tests.readers.tvm.parameters import make_parameters

RELAY, RELAX = RelayReader(), RelaxReader()


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("%y", "read and never defined"),
        ("nn.relu(%x", r"expected ',' or '\)'"),
        ("(" * 100_000, "nested more than 64 deep"),
        ("-" * 100_000 + "%x", "nested more than 64 deep"),
        ("[" * 100_000, "nested more than 64 deep"),
        ("fn () {" * 10_000, "nested more than 64 deep"),
        ("if (%x) {" * 10_000, "nested more than 64 deep"),
        ("if (%x) { %x } else " * 10_000, "nested more than 64 deep"),
        ("add(%x, y=" + "[" * 10_000, "nested more than 64 deep"),
        ("@f(%x)", "function @f is not in the file"),
        ("%0 = (%x, %x);\n%0.2", "item 2 of a tuple of 2"),
        ("nn.relu(%x) /* ty=Tensor[(1", "expected"),
        ("nn.relu(%x) /* ty=Tensor[(1), float32]", "not closed"),
        ("cast(%x, n=" + "9" * 100_000 + ")", "more than 20 digits"),
        ("/*" * 100_000, "expected an expression"),
        ("{" * 100_000, "expected an expression"),
        ("match (%x) " + "{" * 100_000, "expected '}'"),
        ("let %f = fn (%a, %b) { %a };\n%f(%x)", "takes 2 values and is given 1"),
        ("if (%x) { (%x, %x) } else { %x }", "different numbers of values"),
        ("meta[relay.Constant]", "expected meta"),
        ("nn.conv2d(%x, %x, padding=[1, 2, 3])", "3 numbers of padding"),
        ("split(%x, indices_or_sections=[1]", "expected"),
    ],
)
def test_a_text_that_cannot_be(body: str, cause: str) -> None:
    refuse(RELAY, relay(body), cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (VERSION, "no function of Relay|expected an expression"),
        (VERSION + "@main = primfn(a: handle) -> () {}", "kernels of TVM's TIR"),
        (VERSION + "def @f(%x) { %x }\ndef @f(%x) { %x }", "defined a second time"),
        (VERSION + "def @f(%x) { %x }\ndef @g(%x) { %x }", "no function main"),
        (VERSION + "def @main(%x, %x) { %x }", "two parameters have one name"),
        (VERSION + "def @main(%x: Tensor[(99999999999, 99999999999), int8]) { %x }", "2\\*\\*63"),
        (VERSION + f"def @main(%x: Tensor[({'1, ' * 70}1), int8]) {{ %x }}", "more than 64 dim"),
        (VERSION + "type " + "A[" * 100_000, "."),
        (VERSION + "def @main(%x: " + "(" * 10_000, "nested more than 64 deep"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be(text: str, cause: str) -> None:
    refuse(RELAY, text.encode(), cause)


def test_tuples_of_tuples_do_not_grow_without_end() -> None:
    doubled = "\n".join(f"%{n + 1} = (%{n}, %{n});" for n in range(40))
    refuse(RELAY, relay(f"%0 = (%x, %x);\n{doubled}\nconcatenate(%40)"), "more than 65536 items")


def test_closures_that_call_one_another_do_not_grow_without_end() -> None:
    doubled = "\n".join(f"let %f{n + 1} = fn (%a) {{ %f{n}(%f{n}(%a)) }};" for n in range(40))
    text = relay(f"let %f0 = fn (%a) {{ exp(%a) }};\n{doubled}\n%f40(%x)")
    refuse(RELAY, text, "written out make more than|nested more than 64")


def test_functions_that_call_one_another_are_typed_once() -> None:
    kind = "Tensor[(4, 4), float32]"
    texts = [
        f"def @f{n}(%a: {kind}) -> {kind} {{ %0 = @f{n + 1}(%a); @f{n + 1}(%0) }}"
        for n in range(30)
    ]
    body = "; ".join(f"%{n} = exp(%a)" for n in range(20))
    texts.append(f"def @f30(%a: {kind}) -> {kind} {{ {body}; nn.dense(%19, %19) }}")
    texts.append(f"def @main(%a: {kind}) -> {kind} {{ @f0(%a) }}")
    graph = RELAY.read(_source(VERSION + "\n".join(texts)))
    assert len(graph.body.nodes) < 100


def _source(text: str) -> Source:
    return Source("hostile", text.encode())


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("return y(x)", "function @y is not in the file"),
        ("return " + "(" * 100_000, "nested more than 64 deep"),
        ("return " + "-" * 100_000 + "x", "nested more than 64 deep"),
        ("gv: " + "R.Tuple(" * 10_000, "nested more than 64 deep"),
        ("R.func_attr(" + '{"a": ' * 10_000, "nested more than 64 deep"),
        ("gv = R.add(x, axis=", "expected an expression"),
        ("gv = R.nn.relu(x) gv", "expected the end of the line"),
        ("gv = x[1]\nreturn gv[-1]", "expected the place of an item"),
        ("if x:\n    y = R.exp(x)\nreturn y", "expected 'else'"),
        ("if x:\n    y = R.exp(x)\nelse:\n    pass\nreturn y", "a side that yields nothing"),
        ("gv = metadata[1][0]", "expected a string"),
        ('gv = metadata["a"][2.]', "'2.' is no whole number"),
        ("gv: R.Tensor(ndim=1e3) = x", "'1e3' is no whole number"),
        ("gv = R.Tensor", "returns nothing"),
        ("return R.add(x, (R.Tensor, x))", "a type stands where a value should"),
        ("x = '''", "cannot be read|expected"),
        ("return R.const(" + "9" * 100_000 + ")", "more than 20 digits"),
        ("with R.dataflow()", "expected ':'"),
    ],
)
def test_a_script_that_cannot_be(lines: str, cause: str) -> None:
    refuse(RELAX, relax(lines), cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (HEAD, "no function of Relax"),
        (HEAD + "    @T.prim_func\n    def f(a: T.handle):\n        pass\n", "only kernels"),
        (HEAD + "    @R.function\n    def f(x", "expected"),
        (HEAD + "    @R.function\n    def f[" + "[" * 100_000, "not closed"),
        (HEAD + "    @R.function\n    def f(x: R.Tensor((" + "(" * 100_000, "not closed"),
        ('metadata = tvm.ir.load_json("""{' + HEAD, "not closed"),
        ('metadata = tvm.ir.load_json("""{"root": 1""")\n' + HEAD, "not JSON"),
    ],
)
def test_a_script_whose_module_cannot_be(text: str, cause: str) -> None:
    refuse(RELAX, text.encode(), cause)


def document(*nodes: dict[str, object], root: int = 1, arrays: tuple[str, ...] = ()) -> bytes:
    """JSON of these nodes, the first of which has the place 1."""
    whole = [{"type_key": ""}, *nodes]
    return json.dumps({"root": root, "nodes": whole, "b64ndarrays": arrays}).encode()


def function(body: int, params: int = 0) -> dict[str, object]:
    return {"type_key": "relay.Function", "attrs": {"body": str(body), "params": str(params)}}


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (document(root=9), "node 9 of 1 is named"),
        (document({"type_key": "Array"}), "no module of Relay"),
        (document(function(9)), "node 9 of 2 is named"),
        (document(function(-1)), "names no node"),
        (document(function(1)), "nested more than 48 deep"),
        (document(function(0)), "no expression"),
        (document(function(2), {"type_key": "relay.Tuple", "attrs": {"fields": "3"}},
                  {"type_key": "Array", "data": [2]}), "needs itself"),
        (document(function(2), {"type_key": "relay.Constant", "attrs": {"data": "0"}}),
         "array 0 of 0 is named"),
        (document(function(2), {"type_key": "relay.Constant", "attrs": {"data": "0"}},
                  arrays=("AAAA",)), "cut off"),
        (document(function(2), {"type_key": "relay.Constant", "attrs": {"data": "0"}},
                  arrays=("A" * 200,)), "does not begin"),
        (document(function(2), {"type_key": "relay.Constant", "attrs": {"data": "0"}},
                  arrays=("@@@",)), "base64|cut off"),
        (document(function(2, 3), {"type_key": "relay.Call"}, {"type_key": "Array", "data": [2]}),
         "is no variable"),
        (b'{"root": 1, "nodes": ' + b"[" * 100_000, "nested too deep|not JSON"),
        (b'{"root": 1, "nodes": 3}', "not a list"),
        (b'{"root": 1}', "lacks 'nodes'"),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_document_that_cannot_be(data: bytes, cause: str) -> None:
    refuse(RELAY, data, cause)


def test_a_chain_of_many_calls_is_read_in_json_too() -> None:
    nodes: list[dict[str, object]] = [
        {"type_key": "relay.Function", "attrs": {"body": "6", "params": "2"}},
        {"type_key": "Array", "data": [3]},
        {"type_key": "relay.Var", "attrs": {"vid": "4"}},
        {"type_key": "relay.Id", "attrs": {"name_hint": "x"}},
        {"type_key": "Op", "repr_str": "nn.relu"},
    ]
    length = 5000
    for place in range(length):
        at = 6 + 2 * place
        nodes.append({"type_key": "relay.Call", "attrs": {"op": "5", "args": str(at + 1)}})
        nodes.append({"type_key": "Array", "data": [3 if place == length - 1 else at + 2]})
    assert len(RELAY.read(_source(document(*nodes).decode())).body.nodes) == length


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "do not begin"),
        (make_parameters({"w": (2, 3)})[:-1], "beyond the end"),
        (make_parameters({"w": (2, 3)})[:60], "beyond the end"),
        (struct.pack("<QQQ", 0xF7E58D4F05049CB7, 0, 1 << 60), "more than the file has room for"),
        (
            struct.pack("<QQQQ", 0xF7E58D4F05049CB7, 0, 1, 1 << 60),
            "more than the file has room for",
        ),
        (make_parameters({"w": (1 << 40, 0)}).replace(b"\0" * 8, b"\xff" * 8), "."),
    ],
    ids=range(6),
)
def test_parameters_that_cannot_be(data: bytes, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        parse_parameters(data)


def test_parameters_are_read_by_their_headers() -> None:
    found = parse_parameters(make_parameters({"a": (2, 3), "b": ()}))
    assert {name: type_.shape for name, type_ in found.items()} == {"a": (2, 3), "b": ()}


@pytest.mark.parametrize("attribute", ["channels=True", "channels=None", "groups=1, channels=[]"])
def test_channels_that_are_no_number_say_nothing(attribute: str) -> None:
    text = relay(f"nn.conv2d(%x, %x, {attribute})", "%x: Tensor[(2, 2, 3, 3), float32]")
    assert "out_channels" not in RELAY.read(_source(text.decode())).body.nodes[0].attributes


def test_a_list_is_no_list_of_numbers_where_a_comma_lacks() -> None:
    refuse(RELAY, relay("reshape(%x, newshape=[2-1])"), "expected ',' or ']'")


def test_a_kernel_without_operands_is_unknown() -> None:
    kernel = 'R.call_tir(cls.mean, R.tuple(), out_sinfo=R.Tensor((1,), dtype="float32"))'
    graph = RELAX.read(_source(relax(f"cls = Module\ngv = {kernel}\nreturn gv").decode()))
    assert [node.operation for node in graph.body.nodes] == ["unknown"]
