"""Tensors are counted once, and weights apart from what training keeps beside them."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.statedict.reader import StateDictReader
from tests.readers.folders import MemoryFolder
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
)

SIX = storage("0", 6)


def list_stored(graph: Graph) -> dict[str, str]:
    """Type and shape by name."""
    return {
        stored: f"{held.type.element_type}{held.type.shape}"
        for stored, held in graph.body.stored.items()
    }


def read_sample(file: str) -> Graph:
    """What the reader makes of a sample."""
    return read((DATA / "statedict" / file).read_bytes())


def count_bytes(graph: Graph) -> int:
    """Bytes of parameters."""
    kept = [held for held in graph.body.stored.values() if held.kind == "parameter"]
    return sum(held.type.byte_size or 0 for held in kept)


@pytest.mark.parametrize(
    ("file", "size"),
    [("plain.pt", 360), ("bfloat16.pt", 180), ("module.pt", 360), ("training.pt", 360),
     ("parameters.pt", 296), ("hostile.pt", 60)],
)  # fmt: skip
def test_parameters_are_those_of_the_network(file: str, size: int) -> None:
    """4x8 + 8, norm 4x8, 8x2 + 2 numbers; one of ``named_parameters`` without two buffers."""
    assert count_bytes(read_sample(file)) == size


def test_a_module_saved_whole_has_the_names_of_its_state() -> None:
    assert list_stored(read_sample("module.pt")) == list_stored(read_sample("plain.pt"))


def test_both_forms_of_file_hold_the_same() -> None:
    legacy = list_stored(read_sample("legacy.pt"))
    assert legacy.pop("bias") == "f16(3,)"
    assert legacy == list_stored(read_sample("shared.pt"))


def test_training_states_are_said_apart() -> None:
    warnings = read_sample("training.pt").warnings
    assert "18 tensors of 616 bytes are of an optimizer: no weights" in warnings
    assert "10 tensors of 384 bytes beside the weights are left out: ema, rng_state" in warnings


@pytest.mark.parametrize(
    ("views", "kept", "said"),
    [
        ({"a": ((6,), (1,), 0), "b": ((2, 3), (3, 1), 0)}, {"a": "f32(6,)"}, "1 tensors share"),
        ({"a": ((2,), (1,), 0), "b": ((6,), (1,), 0)}, {"b": "f32(6,)"}, "count once: a"),
        ({"a": ((3,), (1,), 0), "b": ((3,), (1,), 3)}, {"a": "f32(3,)", "b": "f32(3,)"}, ""),
        ({"a": ((2,), (1,), 1)}, {"a": "f32(2,)"}, "16 bytes lie in storages"),
        ({"a": ((4,), (1,), 0), "b": ((4,), (1,), 2)}, {"a": "f32(6,)"}, "whole storage"),
        ({"a": ((3,), (2,), 0), "b": ((3,), (2,), 1)}, {"a": "f32(6,)"}, "whole storage"),
        ({"a": ((1000,), (0,), 0)}, {"a": "f32(6,)"}, "whole storage"),
        ({"a": ((3, 2), (1, 3), 0)}, {"a": "f32(3, 2)"}, ""),
        ({"a": ((0,), (1,), 0), "b": ((6,), (1,), 0)}, {"a": "f32(0,)", "b": "f32(6,)"}, ""),
    ],
    ids=range(9),
)
def test_memory_counts_once(
    views: dict[str, tuple[tuple[int, ...], tuple[int, ...], int]],
    kept: dict[str, str],
    said: str,
) -> None:
    state = {key: tensor(SIX, *view) for key, view in views.items()}
    graph = read(save(mapping(state), {"0": 24}))
    assert list_stored(graph) == kept
    assert said in " ".join(graph.warnings[1:])
    assert bool(said) == bool(graph.warnings[1:])


def test_an_optimizer_alone_has_no_parameters() -> None:
    state = mapping({"state": mapping({"0": ONE}), "param_groups": b"]"})
    graph = read(save(state, {"0": 24}))
    assert list_stored(graph) == {}
    assert "1 tensors of 24 bytes are of an optimizer: no weights" in graph.warnings


def test_a_key_that_holds_no_tensors_holds_no_weights() -> None:
    state = mapping({"params": mapping({"lr": number(3)}), "w": ONE})
    assert list_stored(read(save(state, {"0": 24}))) == {"w": "f32(2, 3)"}


def test_only_what_is_called_an_optimizer_is_one() -> None:
    state = {key: mapping({"w": ONE}) for key in ("optimal", "optimizer", "optimizerG", "g_optim")}
    graph = read(save(mapping(state), {"0": 24}))
    assert list_stored(graph) == {"optimal.w": "f32(2, 3)"}
    assert "3 tensors of 72 bytes are of an optimizer: no weights" in graph.warnings


def test_lists_and_lone_tensors_have_names() -> None:
    assert list_stored(read(save(ONE, {"0": 24}))) == {"tensor": "f32(2, 3)"}
    assert list_stored(read(save(b"](" + ONE + b"e", {"0": 24}))) == {"0": "f32(2, 3)"}


def test_tensors_without_values_are_absent() -> None:
    made = name("torch._utils", "_rebuild_meta_tensor_no_storage")
    given = b"(" + name("torch", "bfloat16") + b"(" + number(5) + b"t(" + number(1) + b"t\x89t"
    graph = read(save(mapping({"w": made + given + b"R"})))
    assert list_stored(graph) == {"w": "bf16(5,)"}
    assert graph.body.stored["w"].location == "absent"


def test_a_configuration_beside_it_is_pointed_to() -> None:
    data = save(mapping({"w": ONE}), {"0": 24})
    folder = MemoryFolder({"pytorch_model.bin": data, "config.json": b"{}"})
    graph = StateDictReader().read(Source("pytorch_model", data, folder))
    assert graph.completeness == "header"
    assert "config.json lies beside it: give their folder" in graph.warnings[0]
    assert "torch.export.save" in read(data).warnings[0]


def test_a_checkpoint_is_found_by_the_directory_at_its_end() -> None:
    data = save(mapping({"w": tensor(storage("0", 50_000), (50_000,))}), {"0": 200_000})
    assert find_reader(Source("m", data)).family == "statedict"
    assert find_reader(Source("m", data[:100_000])).family == "statedict"


def test_programs_are_left_to_others() -> None:
    script = save(mapping({"w": ONE}), {"0": 24}, **{"code/m.py": b"", "constants.pkl": b""})
    assert find_reader(Source("m", script)).family == "torchscript"
    package = save(b"N", **{"archive_format": b"pt2", "models/model.json": b"{}"})
    assert find_reader(Source("m", package)).family == "pt2"


def wrap(kind: bytes, state: bytes) -> bytes:
    """A tensor that is made around others, as torch saves a subclass without values of its own."""
    made = group(name("torch._utils", "_rebuild_wrapper_subclass"), kind, group(kind), state)
    return name("torch._tensor", "_rebuild_from_type_v2") + made + b"R"


@pytest.mark.parametrize(
    "kind",
    [name("torch.distributed.tensor", "DTensor"), name("torchao.quantization", "Int8Tensor")],
)
def test_what_a_tensor_is_made_around_counts(kind: bytes) -> None:
    inner = tensor(storage("1", 5, "CharStorage"), (5,))
    value = mapping({"w": wrap(kind, mapping({"qdata": inner, "scale": ONE})), "b": ONE})
    graph = read(save(value, {"0": 24, "1": 5}))
    assert list_stored(graph) == {"w.qdata": "i8(5,)", "w.scale": "f32(2, 3)"}
    assert count_bytes(graph) == 29
    assert any("unpickling the file would import" in warning for warning in graph.warnings)


def test_a_tensor_made_around_nothing_is_nothing() -> None:
    kind = name("torch.distributed.tensor", "DTensor")
    assert count_bytes(read(save(mapping({"w": wrap(kind, b"N"), "b": ONE}), {"0": 24}))) == 24
