"""Programs written for several devices, and models that several devices have to share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import (
    DeviceRequirement,
    IRRequirement,
    MemoryRequirement,
    Span,
    TensorRequirement,
)
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.matching.requirements import GIB, make_requirement
from tests.shipped import load

CATALOGUE = load()
A100, SMALL = "nvidia-a100-sxm-80", "nvidia-a100-sxm-40"


def judge(
    requirement: IRRequirement,
    product: str = A100,
    available: int | None = None,
    options: MatchOptions | None = None,
) -> Verdict:
    device = CATALOGUE.represent_product(product)
    counts = None if available is None else {product: available}
    coverage = CATALOGUE.find_coverage
    return match(requirement, [device], options, counts, coverage=coverage)[0]


def read(text: str) -> IRRequirement:
    graph = StablehloReader().read(Source("m", text.encode()))
    return extract(
        infer(graph), name="m", sha256=None, size_bytes=1, reader_name="stablehlo", bindings={}
    )


def write_layers(layers: int, wide: int, narrow: int) -> str:
    """Layers of two matrix products whose weights a line of 8 devices shares, as jax writes it.

    The form of the program of 140 GiB that XLA compiles for 8 devices with 17.5 GiB each.
    """
    shapes = [f"{narrow}x{wide}", f"{wide}x{narrow}"] * layers
    splits = ['{}, {"m"}', '{"m"}, {}'] * layers
    arguments = [
        f"%w{place}: tensor<{shape}xbf16> {{sdy.sharding = #sdy.sharding<@mesh, [{split}]>}}"
        f' loc("params[{place}]")'
        for place, (shape, split) in enumerate(zip(shapes, splits, strict=True))
    ]
    body = []
    for place, shape in enumerate(shapes):
        columns, after = (narrow, wide) if place % 2 == 0 else (wide, narrow)
        body.append(
            f"%{place} = stablehlo.dot_general %{'x' if place == 0 else place - 1}, %w{place}, "
            f"contracting_dims = [1] x [0] : (tensor<16x{columns}xbf16>, "
            f"tensor<{shape}xbf16>) -> tensor<16x{after}xbf16>"
        )
    whole = "{sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}"
    return (
        "module @m attributes {mhlo.num_partitions = 8 : i32} {\n"
        'sdy.mesh @mesh = <["m"=8]>\n'
        f"func.func public @main({', '.join(arguments)}, %x: tensor<16x{narrow}xbf16> {whole})"
        f" -> (tensor<16x{narrow}xbf16> {whole}) {{\n"
        + "\n".join(body)
        + f"\nreturn %{len(shapes) - 1} : tensor<16x{narrow}xbf16>\n}}\n}}\n"
    )


def test_a_program_of_140_gib_for_8_devices_fits_8_and_not_one() -> None:
    requirement = read(write_layers(35, 65536, 16384))
    device = requirement.per_device
    assert requirement.memory.parameter_bytes == 140 * GIB
    assert device is not None
    assert device.parameter_bytes == Span(35 * GIB // 2, 35 * GIB // 2)
    verdict = judge(requirement, available=8)
    assert (verdict.verdict, verdict.devices_needed) == ("fits if", 8)
    assert verdict.changes == ("use 8 devices",)
    assert verdict.memory_bytes.parameters == 35 * GIB // 2
    alone = judge(requirement, available=1)
    assert alone.verdict == "does not fit"
    assert alone.reasons == ("needs 8 devices, 1 available",)
    assert judge(requirement, "nvidia-t4").verdict == "does not fit"


def test_each_device_is_expected_to_do_its_part_of_the_work() -> None:
    requirement = read(write_layers(2, 8192, 4096))
    shared = judge(requirement).time_seconds
    alone = judge(replace(requirement, partitions=1, per_device=None)).time_seconds
    assert shared is not None
    assert alone is not None
    assert alone.expected / 8 < shared.expected < alone.expected / 2
    assert any("12.5%" in text for text in judge(requirement).assumptions)


def divided(least: int, most: int) -> IRRequirement:
    """A model whose activations on each of 8 devices are not quite known."""
    none = Span(0, 0)
    share = DeviceRequirement(
        8, Span(GIB, GIB), none, none, none, none, Span(least, most), Span(10**8, 10**9)
    )
    return make_requirement(
        family="stablehlo",
        operations={"dot_general": 3},
        weights=8 * GIB,
        activations=most,
        partitions=8,
        per_device=share,
    )


@pytest.mark.parametrize(
    ("least", "most", "outcome"),
    [
        (1 * GIB, 2 * GIB, "fits if"),
        (1 * GIB, 200 * GIB, "unknown"),
        (190 * GIB, 200 * GIB, "does not fit"),
    ],
)
def test_what_a_file_leaves_open_is_no_firm_answer(least: int, most: int, outcome: str) -> None:
    verdict = judge(divided(least, most))
    assert verdict.verdict == outcome
    assert verdict.memory_bytes.least is not None
    assert verdict.memory_bytes.least < verdict.memory_bytes.known
    assert not [reason for reason in verdict.reasons if "as data decides" in reason]
    if outcome == "unknown":
        assert "by how the compiler divides what the file leaves open" in verdict.reasons[0]


def test_a_conversion_scales_the_part_of_a_device() -> None:
    requirement = divided(GIB, 2 * GIB)
    verdict = judge(requirement, options=MatchOptions(element_type="f32"))
    assert verdict.memory_bytes.parameters == 2 * GIB
    assert verdict.memory_bytes.activations == 4 * GIB


@pytest.mark.parametrize("product", [A100, "google-tpu-v5e", "amd-mi300x"])
@pytest.mark.parametrize("operation", ["chlo.top_k", "chlo.erfc", "sdy.sharding_constraint"])
def test_xla_takes_chlo_and_shardy(product: str, operation: str) -> None:
    requirement = make_requirement(
        family="stablehlo",
        dialects={"stablehlo": None, operation.partition(".")[0]: None},
        operations={"dot_general": 1},
    )
    requirement = replace(requirement, operations={"stablehlo.dot_general": 1, operation: 1})
    verdict = judge(requirement, product)
    assert verdict.verdict == "fits"
    assert any("xla" in str(stage).lower() for stage in verdict.compile_path)


def test_others_take_no_shardy() -> None:
    tvm = [t for t in CATALOGUE.represent_product(A100).toolchains if "TVM" in t.name]
    iree = [t for t in CATALOGUE.represent_product(A100).toolchains if "IREE" in t.name]
    for toolchain in (tvm[0], iree[0]):
        (intake,) = [each for each in toolchain.takes if each.family == "stablehlo"]
        assert {"chlo", "sdy"} & intake.dialects.keys() == {"chlo"}


def decode(cache: int, names: bool) -> IRRequirement:
    """A decoder of 131 GiB with its cache in donated inputs; without names all are inputs."""
    weights = 131 * GIB
    inputs = cache if names else cache + weights
    memory = MemoryRequirement(
        parameter_bytes=weights if names else 0,
        constant_bytes=0,
        input_bytes=inputs,
        output_bytes=cache,
        activation_peak_bytes=60 << 20,
        parameter_bytes_by_element_type={"bf16": weights} if names else {},
        activation_peak_by_element_type={"bf16": 60 << 20},
        parameters="absent" if names else "inline",
        aliased_bytes=cache,
    )
    return make_requirement(
        family="stablehlo",
        operations={"dot_general": 3},
        element_type="bf16",
        memory=memory,
        inputs=tuple(TensorRequirement(f"x{place}", "bf16", (1,)) for place in range(162)),
    )


def test_a_cache_goes_with_the_layers_that_read_it() -> None:
    verdict = judge(decode(40 * GIB, names=True), SMALL)
    assert (verdict.verdict, verdict.devices_needed) == ("fits if", 8)
    assert "each needs 23.76 GiB" in " ".join(verdict.reasons)


def test_a_decoder_of_70b_fits_two_devices() -> None:
    verdict = judge(decode(5 * GIB // 4, names=True))
    assert (verdict.verdict, verdict.devices_needed) == ("fits if", 2)


@pytest.mark.parametrize("product", [A100, SMALL, "nvidia-h100-sxm-80"])
def test_weights_that_no_name_tells_are_no_firm_no(product: str) -> None:
    verdict = judge(decode(5 * GIB // 4, names=False), product)
    assert verdict.verdict == "unknown"
    assert "does not say which of its 162 inputs are weights" in verdict.reasons[0]


def test_weights_that_no_name_tells_and_no_set_holds_are_a_firm_no() -> None:
    assert judge(decode(5 * GIB // 4, names=False), "nvidia-t4").verdict == "does not fit"
