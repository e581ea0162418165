"""What sequences keep is in the memory that a match asks for, once, at the sizes that are bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr import codec
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.matching.conversion import convert
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.memory import find_memory_need, split_need_bytes
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.generic import GENERIC
from cyborg_rr.domain.matching.verdict import MemoryNeed, Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.kept import find_kept
from cyborg_rr.domain.requirement.requirement import IRRequirement, TensorRequirement
from tests.data.gguf import make
from tests.matching.requirements import GIB, make_requirement
from tests.readers.gguf.test_reader import read
from tests.readers.huggingface.truth import list_rows, read_config

COMPILED = GENERIC["compiled"]
LENGTHS = (4096, 32768)
ONE_OF_EACH_KIND = (
    "SmolLM2-135M",  # all tokens
    "Mistral-7B-v0.1",  # a window
    "gemma-3-1b-it",  # both
    "DeepSeek-V2-Lite",  # latent
    "mamba-130m-hf",  # a state alone
    "Nemotron-3-Nano-30B-A3B",  # states and all tokens
)


@pytest.fixture(scope="session")
def device(catalogue: Catalogue) -> ResourceRepresentation:
    """A device with 24 GiB."""
    return catalogue.represent_product("nvidia-l4")


def require(graph: Graph, **sizes: int) -> IRRequirement:
    """The requirement at so many sequences and tokens."""
    shapes = {
        name: TensorType(
            tensor.element_type, tuple(sizes.get(str(size), size) for size in tensor.shape or ())
        )
        for name, tensor in graph.body.inputs.items()
    }
    typed = infer(graph, Bindings(batch=None, inputs=shapes))
    return extract(typed, name="m", sha256=None, size_bytes=0, reader_name="r", bindings={})


def ids(*sizes: int | str, name: str = "ids") -> TensorRequirement:
    """An input of tokens."""
    return TensorRequirement(name, "i64", sizes)


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_what_is_needed_grows_by_the_cache_of_each_sequence(
    name: str, device: ResourceRepresentation
) -> None:
    requirement = require(read_config(name), batch=1, sequence=16)
    for tokens in LENGTHS:
        for batch in (1, 8):
            bound = replace(requirement, inputs=(ids(batch, tokens),))
            need = find_memory_need(bound, device, COMPILED)
            without = find_memory_need(replace(bound, cache=()), device, COMPILED)
            stated = batch * int(list_rows()[name][f"cache_bytes_at_{tokens}"])
            assert need.cache == stated
            for end in ("known", "total", "low", "high"):
                assert getattr(need, end) - getattr(without, end) == stated


@pytest.mark.parametrize(
    ("name", "source", "positions"), [("t5-small", "ids", 128), ("whisper-tiny", "mel", 1500)]
)
def test_a_decoder_keeps_its_encoder_too(name: str, source: str, positions: int) -> None:
    requirement = require(read_config(name), batch=2, sequence=128, decoder_sequence=32)
    row = list_rows()[name]
    kept = find_kept(requirement.cache, requirement.inputs)
    assert requirement.inputs[0].name == source
    assert kept is not None
    each = int(row["cross_cache_bytes"]) // positions
    assert kept.size_bytes == 2 * (32 * int(row["cache_bytes_per_token"]) + positions * each)
    assert kept.render() == "2 sequences of 32 tokens"


def test_layers_whose_encoder_is_not_known_are_named() -> None:
    cache = (CachedLayers("full", 3, "bf16", 10), CachedLayers("cross", 2, "bf16", 10))
    kept = find_kept(cache, (TensorRequirement("pixels", "f32", (1, 3, 8, 8)), ids(1, 1)))
    assert kept is not None
    assert kept.size_bytes == 10
    assert kept.render() == "1 sequence of 1 token, without what 2 layers keep of an encoder"


def test_a_model_of_gguf_keeps_what_a_folder_does() -> None:
    kept = [
        find_kept(graph.cache, (ids(4, 64),))
        for graph in (read(make.llama().file()), read_config("Llama-2-7b-hf"))
    ]
    sizes = [0 if one is None else one.size_bytes for one in kept]
    assert sizes[0] == 4 * 64 * sum(c.bytes_per_token for c in read(make.llama().file()).cache)
    assert sizes[1] == 4 * 64 * 524288


def test_a_step_that_takes_and_yields_its_cache_has_it_once(device: ResourceRepresentation) -> None:
    past, present = (
        TensorRequirement(name, "f16", (1, 8, size, 64)) for name, size in (("past", 7), ("now", 8))
    )
    step = make_requirement(inputs=(ids(1, 1), past), outputs=(present,))
    need = find_memory_need(step, device, COMPILED)
    assert need.cache == 0
    assert "cache" not in codec.render(need)


def test_sizes_that_are_open_tell_of_no_cache() -> None:
    cache = (CachedLayers("full", 1, "bf16", 10),)
    assert find_kept(cache, (ids("batch", 128),)) is None
    assert find_kept(cache, ()) is None
    assert find_kept((), (ids(1, 128),)) is None


@pytest.mark.parametrize(
    ("target", "size", "state"),
    [("f16", 10, 7), ("f64", 40, 28), ("i4", 20, 7), ("i8", 20, 7), ("f8E4M3FN", 20, 7)],
)
def test_a_cache_is_converted_with_what_is_computed_in(target: str, size: int, state: int) -> None:
    cache = (CachedLayers("full", 1, "f32", 20), CachedLayers("recurrent", 1, "f32", 0, None, 14))
    given = make_requirement(element_type="f32", cache=cache)
    keys, states = convert(given, target).cache
    assert keys.bytes_per_token == size
    assert states.state_bytes == max(14, state)


def test_a_cache_that_is_quantised_stays_as_it_is() -> None:
    cache = (CachedLayers("full", 1, "f8E4M3FN", 10),)
    assert convert(make_requirement(cache=cache), "f32").cache == cache


def test_the_cache_is_divided_with_the_layers(device: ResourceRepresentation) -> None:
    cache = (CachedLayers("full", 32, "f16", 1 << 19),)
    given = make_requirement(inputs=(ids(8, 4096),), cache=cache, weights=GIB)
    need = find_memory_need(given, device, COMPILED)
    without = replace(need, cache=0)
    assert need.cache == 16 * GIB
    grown = split_need_bytes(need, 4) - split_need_bytes(without, 4)
    assert grown == pytest.approx(4.2 * GIB, rel=1e-6)


def test_a_cache_that_has_no_room_does_not_fit(device: ResourceRepresentation) -> None:
    cache = (CachedLayers("full", 32, "f16", 1 << 19),)
    given = make_requirement(inputs=(ids(8, 4096),), cache=cache, weights=8 * GIB)
    options = MatchOptions(devices_limit=1)
    assert match(replace(given, cache=()), [device], options)[0].verdict == "fits"
    (verdict,) = match(given, [device], options)
    assert verdict.verdict == "does not fit"
    assert "a cache of 16.00 GiB: 8 sequences of 4096 tokens" in verdict.assumptions


def test_an_older_document_has_the_cache_in_its_sum_alone(device: ResourceRepresentation) -> None:
    given = make_requirement(
        inputs=(ids(8, 4096),), cache=(CachedLayers("full", 1, "f16", 1 << 10),)
    )
    (verdict,) = match(given, [device], MatchOptions())
    older = codec.restrict(Verdict, codec.render(verdict), 0)["memory_bytes"]
    assert "cache" not in older
    assert older["total"] == verdict.memory_bytes.known
    assert isinstance(verdict.memory_bytes, MemoryNeed)
