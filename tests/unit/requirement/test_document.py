"""The requirement document: what comes out goes in again, and nothing else does."""

import copy
import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.domain.documents import MAX_TEXT_LENGTH
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import Completeness, Dialect, IRIdentity, StoredLocation, Target
from cyborg_rr.domain.requirement.requirement import (
    ComputeRequirement,
    IRRequirement,
    MemoryRequirement,
    ReaderIdentity,
    TensorRequirement,
    WorkItem,
)
from cyborg_rr.domain.words import WorkKind

names = st.text(max_size=20)
counts = st.integers(0, 2**64)
open_counts = st.none() | counts
count_maps = st.dictionaries(names, counts, max_size=3)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | names,
    lambda inner: (
        st.lists(inner, max_size=2).map(tuple) | st.dictionaries(names, inner, max_size=2)
    ),
    max_leaves=4,
)
tensors = st.builds(
    TensorRequirement,
    names,
    st.none() | names,
    st.none() | st.lists(st.integers(0, 2**40) | names, max_size=4).map(tuple),
)
work_items = st.builds(
    WorkItem,
    st.sampled_from(get_args(WorkKind)),
    names,
    st.integers(1, 10**6),
    counts,
    counts,
    counts,
    counts,
    counts,
    counts,
)
requirements = st.builds(
    IRRequirement,
    name=names,
    sha256=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    size_bytes=counts,
    ir=st.builds(
        IRIdentity,
        names,
        st.none() | names,
        names,
        st.none() | names,
        st.none() | names,
        st.lists(st.builds(Dialect, names, st.none() | names), max_size=2).map(tuple),
    ),
    reader=st.builds(ReaderIdentity, names, st.sampled_from(get_args(Completeness))),
    inputs=st.lists(tensors, max_size=2).map(tuple),
    outputs=st.lists(tensors, max_size=2).map(tuple),
    operations=count_maps,
    canonical_operations=count_maps,
    unknown_operations=count_maps,
    element_types=st.lists(names, max_size=2).map(tuple),
    dynamic=st.booleans(),
    symbols=st.lists(names, max_size=2).map(tuple),
    bindings=st.dictionaries(names, plain, max_size=2),
    memory=st.builds(
        MemoryRequirement,
        counts,
        counts,
        open_counts,
        open_counts,
        open_counts,
        count_maps,
        count_maps,
        st.sampled_from(get_args(StoredLocation)),
    ),
    compute=st.builds(
        ComputeRequirement, open_counts, open_counts, open_counts, open_counts, count_maps
    ),
    work=st.lists(work_items, max_size=2).map(tuple),
    replicas=st.integers(1, 9),
    partitions=st.integers(1, 9),
    collectives=count_maps,
    control_flow=count_maps,
    targets=st.lists(st.builds(Target, names, names), max_size=2).map(tuple),
    warnings=st.lists(names, max_size=2).map(tuple),
)


@given(requirements)
def test_a_requirement_survives_its_document(requirement: IRRequirement) -> None:
    assert codec.parse(IRRequirement, codec.render(requirement), "requirement") == requirement


@given(requirements)
def test_a_requirement_survives_json_text(requirement: IRRequirement) -> None:
    assert (
        codec.parse(IRRequirement, json.loads(json.dumps(codec.render(requirement))), "requirement")
        == requirement
    )


def sample() -> dict[str, Any]:
    requirement = IRRequirement(
        name="m",
        sha256=None,
        size_bytes=1,
        ir=IRIdentity("onnx", "10", dialects=(Dialect("", "17"),)),
        reader=ReaderIdentity("onnx", "full"),
        inputs=(TensorRequirement("x", "f32", (1, "n")),),
        outputs=(),
        operations={"Relu": 1},
        canonical_operations={"relu": 1},
        unknown_operations={},
        element_types=("f32",),
        dynamic=False,
        symbols=(),
        bindings={},
        memory=MemoryRequirement(4, 0, 4, 4, 4),
        compute=ComputeRequirement(1, 2, 3, 0, {"f32": 2}),
        work=(WorkItem("elementwise", "f32", 1, 0, 1, 0, 4, 4),),
        targets=(Target("arch", "sm_90a"),),
    )
    document: dict[str, Any] = json.loads(json.dumps(codec.render(requirement)))
    return document


def test_the_sample_is_accepted() -> None:
    assert codec.parse(IRRequirement, sample(), "requirement").inputs[0].shape == (1, "n")


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        found += _paths(child, (*path, key))
    return found


@pytest.mark.parametrize("path", _paths(sample()), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize(
    "wrong",
    [object(), -1, float("nan"), "x" * (MAX_TEXT_LENGTH + 1)],
    ids=["object", "negative", "nan", "long"],
)
def test_any_wrong_value_is_refused_with_its_path(path: tuple[Any, ...], wrong: object) -> None:
    document = sample()
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = wrong
    with pytest.raises(InvalidInput) as refusal:
        codec.parse(IRRequirement, document, "requirement")
    assert str(refusal.value).startswith("requirement.")
    assert str(path[0]) in str(refusal.value)


@pytest.mark.parametrize("key", sample())
def test_every_key_is_needed(key: str) -> None:
    document = sample()
    del document[key]
    with pytest.raises(InvalidInput, match=f"requirement.{key} is missing"):
        codec.parse(IRRequirement, document, "requirement")


@pytest.mark.parametrize("document", [None, [], "text", 3, True])
def test_what_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match="must be an object"):
        codec.parse(IRRequirement, document, "requirement")


@pytest.mark.parametrize("version", ["2.0", "0.9", "1", "one.two", "1.x", "", "1.9999999", "²."])
def test_another_major_version_is_refused(version: str) -> None:
    with pytest.raises(InvalidInput, match="schema_version"):
        codec.parse(IRRequirement, {**sample(), "schema_version": version}, "requirement")


def test_an_unknown_key_is_refused_now_and_ignored_from_a_later_minor_version() -> None:
    document = {**sample(), "novelty": 1}
    with pytest.raises(InvalidInput, match="unknown key 'novelty'"):
        codec.parse(IRRequirement, document, "requirement")
    later = {**document, "schema_version": "1.7"}
    assert codec.parse(IRRequirement, later, "requirement").name == "m"


def test_a_truth_value_is_no_number() -> None:
    document = sample()
    document["memory"]["parameter_bytes"] = True
    with pytest.raises(InvalidInput, match=r"requirement.memory.parameter_bytes"):
        codec.parse(IRRequirement, document, "requirement")


def test_lists_have_a_limit() -> None:
    document = sample()
    document["warnings"] = ["w"] * 70000
    with pytest.raises(InvalidInput, match=r"requirement.warnings has more than 65536 entries"):
        codec.parse(IRRequirement, document, "requirement")


def test_deep_bindings_are_refused() -> None:
    document = sample()
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    document["bindings"] = {"x": deep}
    with pytest.raises(InvalidInput, match="nested too deeply"):
        codec.parse(IRRequirement, copy.copy(document), "requirement")


def test_a_document_from_before_donated_memory_is_accepted() -> None:
    document = sample()
    del document["memory"]["aliased_bytes"]
    assert codec.parse(IRRequirement, document, "requirement").memory.aliased_bytes == 0


def test_a_cache_stands_in_the_document_only_where_there_is_one() -> None:
    cache = (CachedLayers("sliding", 2, "bf16", 64, 4096), CachedLayers("recurrent", 1, "f32"))
    without = replace(codec.parse(IRRequirement, sample(), "requirement"), cache=())
    assert "cache" not in codec.render(without)
    stated = replace(without, cache=cache)
    document = codec.render(stated)
    assert document["cache"][0]["window"] == 4096
    assert codec.parse(IRRequirement, document, "requirement") == stated
