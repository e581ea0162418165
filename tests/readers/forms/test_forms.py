"""One model in every form: all readers say the same of it.

Three small networks, an encoder like BERT, a decoder like Llama and a residual network of pictures,
lie in ``tests/data/forms`` as real exporters write them, and as the documents of those say that no
longer install. Whatever a form keeps more or less of the weights is named in ``table.py``.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.weights import guess_weights
from cyborg_rr.domain.requirement.extraction import extract
from tests.readers.forms.reading import (
    FORMS,
    TOKENS,
    TRUTH,
    find_form_reader,
    find_picture,
    is_read,
    read,
    require,
    unpack,
)
from tests.readers.forms.table import MODELS, TABLE, Form, Model

OUTPUTS = {"encoder": (1, 16, 64), "decoder": (1, 16, 128), "cnn": (1, 10)}
INPUTS = {"encoder": 2, "decoder": 1, "cnn": 1}
FEW_BYTES = 4096
"""Shapes, axes, numbers: the largest are those of TensorFlow."""

WORK_TOLERANCE = 0.005
PEAKS = (0.5, 2.0)
"""Against the peak that XLA's own buffer assignment states (``planned.hlo.pb``)."""

CASES = [
    pytest.param(form, model, id=f"{model}-{form.name}") for form in TABLE for model in form.models
]
each_form = pytest.mark.parametrize(("form", "model"), CASES)


def test_every_form_is_in_the_table_and_read() -> None:
    for model in MODELS:
        kept = {path.name.removesuffix(".xz") for path in (FORMS / model).iterdir()}
        assert kept == {form.name for form in TABLE if model in form.models}
    assert [form.name for form in TABLE if not is_read(form)] == []


@each_form
def test_parameters_are_exact(form: Form, model: Model) -> None:
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
    assert TRUTH[model]["bytes"] == 4 * (TRUTH[model]["parameters"] + TRUTH[model]["statistics"])
    assert not memory.parameters_guessed


@each_form
def test_constants_are_few(form: Form, model: Model) -> None:
    assert require(form, model).memory.constant_bytes < FEW_BYTES


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", [form for form in TABLE if not form.has_weights_named])
def test_weights_without_names_are_guessed_to_the_byte(form: Form, model: Model) -> None:
    graph = find_form_reader(form).read(unpack(model, form.name))
    stored = guess_weights(graph).body.stored.values()
    sizes = [each.type.byte_size or 0 for each in stored if each.kind == "parameter"]
    assert sum(sizes) == TRUTH[model]["bytes"]


@each_form
def test_multiply_adds_are_those_that_pytorch_counts(form: Form, model: Model) -> None:
    compute = require(form, model).compute
    if not form.has_work:
        assert compute.macs is None
        return
    assert compute.macs is not None
    assert abs(compute.macs / TRUTH[model]["macs"] - 1) <= WORK_TOLERANCE


@each_form
def test_nothing_is_unknown(form: Form, model: Model) -> None:
    requirement = require(form, model)
    assert requirement.unknown_operations == {}
    assert requirement.reader.completeness == ("full" if form.has_work else "header")


@each_form
def test_inputs_and_outputs_have_the_same_shapes(form: Form, model: Model) -> None:
    requirement = require(form, model)
    inputs = [(tensor.element_type, tensor.shape) for tensor in requirement.inputs]
    outputs = [(tensor.element_type, tensor.shape) for tensor in requirement.outputs]
    if not form.has_work:
        assert not inputs
        assert not outputs
        return
    is_picture = model == "cnn"
    assert {shape for _, shape in inputs} == {find_picture(form) if is_picture else TOKENS}
    assert {element for element, _ in inputs} <= ({"f32"} if is_picture else {"i32", "i64"})
    # What takes no types of tokens looks up type 0.
    assert len(inputs) == (1 if form.family in ("huggingface", "gguf") else INPUTS[model])
    assert outputs == [("f32", OUTPUTS[model])]


@each_form
def test_activations_take_about_what_xla_states(form: Form, model: Model) -> None:
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


@pytest.mark.parametrize("model", ["encoder", "cnn"])
def test_what_is_live_at_once_fits_into_the_plan_of_the_compiler(model: Model) -> None:
    form = next(form for form in TABLE if form.name == "nnvm_compiled.json")
    stated = require(form, model).memory
    assert stated.activation_peak_method == "storage_id"
    graph = infer(replace(read(form, model), memory_plan=None), Bindings())
    found = extract(graph, name="", sha256=None, size_bytes=0, reader_name="", bindings={})
    assert found.memory.activation_peak_bytes is not None
    assert stated.activation_peak_bytes is not None
    assert 0 < found.memory.activation_peak_bytes <= stated.activation_peak_bytes
