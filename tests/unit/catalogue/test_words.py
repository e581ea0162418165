"""A misspelt word in a catalogue file is refused by name: every word, in every shipped file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from cyborg_rr.catalogue.checking import Checker
from cyborg_rr.catalogue.coverages import Coverages
from cyborg_rr.catalogue.declared import DeclaredWords
from cyborg_rr.catalogue.loading import load, read_shipped
from cyborg_rr.catalogue.partitions import list_modes
from cyborg_rr.catalogue.products import read_products
from cyborg_rr.catalogue.tables import Table, read_table
from cyborg_rr.catalogue.vocabulary import Vocabulary
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.representation.architectures import normalise_architecture
from cyborg_rr.domain.words import ELEMENT_TYPES, NATIVE_TYPES, PEAK_RATES

TEXTS = dict(read_shipped())
DEVICES = "devices.csv"
TABLES = {name: read_table(text, name) for name, text in TEXTS.items() if name != DEVICES}
PRODUCTS = list(read_products(TEXTS[DEVICES], DEVICES))
VALID = {
    *REGISTRY, *ELEMENT_TYPES, *NATIVE_TYPES, *PEAK_RATES,
    *(name for table in TABLES.values() for names in table.native_operations.values()
      for name in names),
    *(word for table in TABLES.values() for kind in fields(DeclaredWords)
      for word in getattr(table.words, kind.name)),
}  # fmt: skip
"""A slip that gives another word of the same kind cannot be seen."""

FREE = {
    "version", "words", "not_compilers", "native_operations", "name", "names", "id", "release",
    "source", "sources", "min", "max", "title", "stack",
}  # fmt: skip
"""Keys whose values are free text, declarations or versions; the keys themselves are words."""

WORD_COLUMNS = (
    "kind", "memory_basis", "interconnect", "toolchains", "vendor", "memory_type", "arch",
    "partition_modes",
)  # fmt: skip
"""Columns of devices.csv that hold words; the others hold numbers, ids and free text."""


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
    return next((s for s in slips if s != word and s not in VALID), None)


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
            elif key.value == "converted_natives":
                for dialect, changes in value.value:
                    yield from (dialect, *(named for named, _ in changes.value))
            elif key.value not in FREE:
                yield from list_words(value, seen)


def find_refusal(name: str, text: str) -> str | None:
    """What is said of a file with that text in place of the shipped one."""
    tables: list[Table] = [table for other, table in TABLES.items() if other != name]
    try:
        changed = read_table(text, name)
        Checker(Vocabulary([*tables, changed], PRODUCTS), Coverages().names).check_table(changed)
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
        for column in WORD_COLUMNS:
            place = header.index(column)
            for word in list_cell_words(column, row[place]):
                if not word or (column, word) in tried:
                    continue
                tried.add((column, word))
                wrong = misspell(word)
                assert wrong is not None
                changed = [*row]
                changed[place] = row[place].replace(word, wrong, 1)
                message = refuse_rows(checker, [header, changed])
                assert f"column {column}: {wrong!r}" in message
                right = normalise_architecture(word) if column == "arch" else word
                assert right in message or word in message
    assert {column for column, _ in tried} == set(WORD_COLUMNS)
    assert len(tried) > 200


def list_cell_words(column: str, text: str) -> list[str]:
    """The words that a cell is made of."""
    if column == "partition_modes":
        return list(list_modes(text))
    return text.split("|") if column == "toolchains" else [text]


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
        ("partition_modes", "CPX*0", "'CPX*0' is not a partition"),
        ("partition_modes", "vir02(6144,2) of 0", "'vir02(6144,2) of 0' is not a partition"),
        ("partition_modes", "1q.10gb*7", "'1q.10gb*7' is no known partition such as 1g.10gb*7"),
        ("partition_modes", "vri02(6144,2)", "'vri02(6144,2)' is no known partition such as"),
        ("host_devices", "0.5", "'0.5' is no whole number"),
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


def test_only_a_declared_family_is_one_that_exporters_write(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("words:\n  exported_families: {onxn: an exporter}\n")
    with pytest.raises(BadCatalogue, match=r"exported_families: 'onxn' is no known IR family"):
        load((path,))
    path.write_text("words:\n  exported_families: {hlo: an exporter}\n")
    takes = load((path,)).knowledge.toolchains["xla-tpu"].toolchain.takes
    assert {intake.family for intake in takes if intake.exported} == {"stablehlo", "hlo"}


PRODUCT = "id,name,vendor,kind,arch,toolchains\nx-1,One,{vendor},GPU,{arch},{toolchain}\n"
TOOLCHAIN = "toolchains: [{id: t, name: T, names: [t], takes: [{family: onnx}], target: cuda, %s}]"


def refuse_file(directory: Path, name: str, *texts: str) -> str:
    """What is said of a file of that text; with several, of all but the last beside it."""
    *others, text = texts
    for index, other in enumerate(others):
        (directory / f"{index}.yaml").write_text(other)
    (directory / name).write_text(text)
    try:
        load((directory,))
    except BadCatalogue as error:
        return str(error)
    return "taken"


@pytest.mark.parametrize(
    ("arch", "nearest"),
    [("sm90", "sm_90"), ("sm_9O", "sm_90"), ("sm_09", "sm_90"), ("sm_78", "sm_87"),
     ("Sm-90", "sm_90"), ("gfx943", "gfx942"), ("Ascend910B9", "Ascend910B2"),
     ("Gaudi 3", "gaudi3")],
)  # fmt: skip
def test_a_misspelt_architecture_rules_no_device_out(
    tmp_path: Path, arch: str, nearest: str
) -> None:
    row = PRODUCT.format(vendor="Acme", arch=arch, toolchain="")
    message = refuse_file(tmp_path, "a.csv", row)
    assert f"a.csv: product x-1: column arch: {arch!r} is no known architecture; near" in message
    assert nearest in message.split("nearest: ")[1]
    assert "(new ones are declared under words.architectures)" in message
    declared = f"words: {{architectures: {{{arch}: mine}}}}\n"
    assert refuse_file(tmp_path, "a.csv", declared, row) == "taken"


def test_an_architecture_is_one_of_those_that_its_compilers_order(tmp_path: Path) -> None:
    row = PRODUCT.format(vendor="Acme", arch="hopper", toolchain="TensorRT")
    message = refuse_file(tmp_path, "a.csv", row)
    assert "column arch: 'hopper' is no known architecture of cuda; they begin with sm_" in message
    started = "words: {architectures: {hopper: mine}}\narchitecture_prefixes: {hopper: cuda}\n"
    assert refuse_file(tmp_path, "a.csv", started, row) == "taken"


@pytest.mark.parametrize("arch", ["sm_90a", "SM_90", "gfx942:xnack-", "acme1", ""])
def test_an_architecture_that_is_known_or_like_none_needs_no_declaration(
    tmp_path: Path, arch: str
) -> None:
    row = PRODUCT.format(vendor="Acme", arch=arch, toolchain="")
    assert refuse_file(tmp_path, "a.csv", row) == "taken"


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ("min_architecture: sm_78", ".min_architecture: 'sm_78' is no known architecture; nearest"),
        ("max_architecture: gfx09a", ".max_architecture: 'gfx09a' is no known architecture"),
        ("architectures: [hopper]", ".architectures: 'hopper' is no known architecture (new ones"),
        ("element_types: {f16: sm_09}", ".element_types.f16: 'sm_09' is no known architecture"),
        (
            "architectures: [gaudi2]",
            "'gaudi2' is no known architecture of cuda; they begin with sm",
        ),
        (
            "element_types: {f16: gfx942}",
            "element_types.f16: 'gfx942' is no known architecture of cuda",
        ),
        ("overlays: [dpucahx8h]", ".overlays: 'dpucahx8h' is no known overlay; nearest: DPUCAHX8H"),
        (
            "min_architecture: sm_90, max_architecture: sm_80",
            "toolchain t: min_architecture sm_90 is above max_architecture sm_80",
        ),
        ("operations: {cover: list, listed: [unknown]}", "'unknown' is no known operation"),
        ("order: -1", "toolchain t.order must not be negative"),
        ("order: 1, order: 2", "a.yaml: line 1: the key 'order' stands twice"),
        ("overlays: [my-overlay]", "taken"),
    ],
)
def test_the_facts_of_a_toolchain_are_checked(tmp_path: Path, facts: str, cause: str) -> None:
    assert cause in refuse_file(tmp_path, "a.yaml", TOOLCHAIN % facts)


@pytest.mark.parametrize(
    ("vendor", "cause"),
    [
        ("nvidia", "column vendor: 'nvidia' is no known vendor; nearest: NVIDIA (new ones are"),
        ("NVIDA", "column vendor: 'NVIDA' is no known vendor; nearest: NVIDIA"),
        ("Contoso", "taken"),
    ],
)
def test_a_vendor_is_new_unless_it_is_like_a_known_one(
    tmp_path: Path, vendor: str, cause: str
) -> None:
    row = PRODUCT.format(vendor=vendor, arch="", toolchain="")
    assert cause in refuse_file(tmp_path, "a.csv", row)


def test_the_operations_of_onnx_are_all_known_by_name() -> None:
    defs = pytest.importorskip("onnx.defs")
    known = {
        name for table in TABLES.values() for name in table.native_operations.get("ai.onnx", ())
    }
    named = {s.name for s in defs.get_all_schemas_with_history() if s.domain == ""}
    of_onnx_runtime = {"SimplifiedLayerNormalization"}
    assert {name for name in known if name not in named} == of_onnx_runtime
