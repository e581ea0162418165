"""Closed vocabularies stand once, in ``domain/words.py``: nothing else lists their words."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from cyborg_rr.domain.words import DEVICE_KINDS, ELEMENT_TYPES, OUTCOMES
from tests.architecture.tree import PACKAGE, list_sources, name_of, parse

WORDS = PACKAGE / "domain" / "words.py"
LISTED = 3
"""So many words of one vocabulary in one literal are a list of it."""

WIRE_TABLES = {
    "cyborg_rr/readers/onnx/tensors.py",
    "cyborg_rr/readers/onnx/translation/rules.py",
    "cyborg_rr/readers/formats/mlir/constants.py",
}
"""What a format's numbers and codes stand for: facts on the format."""


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


def find_lists(path: Path, vocabulary: Collection[str]) -> list[str]:
    """Where a file lists words of a vocabulary."""
    return [
        f"{name_of(path)}:{line}"
        for line, texts in list_literals(parse(path))
        if len(set(texts) & set(vocabulary)) >= LISTED
    ]


@pytest.mark.parametrize(
    "vocabulary",
    [ELEMENT_TYPES, DEVICE_KINDS, OUTCOMES],
    ids=["element types", "kinds of device", "outcomes"],
)
def test_no_module_lists_the_words_of_a_vocabulary_again(vocabulary: Collection[str]) -> None:
    found = [
        place
        for path in list_sources()
        if path != WORDS and name_of(path) not in WIRE_TABLES
        for place in find_lists(path, vocabulary)
    ]
    assert found == []


def test_a_list_is_seen() -> None:
    tree = ast.parse('FLOATS = ("f32", "f16", "bf16", "f64")\nNAMES = {"a": "f32"}\n')
    assert [line for line, texts in list_literals(tree) if len(texts) >= LISTED] == [1]
