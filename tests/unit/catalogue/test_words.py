"""A misspelt word in a catalogue file is refused by name: every word, in every shipped file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cyborg_rr.catalogue.checking import Checker
from cyborg_rr.catalogue.loading import load, read_shipped
from cyborg_rr.catalogue.products import read_products
from cyborg_rr.catalogue.tables import Table, read_table
from cyborg_rr.catalogue.vocabulary import Vocabulary
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.representation.architectures import is_ordered
from cyborg_rr.domain.words import ELEMENT_TYPES, NATIVE_TYPES, PEAK_RATES

TEXTS = dict(read_shipped())
DEVICES = "devices.csv"
TABLES = {name: read_table(text, name) for name, text in TEXTS.items() if name != DEVICES}
PRODUCTS = list(read_products(TEXTS[DEVICES], DEVICES))
VALID = {
    *REGISTRY, *ELEMENT_TYPES, *NATIVE_TYPES, *PEAK_RATES,
    *(name for table in TABLES.values() for names in table.native_operations.values()
      for name in names),
    *(family for table in TABLES.values() for family in table.words.ir_families),
}  # fmt: skip
"""A slip that gives another word of the same kind cannot be seen."""

FREE = {
    "version", "words", "not_compilers", "native_operations", "name", "names", "id", "release",
    "source", "sources", "overlays", "min", "max",
}  # fmt: skip
"""Keys whose values are free text, declarations or versions; the keys themselves are words."""


def misspell(word: str) -> str | None:
    """The word with two letters swapped or one dropped, always the same for the same word.

    None when each such slip gives another word that is known.
    """
    place = len(word) // 2
    swapped = (
        word[: place - 1] + word[place : place + 1] + word[place - 1 : place] + word[place + 1 :]
    )
    dropped = word[:place] + word[place + 1 :]
    slips = (swapped, dropped) if len(word) % 2 == 0 else (dropped, swapped)
    return next((s for s in slips if s != word and s not in VALID and not is_ordered(s)), None)


def list_words(node: yaml.Node, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    """The places of the words below a node."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if node.tag.endswith(":str") and any(letter.isalpha() for letter in node.value):
            yield node
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from list_words(entry, seen)
    else:
        assert isinstance(node, yaml.MappingNode)
        for key, value in node.value:
            yield from list_words(key, seen)
            if key.value == "sources":
                yield from (named for named, _ in getattr(value, "value", ()))
            elif key.value not in FREE:
                yield from list_words(value, seen)


def find_refusal(name: str, text: str) -> str | None:
    """What is said of a file with that text in place of the shipped one."""
    tables: list[Table] = [table for other, table in TABLES.items() if other != name]
    try:
        changed = read_table(text, name)
        Checker(Vocabulary([*tables, changed], PRODUCTS)).check_table(changed)
    except BadCatalogue as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_misspelt_word_is_refused_with_the_right_one(name: str) -> None:
    text = TEXTS[name]
    tried = 0
    skipped: list[str] = []
    for node in list_words(yaml.compose(text, Loader=yaml.CSafeLoader), set()):
        wrong = misspell(node.value)
        if wrong is None:
            skipped.append(node.value)
            continue
        start, end = node.start_mark.index, node.end_mark.index
        written = text[start:end].replace(node.value, wrong)
        message = find_refusal(name, text[:start] + written + text[end:])
        assert message is not None, f"{wrong} for {node.value} is taken"
        assert message.startswith(f"{name}: ")
        assert wrong in message
        assert node.value in message, message
        assert "\n" not in message
        tried += 1
    assert tried > 10 or name == "words.yaml"
    assert len(skipped) <= tried // 20, skipped


def test_every_misspelt_column_and_cell_is_refused_with_the_right_one() -> None:
    checker = Checker(Vocabulary(list(TABLES.values()), []))
    rows = list(csv.reader(io.StringIO(TEXTS[DEVICES])))
    header, cells = rows[0], rows[1:]
    tried: set[tuple[str, str]] = set()
    for column in header:
        wrong = misspell(column)
        assert wrong is not None
        message = refuse_rows(checker, [[wrong if c == column else c for c in header]])
        assert f"unknown column {wrong!r}" in message
        assert column in message
    for row in cells:
        for column in ("kind", "memory_basis", "interconnect", "toolchains"):
            place = header.index(column)
            for word in row[place].split("|"):
                if not word or (column, word) in tried:
                    continue
                tried.add((column, word))
                wrong = misspell(word)
                assert wrong is not None
                changed = [*row]
                changed[place] = "|".join(
                    wrong if part == word else part for part in row[place].split("|")
                )
                message = refuse_rows(checker, [header, changed])
                assert f"column {column}: {wrong!r}" in message
                assert word in message
    assert len(tried) > 80


def refuse_rows(checker: Checker, rows: list[list[str]]) -> str:
    """What is said of a product file of these rows."""
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    try:
        for product in read_products(stream.getvalue(), DEVICES):
            checker.check_product(product, f"{DEVICES}: product {product.id}")
    except BadCatalogue as error:
        return str(error)
    return "taken"


@pytest.mark.parametrize(
    ("column", "text", "cause"),
    [
        ("pcie", "7.0x16", "'7.0' is no known PCIe generation; nearest: "),
        ("pcie", "x16 4.0", "'x16 4.0' is not a generation and lanes such as 4.0x16"),
        ("memory_gib", "16 GB", "'16 GB' is not a number"),
        ("memory_bw_gbs", "1.5TB/s", "'1.5TB/s' is not a number"),
        ("fp16_tflops", "300T", "'300T' is not a number"),
        ("partition_modes", "1g.10g*7", "'1g.10g*7' is not a partition such as 1g.10gb*7"),
        ("partition_modes", "vir02(6144MB,2)", "'vir02(6144MB,2)' is not a partition"),
        ("partition_modes", "CPX*", "'CPX*' is not a partition"),
        ("pci_ids", "10de:1eb8 (32GiB)", "nor a memory size such as 32GB"),
    ],
)
def test_a_value_in_another_unit_or_form_is_refused(
    tmp_path: Path, column: str, text: str, cause: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'id,name,vendor,kind,{column}\nacme-1,One,Acme,GPU,"{text}"\n')
    with pytest.raises(BadCatalogue) as caught:
        load((path,))
    assert cause in str(caught.value)


def test_a_misspelt_operation_of_an_operator_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "toolchains: [{id: t, name: T, takes: [{family: onnx}], target: cuda,"
        " operations: {cover: all, excluded: [roi_aling]}}]\n"
    )
    with pytest.raises(BadCatalogue) as caught:
        load((path,))
    assert str(caught.value) == (
        f"{path}: toolchain t.operations.excluded: 'roi_aling' is no known operation;"
        " nearest: roi_align"
    )


@pytest.mark.parametrize("family", ["rocm2", "cudaa", "acme-ir"])
def test_a_new_word_is_taken_once_it_is_declared(tmp_path: Path, family: str) -> None:
    toolchain = (
        f"toolchains: [{{id: t, name: T, names: [t], takes: [{{family: {family}}}],"
        f" target: {family}}}]\n"
    )
    path = tmp_path / "mine.yaml"
    path.write_text(toolchain)
    with pytest.raises(BadCatalogue, match=r"\(new ones are declared under words\.ir_families\)"):
        load((path,))
    path.write_text(
        f"words:\n  ir_families: {{{family}: mine}}\n  target_families: {{{family}: mine}}\n"
        + toolchain
    )
    assert "t" in load((path,)).knowledge.toolchains


def test_the_operations_of_onnx_are_all_known_by_name() -> None:
    defs = pytest.importorskip("onnx.defs")
    known = {
        name for table in TABLES.values() for name in table.native_operations.get("ai.onnx", ())
    }
    named = {s.name for s in defs.get_all_schemas_with_history() if s.domain == ""}
    assert {name for name in known if name not in named} == set()
