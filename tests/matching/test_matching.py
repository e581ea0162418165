"""What verdicts must keep whatever the model and the devices."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import ReaderIdentity
from cyborg_rr.domain.words import OUTCOMES
from tests.matching.requirements import GIB, make_requirement
from tests.shipped import load, load_anew

H100 = "nvidia-h100-sxm-80"
CATALOGUE = load()
sizes = st.integers(min_value=1 << 20, max_value=400 * GIB)


def judge(product: str, options: MatchOptions | None = None, **model: object) -> Verdict:
    """The verdict of one product for one model."""
    requirement = make_requirement(**model)  # type: ignore[arg-type]
    return match(requirement, [CATALOGUE.represent_product(product)], options)[0]


def list_items(memory: dict[str, int]) -> list[int]:
    """The items that a total is the sum of."""
    others = ("total", "usable_per_device", "least", "low", "high")
    return [size for key, size in memory.items() if key not in others]


def on_xla(**model: object) -> dict[str, object]:
    """A model that XLA takes, which splits models over devices."""
    return {"family": "stablehlo", "operations": {"dot_general": 3}, **model}


@settings(max_examples=60, deadline=None)
@given(weights=sizes, activations=sizes, more=st.integers(min_value=0, max_value=200 * GIB))
def test_more_memory_never_makes_a_verdict_worse(weights: int, activations: int, more: int) -> None:
    requirement = make_requirement(weights=weights, activations=activations, family="stablehlo")
    device = CATALOGUE.represent_product(H100)
    assert device.memory_bytes is not None
    larger = replace(device, memory_bytes=device.memory_bytes + more)
    before, after = match(requirement, [device])[0], match(requirement, [larger])[0]
    assert OUTCOMES.index(after.verdict) <= OUTCOMES.index(before.verdict)
    if before.devices_needed is not None:
        assert after.devices_needed is not None
        assert after.devices_needed <= before.devices_needed


@settings(max_examples=30, deadline=None)
@given(order=st.permutations([product.id for product in CATALOGUE.products][:20]))
def test_the_order_of_representations_does_not_matter(order: list[str]) -> None:
    requirement = make_requirement()
    devices = [CATALOGUE.represent_product(product) for product in order]
    ordered = sorted(devices, key=lambda device: device.device_class)
    assert match(requirement, devices) == match(requirement, ordered)


@settings(max_examples=60, deadline=None)
@given(weights=sizes, activations=sizes)
def test_what_fits_is_counted_item_by_item_within_the_usable_memory(
    weights: int, activations: int
) -> None:
    verdict = judge(H100, weights=weights, activations=activations)
    memory = codec.render(verdict)["memory_bytes"]
    assert memory["total"] == sum(list_items(memory))
    if verdict.verdict == "fits":
        assert memory["total"] <= memory["usable_per_device"]
        assert memory["total"] > weights + activations


@settings(max_examples=40, deadline=None)
@given(
    macs=st.integers(min_value=0, max_value=10**15), element_type=st.sampled_from(["f32", "bf16"])
)
def test_the_expected_time_lies_in_its_interval(macs: int, element_type: str) -> None:
    verdict = judge(H100, macs=macs, element_type=element_type)
    assert verdict.time_seconds is not None
    assert (
        0 < verdict.time_seconds.low <= verdict.time_seconds.expected <= verdict.time_seconds.high
    )


def test_the_same_input_gives_the_same_bytes() -> None:
    requirement = make_requirement()
    texts = {
        json.dumps(
            [
                codec.render(verdict)
                for verdict in match(
                    requirement,
                    [catalogue.represent_product(product.id) for product in catalogue.products],
                )
            ]
        )
        for catalogue in (load(), load_anew())
    }
    assert len(texts) == 1


def test_verdicts_come_best_first(catalogue: Catalogue) -> None:
    devices = [catalogue.represent_product(product.id) for product in catalogue.products]
    outcomes = [OUTCOMES.index(verdict.verdict) for verdict in match(make_requirement(), devices)]
    assert outcomes == sorted(outcomes)
    assert len(set(outcomes)) > 2


def test_a_model_too_large_for_one_device_fits_if_it_is_split() -> None:
    verdict = judge(H100, **on_xla(weights=140 * 10**9, element_type="bf16"))
    assert verdict.verdict == "fits if"
    assert verdict.changes == ("use 2 devices",)
    assert verdict.devices_needed == 2


def test_a_runtime_that_cannot_split_a_model_refuses_one_too_large() -> None:
    verdict = judge(H100, weights=140 * 10**9)
    assert verdict.verdict == "does not fit"
    assert "no toolchain here divides a model" in " ".join(verdict.reasons)


def test_a_set_larger_than_the_inventory_does_not_fit() -> None:
    requirement = make_requirement(weights=140 * 10**9, family="stablehlo")
    device = CATALOGUE.represent_product(H100)
    verdict = match(requirement, [device], counts={H100: 1})[0]
    assert verdict.verdict == "does not fit"
    assert verdict.available == 1
    assert "needs 2 devices, 1 available" in verdict.reasons


def test_a_model_in_f32_fits_if_it_is_converted() -> None:
    verdict = judge("nvidia-l4", weights=27 * 10**9, element_type="f32")
    assert verdict.verdict == "fits if"
    assert verdict.changes == ("convert to bf16",)
    assert any(reason.startswith("as it is: needs 2") for reason in verdict.reasons)


def test_a_conversion_that_the_caller_chose_is_no_change() -> None:
    verdict = judge(
        "nvidia-l4", MatchOptions(element_type="bf16"), weights=27 * 10**9, element_type="f32"
    )
    assert verdict.verdict == "fits"
    assert verdict.memory_bytes.parameters == 27 * 10**9 // 2
    assert "floating-point values converted to bf16" in verdict.assumptions


def test_bf16_on_a_part_without_it_is_converted_or_computed_in_f32() -> None:
    by_onnx = judge("nvidia-t4", element_type="bf16")
    assert by_onnx.changes == ("convert to f16",)
    by_xla = judge("nvidia-t4", **on_xla(element_type="bf16"))
    assert by_xla.verdict == "fits"
    assert "bf16 is not native: computed as f32" in by_xla.assumptions


@pytest.mark.parametrize(
    ("model", "cause"),
    [
        ({"activations": None, "dynamic": True, "symbols": ("batch",)}, "dimension batch"),
        ({"unknown_operations": {"com.x:Magic": 2}}, "com.x:Magic"),
        ({"operations": {"custom_call": 1}}, "custom calls"),
        ({"reader": ReaderIdentity("onnx", "header")}, "only the header"),
        ({"targets": (Target("moon", "phase"),)}, "demands moon phase"),
        (
            {"activations": None, "warnings": ("work cannot be reckoned: node 'y' (NonMax)",)},
            "node 'y' (NonMax)",
        ),
    ],
)
def test_what_cannot_be_judged_is_unknown_and_names_the_cause(
    model: dict[str, object], cause: str
) -> None:
    verdict = judge(H100, **model)
    assert verdict.verdict == "unknown"
    assert cause in " ".join(verdict.reasons)


def test_without_sizes_nobody_says_how_many_devices_are_needed() -> None:
    verdict = judge(H100, activations=None, dynamic=True, symbols=("batch",))
    assert verdict.devices_needed is None


def test_weights_as_small_as_the_nearest_fix_says_do_fit() -> None:
    text = " ".join(judge("nvidia-t4", weights=20 * GIB).reasons)
    found = re.search(r"weights of at most ([0-9.]+) GiB in place of 20.00 GiB", text)
    assert found is not None
    most = float(found[1])
    assert judge("nvidia-t4", weights=int((most - 0.01) * GIB)).verdict == "fits"
    assert judge("nvidia-t4", weights=int((most + 0.01) * GIB)).verdict == "unknown"


def test_a_set_whose_link_nobody_stated_is_unknown_and_not_refused() -> None:
    verdict = judge("google-tpu-8t", **on_xla(weights=300 * GIB, element_type="bf16"))
    assert verdict.verdict == "unknown"
    assert "no link between such devices is known" in " ".join(verdict.reasons)
    too_large = judge("google-tpu-8t", **on_xla(weights=3000 * GIB, element_type="bf16"))
    assert too_large.verdict == "does not fit"


def test_a_device_that_takes_other_irs_says_which() -> None:
    verdict = judge("google-coral-edgetpu")
    assert "export the model as tflite" in " ".join(verdict.reasons)


def test_the_nearest_types_of_the_architecture_are_offered_first() -> None:
    reasons = " ".join(judge("nvidia-v100-sxm2-16", element_type="bf16").reasons)
    assert (
        "TensorRT (old release) does not take bf16 (nearest fix: convert the model to f16 or"
        in (reasons)
    )
    assert "f64" not in reasons


def test_weights_alone_can_be_too_large_though_sizes_are_missing() -> None:
    verdict = judge(
        "nvidia-t4", weights=40 * GIB, activations=None, dynamic=True, symbols=("batch",)
    )
    assert verdict.verdict == "does not fit"
    assert "at least" in " ".join(verdict.reasons)


def test_absent_weights_of_known_shapes_count_though_sizes_are_missing() -> None:
    requirement = make_requirement(activations=None, dynamic=True, symbols=("batch",))
    memory = replace(requirement.memory, parameters="absent", parameter_bytes=40 * GIB)
    device = CATALOGUE.represent_product("nvidia-t4")
    verdict = match(replace(requirement, memory=memory), [device])[0]
    assert verdict.memory_bytes.parameters == 40 * GIB
    assert verdict.verdict == "does not fit"
    assert "absent" not in " ".join(verdict.reasons)


def test_weights_without_known_shapes_are_unknown() -> None:
    requirement = make_requirement()
    memory = replace(requirement.memory, parameters="absent", parameter_bytes=0)
    device = CATALOGUE.represent_product(H100)
    verdict = match(replace(requirement, memory=memory), [device])[0]
    assert verdict.verdict == "unknown"
    assert "weights are absent" in " ".join(verdict.reasons)


def test_a_device_of_unknown_kind_is_unknown_with_reasons() -> None:
    device = CATALOGUE.represent(DeviceFacts("GPU", vendor_id="dead", device_id="beef"))
    verdict = match(make_requirement(), [device])[0]
    assert verdict.verdict == "unknown"
    reasons = " ".join(verdict.reasons)
    assert "no toolchain" in reasons
    assert "memory of dead-beef is not known" in reasons


@pytest.mark.parametrize("product", ["intel-qat-4xxx", "nvidia-bluefield-3"])
def test_devices_that_run_no_models_are_refused_for_that_alone(product: str) -> None:
    verdict = judge(product)
    assert verdict.verdict == "does not fit"
    assert ["runs no models" in reason for reason in verdict.reasons] == [True]


def test_what_a_model_needs_is_the_same_on_a_small_and_a_large_device_of_one_family() -> None:
    small, large = judge("nvidia-t4").memory_bytes, judge("nvidia-gb300").memory_bytes
    assert small.total == large.total
    assert small.usable_per_device != large.usable_per_device


def test_a_class_is_never_taken_to_have_more_than_its_least_device() -> None:
    device = CATALOGUE.represent_product(H100)
    usable = judge(H100).memory_bytes.usable_per_device
    assert device.memory_bytes is not None
    assert usable is not None
    assert device.memory_bytes * 0.9899 < usable <= device.memory_bytes * 0.99


def test_what_decides_the_verdict_is_told_first() -> None:
    verdict = judge("nvidia-t4", weights=40 * GIB, unknown_operations={"com.x:Magic": 2})
    assert verdict.verdict == "does not fit"
    assert verdict.reasons[0].startswith("needs 4")
    assert "com.x:Magic" in verdict.reasons[1]


def test_exact_targets_are_kept() -> None:
    target = (Target("arch", "sm_90a"),)
    kernel = {"family": "ttir", "targets": target}
    assert judge(H100, **kernel).verdict == "fits"
    assert judge("nvidia-a100-sxm-80", **kernel).verdict == "does not fit"


def test_a_compiled_artifact_needs_no_toolchain() -> None:
    target = (Target("arch", "gfx942"),)
    verdict = judge("amd-mi300x", family="artifact", targets=target)
    assert verdict.verdict == "fits"
    assert verdict.compile_path == ()


def test_a_model_made_for_several_devices_asks_for_them() -> None:
    verdict = judge(H100, **on_xla(partitions=4, collectives={"all_reduce": 2}))
    assert verdict.devices_needed == 4
    assert verdict.changes == ("use 4 devices",)


@pytest.mark.parametrize("collectives", [{}, {"all_reduce": 2}])
def test_the_time_of_a_sharded_file_spans_all_divided_and_none(
    collectives: dict[str, int],
) -> None:
    alone = judge(H100, **on_xla(macs=10**14)).time_seconds
    verdict = judge(H100, **on_xla(macs=10**14, partitions=4, collectives=collectives))
    shared = verdict.time_seconds
    assert alone is not None
    assert shared is not None
    assert shared.low == pytest.approx(alone.low / 4, rel=0.01)
    assert shared.high == alone.high
    divisor = 1 if collectives else 4
    assert shared.expected == pytest.approx(alone.expected / divisor, rel=0.01)
    assert any("share all work evenly" in text for text in verdict.assumptions)


def test_replicas_do_not_share_the_work_of_one() -> None:
    alone, copies = (judge(H100, **on_xla(macs=10**14, replicas=count)) for count in (1, 4))
    assert copies.time_seconds == alone.time_seconds
    assert copies.devices_needed == 4


def test_an_eager_runtime_is_slower() -> None:
    compiled = judge(H100, element_type="f32").time_seconds
    eager = judge(H100, MatchOptions(runtime="eager"), element_type="f32").time_seconds
    assert compiled is not None
    assert eager is not None
    assert eager.expected > compiled.expected


def test_large_products_are_bound_by_compute_and_small_ones_by_launches() -> None:
    large = judge(H100, macs=10**14)
    small = judge(H100, macs=10**4, weights=1 << 20)
    assert large.time_seconds is not None
    assert small.time_seconds is not None
    assert (large.binding_term, small.binding_term) == ("compute", "launch")


@pytest.mark.parametrize("name", ["i1", "tf32", "c64", "i64", "str", "token"])
def test_floats_are_not_converted_to_what_no_compiler_converts_them_to(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be converted"):
        MatchOptions(element_type=name)


def test_options_that_mean_nothing_are_refused() -> None:
    for wrong in ({"element_type": "f99"}, {"precision_policy": "best"}, {"devices_limit": 0}):
        with pytest.raises(InvalidInput):
            MatchOptions(**wrong)  # type: ignore[arg-type]


def test_a_stored_representation_is_matched_like_a_fresh_one(catalogue: Catalogue) -> None:
    for product in ("nvidia-h100-sxm-80", "aws-trainium2", "xilinx-alveo-u250"):
        fresh = catalogue.represent_product(product)
        stored = codec.parse(
            ResourceRepresentation,
            json.loads(json.dumps(codec.render(fresh))),
            "resource representation",
        )
        requirement = make_requirement(family="stablehlo", operations={"dot_general": 1})
        assert match(requirement, [stored]) == match(requirement, [fresh])


def test_an_fpga_fits_once_its_overlay_is_loaded() -> None:
    model = make_requirement(element_type="f32", operations={"convolution": 20, "relu": 20})
    bare = CATALOGUE.represent_product("xilinx-alveo-u250")
    loaded = CATALOGUE.represent(DeviceFacts("FPGA", "xilinx-alveo-u250", functions=("DPUCADF8H",)))
    verdicts = {verdict.device_class: verdict for verdict in match(model, [bare, loaded])}
    refused, taken = verdicts[bare.device_class], verdicts[loaded.device_class]
    assert refused.verdict == "does not fit"
    assert "load the overlay DPUCADF8H" in refused.reasons[0]
    assert taken.verdict == "fits if"
    assert taken.changes == ("quantise to i8 with example inputs",)
    assert [step["toolchain"] for step in taken.compile_path] == ["vitis-ai-dpucadf8h"]


@pytest.mark.parametrize("narrower", ["f32", "f16"])
def test_f64_is_never_faster_than_a_narrower_float(narrower: str) -> None:
    slow, fast = (
        judge("nvidia-t4", MatchOptions(element_type=name), macs=10**12)
        for name in ("f64", narrower)
    )
    assert slow.time_seconds is not None
    assert fast.time_seconds is not None
    assert slow.time_seconds.expected > fast.time_seconds.expected
    assert not [text for text in slow.assumptions if "f8" in text]


def test_an_output_in_donated_memory_is_counted_once() -> None:
    requirement = make_requirement()
    donated = replace(requirement, memory=replace(requirement.memory, aliased_bytes=2048))
    device = CATALOGUE.represent_product(H100)
    before, after = (
        codec.render(match(each, [device])[0])["memory_bytes"] for each in (requirement, donated)
    )
    assert (before["aliased"], after["aliased"]) == (0, -2048)
    assert after["total"] == before["total"] - 2048
    assert sum(list_items(after)) == after["total"]


def test_a_guess_of_what_are_weights_rules_no_device_out_for_memory() -> None:
    requirement = make_requirement(weights=900 * GIB, family="stablehlo", activations=700 * GIB)
    guessed = replace(requirement, memory=replace(requirement.memory, parameters_guessed=True))
    device = CATALOGUE.represent_product("nvidia-a100-sxm-80")
    sure, unsure = (match(each, [device])[0] for each in (requirement, guessed))
    assert (sure.verdict, unsure.verdict) == ("does not fit", "unknown")
    assert any("--weights" in reason for reason in unsure.reasons)


def test_what_may_fit_as_the_data_turn_out_is_no_firm_no() -> None:
    requirement = make_requirement(activations=100 * GIB)
    bounded = replace(
        requirement,
        memory=replace(requirement.memory, at_most={"activation_peak_bytes": GIB}),
    )
    device = CATALOGUE.represent_product("nvidia-t4")
    firm, doubtful = match(requirement, [device])[0], match(bounded, [device])[0]
    assert firm.verdict == "does not fit"
    assert doubtful.verdict == "unknown"
    assert any("needs at most" in reason for reason in doubtful.reasons)
    assert doubtful.memory_bytes.least is not None
    assert doubtful.memory_bytes.least < 4 * GIB


def test_the_shortest_time_counts_nothing_that_data_may_leave_out() -> None:
    requirement = make_requirement()
    unsure = tuple(replace(item, at_most=True) for item in requirement.work)
    device = CATALOGUE.represent_product(H100)
    before = match(requirement, [device])[0].time_seconds
    after = match(replace(requirement, work=unsure), [device])[0].time_seconds
    assert before is not None
    assert after is not None
    assert (after.low, after.expected) == (0.0, before.expected)
