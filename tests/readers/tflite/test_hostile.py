"""Files that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.flatbuffers import FlatFile
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.reader import TfliteReader
from tests.readers import hostile
from tests.readers.tflite.networks import ADD, CONV, FULLY_CONNECTED
from tests.readers.tflite.writing import INT32, Fields, model, operator, subgraph, tensor, write

CALL = 31
X = tensor("x", (1, 4))


def read(fields: Fields) -> Graph:
    """The graph of a file that is written so."""
    return TfliteReader().read(Source("hostile", write(fields)))


def refuse(data: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(TfliteReader(), Source("hostile", data), cause)


def one(
    code: int, tensors: list[Fields], inputs: tuple[int, ...], *buffers: bytes, **more: Any
) -> Fields:
    """A model of one operation, which yields the last of the tensors."""
    last = len(tensors) - 1
    options = {"kind": more.pop("kind", 0), "options": more.pop("options", None)}
    step = operator(0, inputs, (last,), **options)
    main = subgraph("main", tensors, more.pop("given", (0,)), (last,), [step])
    return model((code,), [main], buffers, **more)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "no TFLite flatbuffer"),
        (b"\x08\0\0\0TFL3", "beyond the end"),
        (b"\xff\xff\xff\xffTFL3", "beyond the end"),
        (struct.pack("<I4siI", 8, b"TFL3", 0x7FFFFFFF, 0), "byte 8: .*no place"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 3, 0), "no place"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 0xFFFF, 0), "no place"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 0xFFFE, 0), "beyond the end"),
        (struct.pack("<I4siHH", 8, b"TFL3", -4, 4, 0), "version 0 of the schema"),
    ],
    ids=range(8),
)
def test_a_flatbuffer_that_is_none(data: bytes, cause: str) -> None:
    refuse(data, cause)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        (model((), [], version=2), "version 2 of the schema is not read"),
        (model((), []), "has no subgraph"),
        (one(ADD, [X, X], (0, 7)), "refers to tensor 7 of 2"),
        (one(ADD, [X, X], (0, -2)), "refers to tensor -2 of 2"),
        (one(ADD, [X, X], (0, 1)), "before it is defined"),
        (one(ADD, [X, X], (0,), given=(9,)), "refers to tensor 9 of 2"),
        (one(ADD, [X, X], (0,)), "needs 2 operands and lacks number 1"),
        (one(ADD, [X, X], (0, 0), kind=11, options={0: ("b", 9)}), "activation 9 is not known"),
        (one(ADD, [X, tensor("w", (4,), buffer=5), X], (0, 1)), "has buffer 5 of 1"),
        (one(ADD, [X, tensor("w", (4,), buffer=1), X], (0, 1), bytes(15)), "takes 16"),
        (one(ADD, [X, tensor("w", (4,), 99, 1), X], (0, 1), bytes(16)), "99, which is not known"),
        (one(ADD, [X, tensor("w", (2**31 - 1,) * 3), X], (0, 1)), "more than 2..63 elements"),
        (one(ADD, [tensor("x", (1,) * 65), X], (0, 0)), "has rank 65"),
        (one(ADD, [tensor("x", (1, 2), signature=(-1,)), X], (0, 0)), "a signature of 1"),
        (one(ADD, [tensor("x" * 5000, (1,)), X], (0, 0)), "a name of 5000 bytes"),
        (one(ADD, [tensor("x", (1,), fields={10: ("I", 3)}), X], (0, 0)), "external buffer 3"),
        (one(CONV, [X, X], (0, 0)), "do not fit together"),
        (one(FULLY_CONNECTED, [X, X], (0, -1)), "needs 2 operands and lacks number 1"),
        (one(CALL, [X, X], (0,), kind=16, options={0: ("I", 5)}), "subgraph 5 of 1 is called"),
        (one(CALL, [X, X], (0,), kind=16, options={0: ("I", 0)}), "calls itself"),
        (model((), [subgraph("m", [X, X], (0,), (1,), [])]), "before it is defined"),
        (model((), [subgraph("m", [X], (0,), (0,), [operator(0, (), ())])]), "code 0 of 0"),
    ],
    ids=range(22),
)
def test_a_model_that_cannot_be(fields: Fields, cause: str) -> None:
    refuse(write(fields), cause)


def test_a_result_that_is_there_already_is_refused() -> None:
    step = operator(0, (0, 0), (1,))
    refuse(write(model((ADD,), [subgraph("m", [X, X], (0,), (1,), [step, step])])), "a second time")


def test_calls_that_double_at_every_depth_are_counted_before_they_are_written() -> None:
    def calling(place: int) -> Fields:
        calls = [operator(0, (0,), (each,), 16, {0: ("I", place + 1)}) for each in (1, 2)]
        return subgraph(f"s{place}", [X, X, X], (0,), (2,), calls)

    leaf = subgraph("leaf", [X, X], (0,), (1,), [operator(1, (0, 0), (1,))])
    refuse(write(model((CALL, ADD), [*map(calling, range(25)), leaf])), "calls written out make")
    deep = write(model((CALL, ADD), [*map(calling, range(40)), leaf]))
    refuse(deep, "more than 32 deep|calls written out make")


def test_one_table_that_stands_for_many_is_counted_as_often_as_it_is_read() -> None:
    """Thousands of operators that are one, which has thousands of operands."""
    count = 20_000
    data = bytearray(write(one(ADD, [X, X], (0,) * 4)))
    field = next(FlatFile(bytes(data)).root().tables(2)).place(3)
    start = len(data)
    struct.pack_into("<I", data, field, start - field)
    vtable = start + 4 + 4 * count
    table = vtable + 8
    data += struct.pack("<I", count)
    data += b"".join(struct.pack("<I", table - (start + 4 + 4 * n)) for n in range(count))
    data += struct.pack("<HHHH", 8, 8, 0, 4)  # field 1 alone, the operands
    data += struct.pack("<iI", table - vtable, 4)
    data += struct.pack("<I", count) + bytes(4 * count)
    refuse(bytes(data), "more is referred to than the file can mean")


def test_custom_operations_name_what_runs_them() -> None:
    main = subgraph(
        "main", [X, X, X], (0,), (2,), [operator(0, (0,), (1,)), operator(1, (1,), (2,))]
    )
    graph = read(model(("edgetpu-custom-op", "FlexErf"), [main]))
    assert [(target.kind, target.value) for target in graph.targets] == [("backend", "edgetpu")]
    assert [node.native_name for node in graph.body.nodes] == [
        "custom:edgetpu-custom-op", "custom:FlexErf",
    ]  # fmt: skip
    assert graph.warnings == (
        "operations need TensorFlow's delegate (Flex) at run time: FlexErf",
        "the program for the Edge TPU does not say which runtime it needs",
    )


def read_program(options: bytes) -> str:
    """What is said of a program for the Edge TPU in such options."""
    step = {**operator(0, (0,), (1,)), 5: options}
    main = subgraph("main", [X, X], (0,), (1,), [step])
    return read(model(("edgetpu-custom-op",), [main])).warnings[-1]


EXECUTABLE = write({1: "m", 10: "beagle"}, b"DWN1")
PACKAGE = {0: ("i", 13), 1: write({0: [EXECUTABLE]}, b"\0" * 4), 4: "16.0.384591198"}


def test_a_program_for_the_edge_tpu_says_which_runtime_and_chip_it_needs() -> None:
    said = read_program(b"flex" + write(PACKAGE, b"DWN1") + b"buffer")
    assert said == (
        "the program for the Edge TPU needs runtime 13 or later, made by compiler"
        " '16.0.384591198', for the chip 'beagle'"
    )


@pytest.mark.parametrize(
    "package",
    [{0: ("i", 13)}, {0: ("i", 13), 1: b"\xff" * 20}, {0: ("i", 13), 1: write({}, b"\0" * 4)}],
)
def test_a_program_without_an_executable_names_no_chip(package: Fields) -> None:
    said = read_program(write(package, b"DWN1"))
    assert said == "the program for the Edge TPU needs runtime 13 or later"


def test_a_program_that_leaves_its_file_is_refused() -> None:
    with pytest.raises(UnreadableModel, match=r"lie beyond the end|no place"):
        read_program(b"\xff\xff\xff\x7fDWN1")


def test_weights_behind_the_flatbuffer_and_in_other_files_are_counted() -> None:
    tensors = [
        X, tensor("w", (4,), buffer=1), tensor("v", (4,), fields={10: ("I", 7)}), X, X,
    ]  # fmt: skip
    steps = [operator(0, (0, 1), (3,)), operator(0, (3, 2), (4,))]
    fields = model((ADD,), [subgraph("main", tensors, (0,), (4,), steps)])
    outside = {8: [{0: "weights.bin"}], 9: [{0: ("I", 7), 3: ("Q", 16)}]}
    length = len(write({**fields, **outside, 4: [{}, {1: ("Q", 9), 2: ("Q", 16)}]}))
    data = write({**fields, **outside, 4: [{}, {1: ("Q", length), 2: ("Q", 16)}]})
    refuse(data, "beyond the end of the file")
    graph = TfliteReader().read(Source("large", data + bytes(16)))
    found = {name: (each.location, each.type.byte_size) for name, each in graph.body.stored.items()}
    assert found == {"w": ("inline", 16), "v": ("external", 16)}
    assert graph.warnings == (
        "weights stand in other files, which were not looked at: weights.bin",
    )


def test_entry_points_beside_the_main_one_are_named_with_what_only_they_store() -> None:
    main = subgraph("main", [X, X], (0,), (1,), [operator(0, (0, 0), (1,))])
    other = subgraph(
        "decode", [X, tensor("w", (4,), buffer=1), X], (0,), (2,), [operator(0, (0, 1), (2,))]
    )
    graph = read(model((ADD,), [main, other], [bytes(16)]))
    assert graph.warnings == (
        "subgraphs beside the main one were not read: decode; 16 bytes are stored for them alone",
    )


def test_a_whole_number_is_a_weight_where_it_is_a_bias_and_elsewhere_a_constant() -> None:
    tensors = [
        tensor("x", (1, 4), 9), tensor("w", (4, 4), 9, 1), tensor("b", (4,), INT32, 2),
        tensor("y", (1, 4), 9),
    ]  # fmt: skip
    graph = read(one(FULLY_CONNECTED, tensors, (0, 1, 2), bytes(16), bytes(16)))
    assert {name: each.kind for name, each in graph.body.stored.items()} == {
        "w": "parameter", "b": "parameter",
    }  # fmt: skip
