"""Every refusal says what decides, the nearest change that works, and the nearest device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.advice.changes import Smaller
from cyborg_rr.domain.matching.matching import match, rank
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Fix, Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import FITTING
from tests.matching.requirements import GIB, make_requirement
from tests.matching.test_golden import DEVICES, MODELS
from tests.readers.forms.reading import require
from tests.readers.forms.table import TABLE
from tests.shipped import load

CATALOGUE = load()
CLASSES = {name: CATALOGUE.represent_product(name) for name in DEVICES}
OPTIONS = MatchOptions()


def apply(
    fix: Fix,
    requirement: IRRequirement,
    options: MatchOptions,
    device: ResourceRepresentation,
) -> Verdict:
    """What is answered once the change is made."""
    (value, *others) = fix.values
    assert not others
    if fix.kind == "operation_set":
        name, version = value.split()
        dialects = tuple(
            replace(each, version=version) if each.name == name else each
            for each in requirement.ir.dialects
        )
        requirement = replace(requirement, ir=replace(requirement.ir, dialects=dialects))
    elif fix.kind == "function":
        device = replace(device, functions=(*device.functions, value))
    elif fix.kind == "devices_limit":
        options = replace(options, devices_limit=int(value))
    elif fix.kind == "allow_fallback":
        options = replace(options, allow_fallback=True)
    elif fix.kind == "runtime":
        options = replace(options, runtime="compiled")
    else:
        assert fix.kind == "element_type"
        options = replace(options, element_type=value)
    return match(requirement, [device], options, coverage=CATALOGUE.find_coverage)[0]


def check(requirement: IRRequirement, options: MatchOptions = OPTIONS) -> int:
    """Follow all advice that is given on a model; how much there is."""
    verdicts = match(requirement, CLASSES.values(), options, coverage=CATALOGUE.find_coverage)
    by_class = {verdict.device_class: verdict for verdict in verdicts}
    followed = 0
    for verdict in verdicts:
        if verdict.verdict in FITTING:
            assert verdict.binding_constraint is verdict.nearest_fix is None
            assert verdict.nearest_device is None
            continue
        assert verdict.binding_constraint is not None
        assert verdict.reasons[0].startswith(verdict.binding_constraint.text)
        if verdict.nearest_device is not None:
            assert by_class[verdict.nearest_device].verdict == "fits"
        fix = verdict.nearest_fix
        if fix is None:
            continue
        then = apply(fix, requirement, options, CLASSES[verdict.device_class])
        assert (then.verdict, then.changes) == (fix.verdict, fix.changes), verdict.device_class
        assert then.verdict in FITTING
        followed += 1
    running = [verdict for verdict in verdicts if verdict.verdict == "fits"]
    assert bool(running) == any(verdict.nearest_device for verdict in verdicts)
    return followed


def list_golden() -> Iterator[tuple[IRRequirement, MatchOptions]]:
    """The models of the golden files."""
    for path in MODELS:
        document = json.loads(path.read_text())
        requirement = codec.parse(IRRequirement, document["requirement"], "requirement")
        yield requirement, MatchOptions(**document.get("options", {}))


def test_all_advice_on_the_golden_models_works() -> None:
    assert sum(check(requirement, options) for requirement, options in list_golden()) > 10


@pytest.mark.parametrize("form", TABLE, ids=lambda form: form.title)
def test_all_advice_on_a_real_file_works(form: object) -> None:
    check(require(form, form.models[0]))  # type: ignore[attr-defined, arg-type]


@settings(max_examples=25, deadline=None)
@given(
    weights=st.integers(min_value=1 << 20, max_value=400 * GIB),
    activations=st.integers(min_value=1 << 20, max_value=100 * GIB),
    element_type=st.sampled_from(["f64", "f32", "bf16", "f16", "f8E4M3FN", "i8"]),
    family=st.sampled_from(["onnx", "stablehlo", "pt2"]),
    opset=st.sampled_from(["5", "12", "17", "25"]),
)
def test_all_advice_on_any_model_works(
    weights: int, activations: int, element_type: str, family: str, opset: str
) -> None:
    check(
        make_requirement(
            weights=weights,
            activations=activations,
            element_type=element_type,
            family=family,
            operations=None if family == "onnx" else {"dot_general": 3},
            dialects={"ai.onnx": opset} if family == "onnx" else {},
        )
    )


def advise(product: str, options: MatchOptions = OPTIONS, **model: object) -> Verdict:
    """The verdict of one product, where the whole catalogue may be the nearest."""
    return match(
        make_requirement(**model),  # type: ignore[arg-type]
        [CLASSES[product]],
        options,
        coverage=CATALOGUE.find_coverage,
        list_others=CLASSES.values,
    )[0]


def test_the_nearest_device_is_of_the_same_maker_and_no_larger_than_it_must_be() -> None:
    assert advise("nvidia-t4", weights=20 * GIB).nearest_device == "nvidia-quadro-rtx-6000"
    assert advise("amd-mi210", weights=70 * GIB).nearest_device == "amd-mi308x"
    assert CLASSES["google-coral-edgetpu"].memory_bytes is None
    least = advise("google-coral-edgetpu", weights=GIB).nearest_device
    assert least == "nvidia-jetson-orin-nano-4"  # the smallest that runs it


def test_a_device_of_the_same_kind_is_not_the_nearest_where_it_is_a_thousand_times_as_large() -> (
    None
):
    assert advise("google-coral-edgetpu", weights=30 * GIB).nearest_device == (
        "nvidia-jetson-agx-orin-64"
    )


def test_an_eager_runtime_that_needs_too_much_may_be_compiled() -> None:
    options = MatchOptions(runtime="eager")
    verdict = advise("nvidia-t4", options, weights=GIB, activations=int(10.5 * GIB))
    assert verdict.nearest_fix is not None
    assert (verdict.nearest_fix.kind, verdict.nearest_fix.verdict) == ("runtime", "fits")


def test_a_model_that_no_host_holds_may_be_held_by_more_devices() -> None:
    model = {"family": "stablehlo", "operations": {"dot_general": 3}, "element_type": "bf16"}
    verdict = advise("nvidia-h100-sxm-80", weights=700 * GIB, **model)
    assert verdict.nearest_fix is not None
    assert verdict.nearest_fix.values == ("16",)
    assert verdict.nearest_fix.changes == ("use 16 devices",)


def test_smaller_sizes_are_read_only_where_they_may_help_and_each_once() -> None:
    asked = []

    def find_smaller() -> Iterator[Smaller]:
        for batch in (8, 4, 2, 1):
            asked.append(batch)
            requirement = make_requirement(weights=GIB, activations=batch * 2 * GIB)
            yield Smaller("batch", (str(batch),), f"a batch of {batch}", requirement)

    def ask(product: str, **model: object) -> Verdict:
        return match(
            make_requirement(**model),  # type: ignore[arg-type]
            [CLASSES[product], replace(CLASSES[product], device_class="another")],
            coverage=CATALOGUE.find_coverage,
            find_smaller=find_smaller,
        )[0]

    assert ask("nvidia-t4", weights=40 * GIB).verdict == "does not fit"
    assert asked == []  # the weights alone are too large
    verdict = ask("nvidia-t4", weights=GIB, activations=32 * GIB)
    assert verdict.nearest_fix is not None
    assert verdict.nearest_fix.values == ("4",)
    assert asked == [8, 4]


def test_an_overlay_that_is_all_that_is_missing_is_the_nearest_fix() -> None:
    model = make_requirement(element_type="f32", operations={"convolution": 20, "relu": 20})
    bare = CATALOGUE.represent(DeviceFacts("FPGA", "xilinx-alveo-u250"))
    verdict = match(model, [bare])[0]
    assert verdict.nearest_fix is not None
    assert (verdict.nearest_fix.kind, verdict.nearest_fix.values) == ("function", ("DPUCADF8H",))
    assert verdict.nearest_fix.verdict == "fits if"


def test_advice_does_not_change_the_order() -> None:
    for requirement, options in list_golden():
        ranked = rank(requirement, CLASSES.values(), options, coverage=CATALOGUE.find_coverage)
        verdicts = match(requirement, CLASSES.values(), options, coverage=CATALOGUE.find_coverage)
        assert [found.verdict.device_class for found in ranked] == [
            verdict.device_class for verdict in verdicts
        ]
