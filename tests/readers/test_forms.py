"""One model in every form: all readers say the same of it.

Two small networks, an encoder like BERT and a decoder like Llama, lie in ``tests/data/forms`` as
real exporters write them. Whatever a form keeps more or less of the weights is named below.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.weights import guess_weights, state_weights
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.options import parse_options, parse_weights
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.samples import DATA

FORMS = DATA / "forms"
TRUTH: Mapping[str, Mapping[str, int]] = json.loads((FORMS / "truth.json").read_text())
MODELS = tuple(TRUTH)
OUTPUTS = {"encoder": (1, 16, 64), "decoder": (1, 16, 128)}
INPUTS = {"encoder": ("input_ids", "token_type_ids"), "decoder": ("input_ids",)}
WEIGHTS = {"encoder": "0-36", "decoder": "0-19"}
FEW_BYTES = 4096
"""Shapes, axes, numbers: the largest are those of TensorFlow."""

WORK_TOLERANCE = 0.005
PEAKS = (0.5, 2.0)
"""Against the peak that XLA's own buffer assignment states (``planned.hlo.pb``)."""

_WRITTEN_OUT = (1.0, 4.0)
"""Where ``erf`` stands as a polynomial of some thirty values, which compilers fuse into one."""

_TIED = "the table of tokens once more, turned around for the scores"
_POSITIONS = "of the 32 positions those 16 that are used"
_SCALES = "the scales of five norms, multiplied into the weights behind them by the converter"
_SCALAR = "a number of the network's arithmetic"
_ANGLES = "sines or cosines of the rotary positions, reckoned by the exporter"
_MASK = "the mask of the attention, made by the exporter"


@dataclass(frozen=True, eq=False)
class Form:
    """A form of both models: who reads it, what is bound, and how it differs.

    ``more`` names tensors (or patterns of names) that frameworks do not count as parameters, with
    the reason. ``fewer`` says what an exporter cut off, with how many bytes.
    """

    name: str
    family: str
    bound: Literal["", "dimensions", "inputs"] = ""
    has_work: bool = True
    has_weights_named: bool = True
    output_type: str = "f32"
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fewer: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    peaks: Mapping[str, tuple[float, float]] = field(default_factory=dict)


TABLE = (
    Form("huggingface", "huggingface", bound="dimensions"),
    Form("llama_cpp.gguf", "gguf", bound="dimensions"),
    Form("state_dict.pt", "statedict", has_work=False),
    Form("torch_export.pt2", "pt2"),
    Form(
        "torch_script.pt", "torchscript", bound="inputs",
        more={"decoder": dict.fromkeys(
            ("model.model.rotary_emb.inv_freq", "model.model.rotary_emb.original_inv_freq"),
            "a buffer, which TorchScript keeps like a parameter",
        )},
    ),
    Form(
        "dynamo.onnx", "onnx",
        more={
            "encoder": {"val_68": _SCALAR, "val_72": _SCALAR, "val_74": _MASK},
            "decoder": {
                "val_382": _TIED, "unsqueeze_14": _ANGLES, "unsqueeze_15": _ANGLES,
                "val_216": _MASK, "val_210": _SCALAR, "val_100": _SCALAR, "val_103": _SCALAR,
                "val_214": _SCALAR,
            },
        },
        fewer={"encoder": {_POSITIONS: 4096}},
    ),
    Form(
        "older.onnx", "onnx", bound="dimensions", more={"decoder": {"onnx::MatMul_768": _TIED}}
    ),
    Form(
        "runtime.ort", "onnx", bound="dimensions",
        more={
            "encoder": {"*/Constant*_output_0": _SCALAR},
            "decoder": {"onnx::MatMul_768": _TIED, "*/Constant*_output_0": _SCALAR},
        },
    ),
    Form("stablehlo.mlir", "stablehlo", has_weights_named=False),
    Form("stablehlo.mlirbc", "stablehlo", has_weights_named=False),
    Form("portable.mlirbc", "stablehlo", has_weights_named=False),
    Form("jax_export.jaxexport", "stablehlo", peaks={"encoder": _WRITTEN_OUT}),
    Form("before.hlo", "hlo", peaks={"encoder": _WRITTEN_OUT}),
    Form("before.hlo.pb", "hlo", peaks={"encoder": _WRITTEN_OUT}),
    Form("compiled.hlo", "hlo"),
    Form("planned.hlo.pb", "hlo", peaks={"encoder": (1.0, 1.0), "decoder": (1.0, 1.0)}),
    Form("saved_model", "graphdef", bound="inputs"),
    Form("frozen.pb", "graphdef"),
    Form(
        "converted.tflite", "tflite",
        more={
            "encoder": {"arith.constant": _SCALAR, "arith.constant4": _SCALAR},
            "decoder": {
                "mul_28;Reshape_9": _TIED, "arith.constant5": _ANGLES, "arith.constant6": _ANGLES,
                "mul": _MASK, "arith.constant4": _SCALAR, "arith.constant10": _SCALAR,
            },
        },
        fewer={"encoder": {_POSITIONS: 4096}, "decoder": {_SCALES: 5 * 256}},
    ),
)  # fmt: skip
TO_COME = {"torch_script.pt", "runtime.ort"}
"""Forms that may be refused as long as no reader of this tree takes them."""


@cache
def unpack(model: str, name: str) -> Source:
    """A form as it is given to readers; large files lie packed in the tree."""
    path = FORMS / model / name
    if path.is_dir():
        return Source(name, folder=_load(path), is_folder=True)
    return Source(name, _read(path.with_name(f"{name}.xz")))


def _load(path: Path) -> MemoryFolder:
    entries = sorted(path.iterdir())
    files = {entry.name.removesuffix(".xz"): _read(entry) for entry in entries if entry.is_file()}
    return MemoryFolder(files, {each.name: _load(each) for each in entries if each.is_dir()})


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    return lzma.decompress(content) if path.suffix == ".xz" else content


def is_read(form: Form, model: str = "encoder") -> bool:
    """Whether a reader of this tree takes the form."""
    reader = dict(list_readers()).get(form.family)
    return reader is not None and reader.recognises(unpack(model, form.name))


@cache
def require(form: Form, model: str) -> IRRequirement:
    """What the form of a model asks for, with open sizes bound."""
    bound = {
        "": (),
        "dimensions": ("batch=1", "sequence=16"),
        "inputs": tuple(f"{name}=1x16" for name in INPUTS[model]),
    }[form.bound]
    weights = None if form.has_weights_named else WEIGHTS[model]
    options = parse_options(None, bound, weights)
    return analyse_by(dict(list_readers())[form.family], unpack(model, form.name), options)


def read(form: Form, model: str) -> Graph:
    """The graph that the form's reader makes."""
    graph = dict(list_readers())[form.family].read(unpack(model, form.name))
    return graph if form.has_weights_named else state_weights(graph, parse_weights(WEIGHTS[model]))


def list_cases() -> Iterator[pytest.param]:
    """Each form of each model; those that wait for their reader are skipped, and seen so."""
    for form in TABLE:
        waits = () if is_read(form) else (pytest.mark.skip(reason=f"no {form.family} reads it"),)
        for model in MODELS:
            yield pytest.param(form, model, id=f"{model}-{form.name}", marks=waits)


each_form = pytest.mark.parametrize(("form", "model"), list(list_cases()))


def test_every_form_is_in_the_table_and_read_but_those_to_come() -> None:
    for model in MODELS:
        kept = {path.name.removesuffix(".xz") for path in (FORMS / model).iterdir()}
        assert kept == {form.name for form in TABLE}
    assert {form.name for form in TABLE if not is_read(form)} <= TO_COME


@each_form
def test_parameters_are_exact(form: Form, model: str) -> None:
    memory = require(form, model).memory
    more, fewer = form.more.get(model, {}), form.fewer.get(model, {})
    added, matched = 0, set[str]()
    for name, stored in read(form, model).body.stored.items():
        patterns = {pattern for pattern in more if fnmatchcase(name, pattern)}
        if patterns and stored.kind == "parameter":
            added += stored.type.byte_size or 0
            matched |= patterns
    assert matched == set(more), "what is named is there"
    wanted = TRUTH[model]["bytes"] + added - sum(fewer.values())
    assert memory.parameter_bytes_by_element_type == {"f32": wanted}
    assert TRUTH[model]["bytes"] == 4 * TRUTH[model]["parameters"]
    assert not memory.parameters_guessed


@each_form
def test_constants_are_few(form: Form, model: str) -> None:
    assert require(form, model).memory.constant_bytes < FEW_BYTES


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", [form for form in TABLE if not form.has_weights_named])
def test_weights_without_names_are_guessed_to_the_byte(form: Form, model: str) -> None:
    graph = dict(list_readers())[form.family].read(unpack(model, form.name))
    stored = guess_weights(graph).body.stored.values()
    sizes = [each.type.byte_size or 0 for each in stored if each.kind == "parameter"]
    assert sum(sizes) == TRUTH[model]["bytes"]


@each_form
def test_multiply_adds_are_those_that_pytorch_counts(form: Form, model: str) -> None:
    compute = require(form, model).compute
    if not form.has_work:
        assert compute.macs is None
        return
    assert compute.macs is not None
    assert abs(compute.macs / TRUTH[model]["macs"] - 1) <= WORK_TOLERANCE


@each_form
def test_nothing_is_unknown(form: Form, model: str) -> None:
    requirement = require(form, model)
    assert requirement.unknown_operations == {}
    assert requirement.reader.completeness == ("full" if form.has_work else "header")


@each_form
def test_inputs_and_outputs_have_the_same_shapes(form: Form, model: str) -> None:
    requirement = require(form, model)
    inputs = [(tensor.element_type, tensor.shape) for tensor in requirement.inputs]
    outputs = [(tensor.element_type, tensor.shape) for tensor in requirement.outputs]
    if not form.has_work:
        assert not inputs
        assert not outputs
        return
    assert {shape for _, shape in inputs} == {(1, 16)}
    assert {element for element, _ in inputs} <= {"i32", "i64"}
    # What takes no types of tokens looks up type 0.
    assert len(inputs) == (1 if form.family in ("huggingface", "gguf") else len(INPUTS[model]))
    assert outputs == [(form.output_type, OUTPUTS[model])]


@each_form
def test_activations_take_about_what_xla_states(form: Form, model: str) -> None:
    planned = next(form for form in TABLE if form.name == "planned.hlo.pb")
    stated = require(planned, model).memory
    peak = require(form, model).memory.activation_peak_bytes
    assert stated.activation_peak_method == "buffer_assignment"
    if not form.has_work:
        assert peak is None
        return
    assert peak is not None
    assert stated.activation_peak_bytes is not None
    least, most = form.peaks.get(model, PEAKS)
    assert least <= peak / stated.activation_peak_bytes <= most
