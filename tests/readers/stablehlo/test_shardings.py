"""What files for several devices say of each, held against what XLA made of the same programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import DeviceRequirement, IRRequirement, Span
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.patience import ends_soon, grows_in_proportion
from tests.readers.stablehlo.files import DATA, read_text

FOLDER = DATA / "shardings"
XLA: Mapping[str, Any] = json.loads((FOLDER / "xla.json").read_text())
POINTER = 8
"""Bytes that XLA's result of several tensors takes for each of them."""


def read_file(path: Path) -> Graph:
    return StablehloReader().read(Source(path.stem, path.read_bytes()))


def require(graph: Graph) -> IRRequirement:
    return extract(
        infer(graph), name="m", sha256=None, size_bytes=1, reader_name="stablehlo", bindings={}
    )


def require_device(graph: Graph) -> DeviceRequirement:
    found = require(graph).per_device
    assert found is not None
    return found


def add(*spans: Span | None) -> Span:
    known = [span for span in spans if span is not None]
    assert len(known) == len(spans)
    return Span(sum(span.least for span in known), sum(span.most for span in known))


@pytest.mark.parametrize("name", XLA)
def test_arguments_of_a_device_are_those_that_xla_reserves(name: str) -> None:
    device = require_device(read_file(FOLDER / f"{name}.mlir"))
    found = add(device.parameter_bytes, device.input_bytes)
    truth = XLA[name]["arguments"]
    assert device.devices == 8
    if name.startswith("uneven"):  # no shardings of the arguments: XLA chooses
        assert found.least < truth == found.most
    else:
        assert found == Span(truth, truth)


@pytest.mark.parametrize("name", XLA)
def test_results_of_a_device_are_those_that_xla_reserves(name: str) -> None:
    graph = read_file(FOLDER / f"{name}.mlir")
    found = require_device(graph).output_bytes
    assert found is not None
    several = len(graph.body.outputs)
    truth = XLA[name]["results"] - (POINTER * several if several > 1 else 0)
    if name.startswith(("uneven", "unspecified")):
        assert found.least < truth == found.most
    else:
        assert found == Span(truth, truth)


@pytest.mark.parametrize("name", XLA)
def test_temporaries_of_xla_are_within_the_most(name: str) -> None:
    peak = require_device(read_file(FOLDER / f"{name}.mlir")).activation_peak_bytes
    assert peak is not None
    assert XLA[name]["temporaries"] <= peak.most


def test_what_follows_from_the_shardings_is_exact() -> None:
    device = require_device(read_file(FOLDER / "tensor_parallel.mlir"))
    alone = require(read_file(FOLDER / "tensor_parallel.mlir")).compute.macs
    assert alone == 2 * 2 * 64 * 512 * 2048
    assert device.macs == Span(alone // 8, alone // 8)
    assert device.mesh == {"x": 8}
    copies = require_device(read_file(FOLDER / "mapped.mlir"))
    assert copies.macs == Span(16 * 128 * 512, 16 * 128 * 512)
    assert copies.mesh == {"d": 4, "m": 2}


def test_replicated_work_is_at_most_the_whole() -> None:
    device = require_device(read_file(FOLDER / "replicated.mlir"))
    assert device.macs is not None
    assert device.macs.most == 8 * device.macs.least == 2 * 2 * 64 * 512 * 2048


def test_weights_on_the_axis_of_the_batch_may_be_gathered() -> None:
    device = require_device(read_file(FOLDER / "fully_sharded.mlir"))
    weights = 2 * 2 * 512 * 2048 * 4
    assert device.activation_peak_bytes is not None
    assert device.activation_peak_bytes.least < weights < device.activation_peak_bytes.most
    assert device.macs == Span(2**25, 2**25)


@pytest.mark.parametrize("name", ["mapped", "tensor_parallel"])
def test_pretty_and_generic_forms_are_divided_alike(name: str) -> None:
    pretty, generic = (read_file(FOLDER / f"{name}{end}.mlir") for end in ("", "_generic"))
    assert require_device(pretty) == require_device(generic)


@pytest.mark.parametrize("name", [name for name in XLA if name + "_gspmd" in XLA])
def test_both_ways_to_write_shardings_give_the_same_bytes(name: str) -> None:
    shardy, gspmd = (
        require_device(read_file(FOLDER / f"{name}{end}.mlir")) for end in ("", "_gspmd")
    )
    for field in ("parameter_bytes", "input_bytes", "output_bytes"):
        assert getattr(shardy, field) == getattr(gspmd, field)


# ---- one sharding at a time

FORMS = sorted([*FOLDER.glob("*.bc"), *FOLDER.glob("*.vhlo")])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_bytecode_is_divided_as_its_text_is(path: Path) -> None:
    expected = require_device(read_file(path.with_suffix(".mlir")))
    assert require_device(read_file(path)) == expected


MESH = 'sdy.mesh @mesh = <["a"=2, "b"=4]>\n'


def divide(sharding: str, shape: str = "16x12xf32", mesh: str = MESH, devices: int = 8) -> Graph:
    return read_text(
        f"module @m attributes {{mhlo.num_partitions = {devices} : i32}} {{\n{mesh}"
        f"  func.func public @main(%x: tensor<{shape}> {{{sharding}}}) -> tensor<{shape}> {{\n"
        f"    %0 = stablehlo.add %x, %x : tensor<{shape}>\n"
        f"    return %0 : tensor<{shape}>\n  }}\n}}\n"
    )


def gspmd(text: str) -> str:
    return f'mhlo.sharding = "{text}"'


def shardy(text: str) -> str:
    return f"sdy.sharding = #sdy.sharding<{text}>"


EXPORTED = (
    'mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding<@mesh, [{\\22b\\22}, {}]>"}'
)
WHOLE = 16 * 12 * 4

PARTS = {
    shardy('@mesh, [{"a"}, {}]'): WHOLE // 2,
    shardy('@mesh, [{"a", "b"}, {}]'): WHOLE // 8,
    shardy('@mesh, [{"b"}p0, {"a"}p1]'): WHOLE // 8,
    shardy('@mesh, [{}, {"b":(1)2}], replicated={"a"}'): WHOLE // 2,
    shardy('@mesh, [{"b":(2)2}, {"b":(1)2}]'): WHOLE // 4,
    shardy('mesh<["z"=8]>, [{"z"}, {}]'): WHOLE // 8,
    shardy("@mesh, [{}, {}]"): WHOLE,
    EXPORTED: WHOLE // 4,
    gspmd("{replicated}"): WHOLE,
    gspmd("{maximal device=3}"): WHOLE,
    gspmd("{devices=[8,1]<=[8]}"): WHOLE // 8,
    gspmd("{devices=[2,1,4]<=[2,4]T(1,0) last_tile_dim_replicate}"): WHOLE // 2,
    gspmd("{devices=[2,2,2]<=[8] last_tile_dims={replicated}}"): WHOLE // 4,
    gspmd("{devices=[2,4]0,1,2,3,4,5,6,7}"): WHOLE // 8,
    gspmd("{devices=[1,8]<=[2,2,2]T(2,1,0)}"): 16 * 2 * 4,
    gspmd("{devices=[1,5,1]0,1,2,3,4 last_tile_dim_replicate}"): 16 * 3 * 4,
}  # fmt: skip


@pytest.mark.parametrize("sharding", PARTS)
def test_a_device_holds_the_largest_part(sharding: str) -> None:
    found = require_device(divide(sharding)).input_bytes
    assert found == Span(PARTS[sharding], PARTS[sharding])


def test_an_open_dimension_may_be_divided_further() -> None:
    found = require_device(divide(shardy('@mesh, [{"a", ?}, {?}]'))).input_bytes
    assert found == Span(WHOLE // 8, WHOLE // 2)


MISTAKEN = {
    "an unknown mesh": shardy('@other, [{"a"}, {}]'),
    "an unknown axis": shardy('@mesh, [{"z"}, {}]'),
    "another rank": shardy('@mesh, [{"a"}]'),
    "an axis twice": shardy('@mesh, [{"a"}, {"a"}]'),
    "no part of an axis": shardy('@mesh, [{"b":(3)2}, {}]'),
    "no dimensions": shardy("@mesh, 3"),
    "no mesh": shardy("3"),
    "a dimension that is not closed": shardy('@mesh, [{"a"]'),
    "no axis": shardy('@mesh, [{"b":(0)0}, {}]'),
    "tiles of another rank": gspmd("{devices=[8]<=[8]}"),
    "fewer devices than tiles": gspmd("{devices=[4,2]<=[4]}"),
    "fewer devices in a list": gspmd("{devices=[4,2]0,1}"),
    "no permutation": gspmd("{devices=[4,2]<=[4,2]T(0,0)}"),
    "tiles beyond all numbers": gspmd("{devices=[9999999999,9999999999]<=[8]}"),
    "no tiles": gspmd("{devices=[0,8]<=[8]}"),
    "several shardings": gspmd("{{replicated}, {replicated}}"),
    "another word": gspmd("{elsewhere}"),
    "no braces": gspmd("replicated"),
    "very many tiles": gspmd("{devices=[" + "1," * 500 + "8]<=[8]}"),
}


@pytest.mark.parametrize("case", MISTAKEN)
def test_a_sharding_that_cannot_be_is_left_out_and_said(case: str) -> None:
    graph = divide(MISTAKEN[case])
    assert not graph.shardings
    assert any("shardings were left out" in warning for warning in graph.warnings)


AXES = ", ".join(f'"{place}"=9999999999' for place in range(9999))
HOSTILE = {
    "a billion devices": 'sdy.mesh @mesh = <["a"=1000000000]>\n',
    "devices beyond all numbers": 'sdy.mesh @mesh = <["a"=4000000000, "b"=4000000000]>\n',
    "axes without end": f"sdy.mesh @mesh = <[{AXES}]>\n",
    "an axis of nothing": 'sdy.mesh @mesh = <["a"=0]>\n',
    "an axis twice": 'sdy.mesh @mesh = <["a"=2, "a"=4]>\n',
    "no axes": "sdy.mesh @mesh = <[]>\n",
    "no mesh": "sdy.mesh @mesh\n",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_mesh_made_to_hurt_is_read_soon_or_left_out(case: str) -> None:
    graph = ends_soon(lambda: divide(shardy('@mesh, [{"a"}, {}]'), mesh=HOSTILE[case]))
    device = ends_soon(lambda: require(graph)).per_device
    if case == "a billion devices":
        assert device is not None
        assert device.devices == 10**9
        assert device.input_bytes == Span(12 * 4, 12 * 4)  # one row of 16, most have none
    else:
        assert device is None


def test_many_shardings_cost_their_length_only() -> None:
    def make(count: int) -> Callable[[], DeviceRequirement]:
        arguments = ", ".join(
            f'%a{place}: tensor<8x8xf32> {{sdy.sharding = #sdy.sharding<@mesh, [{{"a"}}, {{}}]>}}'
            for place in range(count)
        )
        text = (
            f"module @m attributes {{mhlo.num_partitions = 8 : i32}} {{\n{MESH}"
            f"func.func public @main({arguments}) -> tensor<8x8xf32> {{\n"
            "return %a0 : tensor<8x8xf32>\n}\n}\n"
        )
        return lambda: require_device(read_text(text))

    assert make(1000)().input_bytes == Span(1000 * 128, 1000 * 128)
    grows_in_proportion(make, 5000)


def test_arguments_without_shardings_cost_their_number_only() -> None:
    def make(count: int) -> Callable[[], Graph]:
        arguments = ", ".join(f"%a{place}: tensor<8x8xf32>" for place in range(count))
        text = (
            f"module @m attributes {{mhlo.num_partitions = 8 : i32}} {{\n{MESH}"
            f"func.func public @main({arguments}) -> tensor<8x8xf32> {{\n"
            + "".join(
                f"%{place} = stablehlo.add %a{place}, %a{place} : tensor<8x8xf32>\n"
                for place in range(count)
            )
            + "return %a0 : tensor<8x8xf32>\n}\n}\n"
        )
        return lambda: read_text(text)

    assert make(1000)().partitions == 8
    grows_in_proportion(make, 5000)


def test_a_file_without_shardings_says_nothing_of_devices() -> None:
    graph = read_text(
        "module @m {\nfunc.func public @main(%x: tensor<8xf32>) -> tensor<8xf32> {\n"
        "return %x : tensor<8xf32>\n}\n}\n"
    )
    assert require(graph).per_device is None


def test_what_a_loop_stores_counts_too() -> None:
    graph = read_text(
        f"module @m attributes {{mhlo.num_partitions = 8 : i32}} {{\n{MESH}"
        "func.func public @main(%x: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, "
        '[{"a"}]>}) -> tensor<8xf32> {\n'
        "%r = stablehlo.while(%i = %x) : tensor<8xf32>\n cond {\n"
        "  %t = stablehlo.constant dense<true> : tensor<i1>\n"
        "  stablehlo.return %t : tensor<i1>\n } do {\n"
        "  %c = stablehlo.constant dense<2.0> : tensor<8xf32>\n"
        "  %s = stablehlo.add %i, %c : tensor<8xf32>\n"
        "  stablehlo.return %s : tensor<8xf32>\n }\n"
        "return %r : tensor<8xf32>\n}\n}\n"
    )
    requirement = require(graph)
    assert requirement.per_device is not None
    assert requirement.per_device.constant_bytes is not None
    assert requirement.per_device.constant_bytes.most == requirement.memory.constant_bytes > 0
