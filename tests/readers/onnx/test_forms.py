"""The same model gives the same figures in each form that it is kept in."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.readers.samples import DATA

MAX_SECONDS = 5.0
"""Of the processor; what takes more than its share takes for ever here."""

FORMS = {
    "ort": ("cnn_runtime.ort", "light_runtime.ort", "loops_runtime.ort", "quantized_runtime.ort"),
    "text": ("cnn_text.onnxtxt", "functions_text.onnxtxt", "branches_text.onnxtxt",
             "open_shapes_text.onnxtxt"),
    "protobuf text": ("functions_message.textproto", "light_message.textproto",
                      "constants_message.textproto", "element_types_message.textproto"),
}  # fmt: skip
FILES = [(encoding, file) for encoding, files in FORMS.items() for file in files]
MOVED = frozenset({"light_runtime.ort", "loops_runtime.ort"})
"""The runtime makes initializers of constants, which count as parameters then."""

TEXT = '<ir_version: 8, opset_import: ["" : 18]> g (float[N, 4] x) => (float[N, 4] y) '


def analyse_file(file: str) -> IRRequirement:
    """The document of a sample."""
    data = (DATA / "onnx" / file).read_bytes()
    return analyse(Source("model", data), AnalysisOptions())


def read(text: str) -> list[str]:
    """Operations of a model in text, with the inputs of each."""
    graph = OnnxReader().read(Source("m", text.encode()))
    return [f"{node.operation} {' '.join(node.inputs)}" for node in graph.body.nodes]


@pytest.mark.parametrize(("encoding", "file"), FILES)
def test_a_form_has_the_figures_of_the_model_in_protobuf(encoding: str, file: str) -> None:
    first = analyse_file(f"{file.rpartition('_')[0]}.onnx")
    found = analyse_file(file)
    assert found.ir.encoding == encoding
    same = replace(found, ir=first.ir, sha256=first.sha256, size_bytes=first.size_bytes)
    if file in MOVED:
        stored = [d.memory.parameter_bytes + d.memory.constant_bytes for d in (first, found)]
        assert stored[0] == stored[1]
        same = replace(same, memory=first.memory, work=first.work)
    if encoding == "ort" or file == "functions_text.onnxtxt":
        # the runtime writes out the defaults of attributes, text leaves those of functions out
        assert count_uses(same) == count_uses(first)
        same = replace(same, uses=first.uses)
    assert same == first


def count_uses(found: IRRequirement) -> Counter[tuple[str, int]]:
    """How many nodes call each operation with so many inputs."""
    counted: Counter[tuple[str, int]] = Counter()
    for use in found.uses:
        counted[use.name, len(use.inputs or ())] += use.count
    return counted


@pytest.mark.parametrize(
    ("rest", "nodes"),
    [
        ("{ y = Relu (x) }", ["relu x"]),
        ("{ [label] y = Relu (x) }", ["relu x"]),
        ("# a comment\n{ y = Relu (x) # another\n }", ["relu x"]),
        ("{ y = com.microsoft.Gelu (x) }", ["gelu x"]),
        ("<float[4] b = {1, -2.5, 3e-1, inf}> { y = Add (x, b) }", ["add x b"]),
        ('<float[4] b = ["location": "w.bin", "offset": 0, "length": 16]> { y = Add (x, b) }',
         ["add x b"]),
        ("{ y = LeakyRelu <alpha = 0.5> (x) }", ["leaky_relu x"]),
        ("{ y = LeakyRelu (x) <alpha: float = 1> }", ["leaky_relu x"]),
        ('{ "a/b" = Relu (x) y = Neg ("a/b") }', ["relu x", "negate a/b"]),
        ("{ c = Constant <value = float[4] {1, 2, 3, 4}> () y = Add (x, c) }", ["add x c"]),
        ('{ y = Clip (x, "") }', ["clamp x"]),
        ("{ y = Clip (x, , x) }", ["clamp x  x"]),
    ],
)  # fmt: skip
def test_text_is_read_as_the_grammar_says(rest: str, nodes: list[str]) -> None:
    assert [node.rstrip() for node in read(TEXT + rest)] == nodes


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (TEXT + "{ y = Relu (x) ", "should be a name"),
        (TEXT + "{ y = Relu x }", "should be '\\('"),
        (TEXT + "{ y = Relu (x) } $", "no ONNX text"),
        (TEXT + " " * 1000 + "\n" + "#" * 1000 + "\n$", "no ONNX text"),
        ("ir_version: 8\ngraph {\n" + "#" * 1000 + "\n$", "no protobuf text"),
        (TEXT + "<float[3] b = {1, x}> { y = Add (x, b) }", "a list of numbers"),
        (TEXT + "<float[N] b = {1}> { y = Add (x, b) }", "no stored tensor"),
        (TEXT + "<float[3] b = {1}> { y = Add (x, b) }", "cannot hold 3 values"),
        (TEXT + "<float[3] b = {1,,2}> { y = Add (x, b) }", "no number"),
        (TEXT + "{ y = LeakyRelu <alpha: flot = 1> (x) }", "no kind of attribute"),
        (TEXT + "{ y = If <a = [1, \"b\"]> (x) }", "several kinds"),
        (TEXT + "{ y = If <a = " + "g () => () { y = If <a = " * 100, "nested more than 32"),
        (TEXT.replace("float[N, 4] x", "seq(" * 100), "nested more than 32"),
        (TEXT.replace("8", "99999999999999999999999"), "64 bits"),
        (TEXT.replace("ir_version", 'a: "b", ir_version'), "no fact of a model"),
    ],
)  # fmt: skip
def test_text_that_cannot_be_is_refused_with_its_place(text: str, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause) as refusal:
        OnnxReader().read(Source("m", text.encode()))
    assert str(refusal.value).isprintable()


@pytest.mark.wrong_operands
@pytest.mark.parametrize(("encoding", "file"), FILES)
def test_mutated_forms_are_read_or_refused(encoding: str, file: str) -> None:
    whole = (DATA / "onnx" / file).read_bytes()
    chosen = random.Random(file)
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(chosen.choice((1, 1, 3, 20))):
            at = chosen.randrange(len(changed))
            if encoding != "ort" and chosen.random() < 0.5:
                other = chosen.randrange(len(whole))
                changed[at : at + chosen.randrange(9)] = whole[other : other + chosen.randrange(9)]
            else:
                changed[at] = chosen.randrange(256)
        started = time.process_time()
        cause = "none"
        try:
            OnnxReader().read(Source("m", bytes(changed)))
        except UnreadableModel as refusal:
            cause = str(refusal)
        assert cause.isprintable()
        assert time.process_time() - started < MAX_SECONDS
