"""One program in all its forms asks for the same, and for what XLA itself says of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.readers.hlo.files import DATA, FILES, read, read_text, require

COUNTS = json.loads((DATA / "oracle" / "counts.json").read_text())

FORMS = {
    "convolutions": ("convolutions.hlo", "convolutions.hlo.pb", "convolutions_compiled.hlo"),
    "encoder": ("encoder.hlo.pb", "encoder_compiled.hlo"),
    "loops": ("loops.hlo", "loops.hlo.pb", "loops_compiled.hlo", "loops_planned.hlo.pb"),
    "train": ("train.hlo", "train.hlo.pb", "train_typed.hlo", "train_planned.hlo.pb"),
}


def stored_and_given(requirement: IRRequirement) -> int:
    """Bytes of all arguments, weights or not."""
    return requirement.memory.parameter_bytes + (requirement.memory.input_bytes or 0)


@pytest.mark.parametrize("name", FORMS)
def test_all_forms_of_a_program_have_the_same_weights_and_products(name: str) -> None:
    found = [require(read(form)) for form in FORMS[name]]
    assert len({one.compute.macs for one in found}) == 1
    assert found[0].compute.macs
    assert len({one.memory.parameter_bytes for one in found}) == 1
    assert found[0].memory.parameter_bytes
    assert len({one.memory.aliased_bytes for one in found}) == 1


def test_the_encoder_is_the_one_that_stablehlo_describes() -> None:
    # 4 layers of 2 products: 8 x 128 x 512 x 2048 each; their weights and norms, in bf16.
    found = require(read("encoder_compiled.hlo"))
    assert found.compute.macs == 4 * 2 * 8 * 128 * 512 * 2048
    assert found.memory.parameter_bytes == 4 * (2 * 512 * 2048 + 512) * 2


@pytest.mark.parametrize("name", ["assorted.hlo.pb", "convolutions.hlo", "loops.hlo", "train.hlo"])
def test_arguments_are_as_large_as_xla_says(name: str) -> None:
    stem = name.partition(".")[0]
    found = require(read(name))
    assert stored_and_given(found) == COUNTS[stem]["arguments"]
    assert found.memory.aliased_bytes == COUNTS[stem]["aliased"]


@pytest.mark.parametrize("name", ["loops", "train", "sharded"])
def test_a_buffer_assignment_gives_the_temporaries_that_xla_reserves(name: str) -> None:
    graph = read(f"{name}_planned.hlo.pb")
    found = require(graph).memory
    assert found.activation_peak_bytes == COUNTS[name]["temporaries"]
    assert found.activation_peak_method == "buffer_assignment"
    reckoned = require(replace(graph, memory_plan=None)).memory
    assert reckoned.activation_peak_method is None


def test_products_of_a_training_step_are_those_of_xla() -> None:
    # XLA counts two flops a multiply-add and one for each other step.
    found = require(read("train.hlo")).compute
    assert found.flops
    assert found.flops == pytest.approx(COUNTS["train"]["flops"], rel=0.1)


def test_loops_are_multiplied() -> None:
    # A scan over 3 layers, 5 trips, one branch of each conditional: products of 4x8 by 8x8.
    assert require(read("loops.hlo")).compute.macs == (3 + 5 + 1 + 1) * 4 * 8 * 8


def test_devices_are_kept() -> None:
    assert read("sharded_compiled.hlo").partitions == 4
    header = "HloModule m, num_partitions=8, replica_count=2\n"
    graph = read_text(header + "ENTRY e {\n  ROOT p = f32[] parameter(0)\n}\n")
    assert (graph.partitions, graph.replicas) == (8, 2)


@pytest.mark.parametrize("name", FILES)
def test_no_operation_of_an_export_is_unknown(name: str) -> None:
    graph = read(name)
    assert graph.completeness == "full"
    assert not require(graph).unknown_operations


@pytest.mark.parametrize("name", ["assorted", "train"])
def test_types_before_operands_change_nothing(name: str) -> None:
    typed = read(f"{name}_typed.hlo")
    text = FILES[f"{name}_typed.hlo"].read_text()
    bare = text.replace("%", "")
    assert repr(read_text(bare).body) == repr(typed.body)
