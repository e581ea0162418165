"""Checkpoints that lie, lack or demand too much are refused in one line; nothing in them runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.checkpoint import opcodes
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.statedict.reader import StateDictReader
from tests.patience import ends_soon, ends_within, grows_in_proportion
from tests.readers import hostile
from tests.readers.samples import DATA
from tests.readers.statedict.files import (
    ONE,
    group,
    mapping,
    name,
    number,
    read,
    save,
    storage,
    tensor,
    text,
)

STATE = mapping({"w": ONE})


def refuse(data: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(StateDictReader(), Source("model", data), cause)


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (b"", "takes what is not there"),
        (b"0", "takes what is not there"),
        (b"t", "takes what is not there"),
        (b"R", "takes what is not there"),
        (b"\x86", "takes what is not there"),
        (b"NNNu", "takes what is not there"),
        (b"}(Nu", "takes what is not there"),
        (b"h\x05", "takes what is not there"),
        (b"Ng-1\n", "takes what is not there"),
        (b"q\x01", "takes what is not there"),
        (b"N\x93", "takes what is not there"),
        (b"NN\x93", "no text"),
        (b"\xff", "cut off or broken"),
        (b"X\xff\xff\xff\x7fabc", "cut off or broken"),
        (b"\x8d" + b"\xff" * 8, "cut off or broken"),
        (b"\x8b\xff\xff\xff\xff", "cut off or broken"),
        (b"I" + b"9" * 10_000 + b"\n", "cut off or broken"),
        (b"L" + b"9" * 4000 + b"x\n", "cut off or broken"),
        (b"c" + b"m" * 5000 + b"\nx\n", "too much to import"),
        (b"NQ", "persistent id that is not of PyTorch"),
        (group(text("storage")) + b"Q", "persistent id that is not of PyTorch"),
        (storage("0", 1, "Storage"), "unknown element type 'torch.Storage'"),
        (storage("0", 1 << 63), "not a whole number"),
        (storage("0", 10**3000), "not a whole number"),
        (storage("x" * 100, 1), "no key"),
    ],
    ids=range(25),
)
def test_a_pickle_that_cannot_be(value: bytes, cause: str) -> None:
    refuse(save(value), cause)


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (tensor(storage("0", 6), (2, 4)), "reaches to byte 32 of storage '0', which has 24"),
        (tensor(storage("0", 6), (2, 3), offset=1), "reaches to byte 28"),
        (tensor(storage("0", 6), (2, 3), (1 << 61, 1)), "reaches to byte"),
        (tensor(storage("0", 6), (2, 3), (1,)), "lacks strides"),
        (tensor(storage("0", 6), (-1,)), "not a whole number"),
        (tensor(storage("0", 6), (1 << 61, 1 << 61), (0, 0)), "more than 2\\*\\*62 elements"),
        (tensor(storage("0", 6), (1,) * 65), "shape is not one"),
        (tensor(text("0"), (1,)), "has no storage"),
    ],
    ids=range(8),
)
def test_a_tensor_that_cannot_be(value: bytes, cause: str) -> None:
    refuse(save(mapping({"w": value}), {"0": 24}), cause)


def test_storages_that_are_not_there_or_of_another_size() -> None:
    assert len(read(save(STATE, {"0": 24})).body.stored) == 1
    refuse(save(STATE), "lacks storage '0'")
    refuse(save(STATE, {"0": 23}), "storage '0' takes 24 bytes and has 23")
    refuse(save(STATE, {"0": 2400}), "storage '0' takes 24 bytes and has 2400")
    both = mapping({"w": ONE, "v": tensor(storage("0", 7), (7,))})
    refuse(save(both, {"0": 24}), "stated with two sizes")


def test_a_checkpoint_without_tensors() -> None:
    refuse(save(mapping({"epoch": number(3)})), "holds no tensors")


def test_archives_that_are_no_checkpoint() -> None:
    refuse(save(STATE, {"0": 24}, **{"constants.pkl": b""}), "TorchScript")
    refuse(save(STATE, {"0": 24})[:-30], "cut off")
    refuse(b"PK\x03\x04", "cut off")


def test_a_value_that_is_nested_deep() -> None:
    refuse(save(b"]" * 500_000 + ONE + b"a" * 500_000, {"0": 24}), "nested more than 256 deep")
    refuse(save(ONE + b"\x85" * 500_000, {"0": 24}), "nested more than 256 deep")
    refuse(save((b"}" + text("k" * 900)) * 3 + ONE + b"s" * 3, {"0": 24}), "more than 1024")


def test_a_key_that_is_long() -> None:
    refuse(save(mapping({"k" * 1025: ONE}), {"0": 24}), "a key has more than 1024")


def test_a_value_that_holds_itself_is_walked_once() -> None:
    graph = read(save(b"}q\x00(" + text("self") + b"h\x00" + text("w") + ONE + b"u", {"0": 24}))
    assert list(graph.body.stored) == ["w"]


def double(depth: int) -> bytes:
    """Lists of which each holds the one before twice: 2**depth paths."""
    return b"](" + ONE + b"eq\x00" + b"](h\x00h\x00eq\x00" * depth


def grow(depth: int) -> bytes:
    """Tuples of which each holds the one before twice, then called with as arguments."""
    called = name("torch._utils", "_rebuild_tensor_v2")
    return ONE + b"q\x00" + b"h\x00h\x00\x86q\x00" * depth + called + b"0"


@pytest.mark.parametrize("make", [double, grow])
def test_memo_bombs_take_time_by_their_opcodes(make: Callable[[int], bytes]) -> None:
    data = save(make(200), {"0": 24})
    assert ends_within(200_000, lambda: read(data)).body.stored


def test_big_numbers_are_hashed_and_added_nowhere() -> None:
    huge = number(1 << 8_000_000)
    value = b"}" + huge + b"q\x01Ns" + b"h\x01Ns" * 100_000 + text("w") + ONE + b"s"
    data = save(value, {"0": 24})
    assert ends_soon(lambda: read(data)).body.stored


def test_opcodes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opcodes, "MAX_OPCODES", 1000)
    refuse(save(b"N0" * 1000 + STATE, {"0": 24}), "more than 1000 opcodes")


def test_a_pickle_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyborg_rr.readers.formats.checkpoint.files.MAX_PICKLE_BYTES", 100)
    refuse(save(STATE, {"0": 24}), "has more than 100 bytes")


def test_what_loading_would_run_is_named_and_not_run(capfd: pytest.CaptureFixture[str]) -> None:
    run = name("os", "system") + group(text("echo run")) + b"R"
    graph = read(save(mapping({"w": ONE, "x": run}), {"0": 24}))
    assert "than tensors and modules need: os.system;" in graph.warnings[1]
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("module", "called"),
    [
        ("torch.nn", "os.system"),
        ("torch", "load"),
        ("torch.storage", "_load_from_bytes"),
        ("torch._utils", "os"),
        ("torch.nn.init", "eval"),
        ("builtins", "eval"),
        ("torchevil", "Tensor"),
        ("collections", "abc"),
        ("numpy", "dtype"),
    ],
)
def test_an_import_beside_tensors_is_named(module: str, called: str) -> None:
    graph = read(save(mapping({"w": ONE, "x": name(module, called)}), {"0": 24}))
    assert f": {module}.{called};" in graph.warnings[1]


def test_only_the_first_imports_are_shown_and_escaped() -> None:
    names = {str(n): name("evil", f"f{n}\x1b") for n in range(9)}
    warning = read(save(mapping({"w": ONE, **names}), {"0": 24})).warnings[1]
    assert warning.isprintable()
    assert "evil.f4\\x1b and 4 more" in warning


def test_a_legacy_file_that_lacks_storages_or_bytes() -> None:
    whole = (DATA / "statedict" / "legacy.pt").read_bytes()
    assert read(whole).body.stored
    refuse(whole[:-1], "cut off in storage")
    refuse(whole[:700], "cut off or broken")


def test_work_is_in_proportion_to_the_file() -> None:
    def make(count: int) -> Callable[[], Graph]:
        state = {f"layer.{n}.weight": tensor(storage(str(n), 6), (2, 3)) for n in range(count)}
        data = save(mapping(state), dict.fromkeys(map(str, range(count)), 24))
        return lambda: read(data)

    assert len(make(1000)().body.stored) == 1000
    grows_in_proportion(make, 5000)
