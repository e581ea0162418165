"""ResNet-50 at batch 1: figures that every published source agrees on."""

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.bindings import NO_BINDINGS, Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.unit.graph.building import build_resnet50


def requirement(batch: int | str, bindings: Bindings = NO_BINDINGS) -> IRRequirement:
    return extract(
        infer(build_resnet50(batch), bindings),
        name="resnet50",
        sha256="0" * 64,
        size_bytes=1,
        reader_name="test",
        bindings={},
    )


def test_resnet50_has_the_published_multiply_adds_and_parameters() -> None:
    found = requirement(1)
    assert found.compute.macs == 4_089_184_256
    assert found.memory.parameter_bytes == 4 * 25_557_032
    assert found.outputs[0].shape == (1, 1000)
    assert found.warnings == ()


def test_resnet50_fuses_to_one_step_per_convolution() -> None:
    found = requirement(1)
    counts = {
        kind: sum(w.count for w in found.work if w.kind == kind)
        for kind in ("convolution", "contraction", "reduction", "elementwise", "movement")
    }
    assert counts == {
        "convolution": 53,
        "contraction": 1,
        "reduction": 2,
        "elementwise": 0,
        "movement": 0,
    }


def test_the_peak_of_resnet50_is_its_first_sum_and_grows_with_the_batch() -> None:
    one = requirement(1).memory.activation_peak_bytes
    # first residual block: shortcut, convolution result and its normalisation, 256 x 56 x 56 each
    assert one == 3 * 4 * 256 * 56 * 56
    assert requirement("N", Bindings(batch=8)).memory.activation_peak_bytes == 8 * one


def test_a_fixed_batch_is_inferred_anew() -> None:
    found = requirement(1, Bindings(batch=4))
    assert found.compute.macs == 4 * 4_089_184_256
    assert found.outputs[0].shape == (4, 1000)


def test_an_unbound_batch_leaves_work_open_but_not_the_weights() -> None:
    found = requirement("N")
    assert found.compute.macs is None
    assert found.memory.activation_peak_bytes is None
    assert found.memory.parameter_bytes == 4 * 25_557_032
    assert "the dimension 'N' open" in found.warnings[0]


def test_another_resolution_is_inferred_anew() -> None:
    bigger = TensorType(None, (1, 3, 448, 448))
    found = requirement(1, Bindings(inputs={"image": bigger}))
    stem_to_pool = 4_089_184_256 - 2048 * 1000
    assert found.compute.macs == 4 * stem_to_pool + 2048 * 1000
