"""The reference package's own test models, some 2 000, against the types that they state.

Each is one operation (or a few) with inputs and the right outputs. Small inputs are put into the
model as stored tensors, so that shapes that depend on them can follow.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy
import pytest
from onnx import ModelProto, numpy_helper
from onnx.backend.test.case.model import collect_testcases as collect_models
from onnx.backend.test.case.node import collect_testcases as collect_nodes

from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source

SMALL = 64


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, bytes]]:
    """Name and file of each case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package reckons with NaN and overflow on purpose
        return list(collect())


def collect() -> Iterator[tuple[str, bytes]]:
    """The cases of the package with their small inputs stored."""
    for case in (*collect_nodes(None), *collect_models()):
        if case.model is None:
            continue
        model = ModelProto()
        model.CopyFrom(case.model)
        first = next(iter(case.data_sets or ()), ((), ()))[0]
        for declared, value in zip(model.graph.input, first, strict=False):
            if (
                isinstance(value, numpy.ndarray)
                and value.size <= SMALL
                and value.dtype.kind in "iufb"
            ):
                model.graph.initializer.append(numpy_helper.from_array(value, declared.name))
        yield case.name, model.SerializeToString()


def differs(stated: TensorType, found: TensorType) -> bool:
    """Whether two types contradict each other; an open rank or size contradicts nothing."""
    if found.element_type is not None and stated.element_type != found.element_type:
        return True
    if stated.shape is None or found.shape is None:
        return False
    if len(stated.shape) != len(found.shape):
        return True
    return any(
        said > size.most if isinstance(size, Bounded) else said != size
        for said, size in zip(stated.shape, found.shape, strict=True)
        if isinstance(said, int) and (isinstance(size, (int, Bounded)))
    )


def without_types(block: Block) -> Block:
    """The block with what the file states of its results taken away, but for sequences."""
    return replace(block, types={})


def test_every_case_is_recognised_and_read(cases: list[tuple[str, bytes]]) -> None:
    assert len(cases) > 1500
    for name, content in cases:
        assert OnnxReader().recognises(Source("model", content)), name
        assert OnnxReader().read(Source(name, content)).body.outputs, name


def test_no_shape_or_element_type_contradicts_the_reference(
    cases: list[tuple[str, bytes]],
) -> None:
    wrong: list[str] = []
    outcome: Counter[str] = Counter()
    for name, content in cases:
        graph = OnnxReader().read(Source(name, content))
        typed = infer(replace(graph, body=without_types(graph.body)))
        for output in graph.body.outputs:
            stated = graph.body.types.get(output)
            found = typed.body.bounded.get(output) or typed.types[output]
            if stated is None:
                continue
            if differs(stated, found):
                wrong.append(f"{name} {output}: stated {stated}, found {found}")
            outcome["static" if found.is_static else "open"] += 1
    assert wrong == []
    assert outcome["static"] > 4 * outcome["open"]
