"""Programs for several devices: what is cut already and what is not."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement, Span
from tests.readers.hlo.files import DATA, read_bytes, read_text

FOLDER = DATA / "shardings"
ARGUMENTS = 81920
"""Bytes of both arguments of nested on each device, by XLA's memory analysis."""


def require(data: bytes) -> IRRequirement:
    return extract(
        infer(read_bytes(data)),
        name="m",
        sha256=None,
        size_bytes=1,
        reader_name="hlo",
        bindings={},
    )


@pytest.mark.parametrize("name", ["nested.hlo", "nested.hlo.pb"])
def test_parameters_of_an_uncut_program_are_divided(name: str) -> None:
    requirement = require((FOLDER / name).read_bytes())
    device = requirement.per_device
    assert device is not None
    assert (requirement.partitions, device.devices) == (8, 8)
    assert device.input_bytes == Span(ARGUMENTS, ARGUMENTS)
    assert requirement.memory.input_bytes == (128 * 256 + 256 * 512) * 4


def test_a_compiled_program_is_that_of_one_device() -> None:
    requirement = require((FOLDER / "replicated_in_part_compiled.hlo").read_bytes())
    assert requirement.partitions == 8
    assert requirement.per_device is None
    assert requirement.memory.input_bytes == 327680


@pytest.mark.parametrize(
    ("groups", "size"),
    [
        ("mesh['a'=2,'b'=4] {'b'}", 4),
        ("mesh['a'=2,'b'=4], device_ids=([4,2]T(1,0)) {'a'}", 2),
        ("mesh['a'=2,'b'=4] {'a','b':(1)2}", 4),
        ("mesh['a'=2,'b'=4] {'c'}", 8),
        ("mesh['a'=9999999999,'b'=9999999999] {'a','b'}", 8),
        ("{{0,1},{2,3}}", 2),
    ],
)
def test_groups_by_the_axes_of_a_mesh_are_counted(groups: str, size: int) -> None:
    graph = read_text(
        "HloModule m, num_partitions=8\n\n%s (a: f32[], b: f32[]) -> f32[] {\n"
        "  %a = f32[] parameter(0)\n  %b = f32[] parameter(1)\n  ROOT %c = f32[] add(%a, %b)\n}\n\n"
        "ENTRY %e (x: f32[8]) -> f32[8] {\n  %x = f32[8] parameter(0)\n"
        f"  ROOT %r = f32[8] all-reduce(%x), replica_groups={groups}, to_apply=%s\n}}\n"
    )
    assert graph.body.nodes[0].attributes["group_size"] == size


MISTAKEN = ["{devices=[4,2]<=[9]}", "{devices=[3]<=[3]}", "{elsewhere}", "{devices=[0]}"]


@pytest.mark.parametrize("sharding", MISTAKEN)
def test_a_sharding_that_cannot_be_is_left_out_and_said(sharding: str) -> None:
    graph = read_text(
        "HloModule m, num_partitions=8\n\nENTRY %e (x: f32[8,8]) -> f32[8,8] {\n"
        f"  ROOT %x = f32[8,8] parameter(0), sharding={sharding}\n}}\n"
    )
    assert not graph.shardings
    assert any("shardings were left out" in warning for warning in graph.warnings)


def test_collectives_outside_of_regions_show_a_program_of_one_device() -> None:
    graph = read_text(
        "HloModule m, num_partitions=8\n\nENTRY %e (x: f32[8]) -> f32[64] {\n"
        "  %x = f32[8] parameter(0), sharding={devices=[8]<=[8]}\n"
        "  ROOT %r = f32[64] all-gather(%x), replica_groups=[1,8]<=[8], dimensions={0}\n}\n"
    )
    assert not graph.shardings


def constrain(sharding: str) -> bytes:
    """A program whose parameters have no sharding, as jax writes it for a constraint within."""
    return (
        "HloModule jit_f, num_partitions=8\n\nENTRY %main (x: f32[128,128], w: f32[128,256]) ->"
        " f32[128,256] {\n  %x = f32[128,128] parameter(0)\n"
        '  %c = f32[128,128] custom-call(%x), custom_call_target="Sharding", '
        f"sharding={sharding}\n"
        "  %w = f32[128,256] parameter(1)\n  ROOT %d = f32[128,256] dot(%c, %w), "
        "lhs_contracting_dims={1}, rhs_contracting_dims={0}\n}\n"
    ).encode()


def test_parameters_without_shardings_may_be_divided_as_values_within_are() -> None:
    """XLA cuts x to 16x128 and leaves w whole: 139264 bytes of arguments."""
    requirement = require(constrain("{devices=[8,1]<=[8]}"))
    device = requirement.per_device
    assert device is not None
    assert device.input_bytes is not None
    whole = (128 * 128 + 128 * 256) * 4
    assert device.input_bytes == Span(whole // 8, whole)
    assert device.input_bytes.least <= 139264 <= device.input_bytes.most


def test_where_nothing_is_divided_each_device_holds_all() -> None:
    assert require(constrain("{replicated}")).per_device is None
