"""Closed vocabularies stand once, in ``domain/words.py``: nothing else lists their words."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from cyborg_rr.domain.words import (
    DEVICE_KINDS,
    ELEMENT_TYPES,
    OUTCOMES,
    PEAK_RATES,
    RUNTIMES,
    WORK_KINDS,
)
from tests.architecture.tree import PACKAGE, list_sources, name_of, parse

WORDS = PACKAGE / "domain" / "words.py"
LISTED = 3
"""So many words of one vocabulary, or all where it has fewer, in one literal are a list of it."""

WIRE_TABLES = {
    "cyborg_rr/cli/measuring/program/onnx_runtime.py",
    "cyborg_rr/cli/measuring/program/timing.py",
    "cyborg_rr/cli/spelling.py",
    "cyborg_rr/readers/formats/nnvm/element_types.py",
    "cyborg_rr/readers/dlvm/types.py",
    "cyborg_rr/readers/gguf/tensors.py",
    "cyborg_rr/readers/dialects/aten/element_types.py",
    "cyborg_rr/readers/dialects/mlir/values.py",
    "cyborg_rr/readers/dialects/onnx/tensors.py",
    "cyborg_rr/readers/dialects/onnx/translation/rules.py",
    "cyborg_rr/readers/formats/mlir/bytecode/builtin.py",
    "cyborg_rr/readers/formats/mlir/bytecode/vhlo.py",
    "cyborg_rr/readers/formats/mlir/constants.py",
    "cyborg_rr/readers/formats/safetensors.py",
    "cyborg_rr/readers/huggingface/settings.py",
    "cyborg_rr/readers/mxnet/archives.py",
    "cyborg_rr/readers/mxnet/element_types.py",
    "cyborg_rr/readers/tensorflow/schema.py",
    "cyborg_rr/readers/tensorflow/values.py",
    "cyborg_rr/readers/formats/checkpoint/values.py",
    "cyborg_rr/readers/ngraph/types.py",
    "cyborg_rr/readers/openvino/compressed.py",
    "cyborg_rr/readers/openvino/storage.py",
    "cyborg_rr/readers/openvino/translation/weighing.py",
    "cyborg_rr/readers/openvino/values.py",
    "cyborg_rr/readers/tflite/schema.py",
    "cyborg_rr/readers/tflite/tensors.py",
    "cyborg_rr/readers/torchexport/values.py",
    "cyborg_rr/readers/torchscript/element_types.py",
    "cyborg_rr/readers/tvm/written/arrays.py",
    "cyborg_rr/readers/tvm/written/types.py",
}
"""What a format's numbers and codes, or the words of other software, stand for."""

FIGURES = {"cyborg_rr/domain/matching/running/generic.py"}
"""Mappings that have a figure for each word; a test below holds them against the vocabulary."""

VOCABULARIES: Mapping[str, Collection[str]] = {
    "element types": ELEMENT_TYPES,
    "peak rates": [rate.column for rate in PEAK_RATES.values() if rate.column] + list(PEAK_RATES),
    "kinds of device": DEVICE_KINDS,
    "kinds of work": WORK_KINDS,
    "outcomes": OUTCOMES,
    "runtimes": RUNTIMES,
}


def list_literals(tree: ast.Module) -> Iterator[tuple[int, list[str]]]:
    """The texts in each tuple, list, set or mapping that is written out, with its line."""
    for node in ast.walk(tree):
        entries: list[ast.expr] = []
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            entries = node.elts
        elif isinstance(node, ast.Dict):
            entries = [*(key for key in node.keys if key is not None), *node.values]
        texts = [
            entry.value
            for entry in entries
            if isinstance(entry, ast.Constant) and isinstance(entry.value, str)
        ]
        if isinstance(node, ast.expr):
            yield node.lineno, texts


@cache
def _list_texts(path: Path) -> list[tuple[int, list[str]]]:
    """The literals of a file that have texts in them, for all vocabularies."""
    return [(line, texts) for line, texts in list_literals(parse(path)) if texts]


def find_lists(path: Path, vocabulary: Collection[str]) -> list[str]:
    """Where a file lists words of a vocabulary."""
    return [
        f"{name_of(path)}:{line}"
        for line, texts in _list_texts(path)
        if len(set(texts) & set(vocabulary)) >= min(LISTED, len(vocabulary))
    ]


@pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES)
def test_no_module_lists_the_words_of_a_vocabulary_again(vocabulary: Collection[str]) -> None:
    found = [
        place
        for path in list_sources()
        if path != WORDS and name_of(path) not in WIRE_TABLES | FIGURES
        for place in find_lists(path, vocabulary)
    ]
    assert found == []


def test_a_list_is_seen() -> None:
    tree = ast.parse('FLOATS = ("f32", "f16", "bf16", "f64")\nNAMES = {"a": "f32"}\n')
    assert [line for line, texts in list_literals(tree) if len(texts) >= LISTED] == [1]
