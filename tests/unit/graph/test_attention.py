"""Attention that a file spells out is one operation; what only looks like it is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.domain.graph.graph import Block
from cyborg_rr.domain.graph.inference.attention.finding import find_attentions
from cyborg_rr.domain.graph.inference.bindings import NO_BINDINGS
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.work.workload import find_workload
from tests.patience import grows_in_proportion
from tests.unit.graph.attending import (
    BATCH,
    FORMS,
    HEADS,
    KEYS,
    QUERIES,
    UNLIKE,
    VALUES,
    WIDTH,
    AttentionBuilder,
    build,
    plain,
    scaled_on_both_sides,
)

Form = Callable[[AttentionBuilder], str]
MACS = BATCH * HEADS * QUERIES * KEYS * (WIDTH + VALUES)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_is_one_attention(form: Form) -> None:
    (found,) = find_attentions(build(form).infer().body)
    assert (found.heads, found.queries, found.keys) == (BATCH * HEADS, QUERIES, KEYS)
    assert (found.width, found.value_width) == (WIDTH, VALUES)


@pytest.mark.parametrize("form", UNLIKE, ids=lambda form: form.__name__)
def test_what_only_looks_like_attention_is_none(form: Form) -> None:
    assert find_attentions(build(form).infer().body) == ()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_scores_that_somebody_else_reads_are_stored(form: Form) -> None:
    built = build(form)
    (found,) = find_attentions(built.infer().body)
    other = built.builder.node("reduce", found.scores, function="max", axes=(1,))
    assert find_attentions(built.infer(built.builder.node("negate", other)).body) == ()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_scores_and_probabilities_that_are_outputs_are_stored(form: Form) -> None:
    built = build(form)
    typed = built.infer()
    (found,) = find_attentions(typed.body)
    weights = next(
        name for name in typed.body.block.nodes[found.last].inputs
        if typed.body.type_of(name).elements == BATCH * HEADS * QUERIES * KEYS
    )  # fmt: skip
    for name in (found.scores, weights):
        assert find_attentions(built.infer(name).body) == ()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_one_kernel_does_what_the_kernels_do_that_it_replaces(form: Form) -> None:
    workload = find_workload(build(form).infer())
    ((found, count),) = workload.attentions.items()
    kernels = list(workload.kernels.elements())
    for kernel in found.replaced:
        kernels.remove(kernel)
    assert count == 1
    assert found.kernel.macs == MACS == workload.macs
    for figure in ("macs", "flops_other", "transcendentals"):
        total = sum(getattr(kernel, figure) for kernel in found.replaced)
        assert getattr(found.kernel, figure) == total
    spelled = sum(kernel.bytes_read + kernel.bytes_written for kernel in found.replaced)
    assert found.kernel.bytes_read + found.kernel.bytes_written < spelled - 2 * found.score_bytes
    assert not any(kernel.macs for kernel in kernels)


def test_only_what_scales_query_and_key_alike_was_called_as_one() -> None:
    told = {form: find_attentions(build(form).infer().body)[0].called for form in FORMS}
    assert [form for form, called in told.items() if called] == [scaled_on_both_sides]


def test_a_single_operation_is_an_attention_that_is_called() -> None:
    b = AttentionBuilder()
    q, k, v = b.heads()
    workload = find_workload(b.infer(b.node("attention", q, k, v, outputs=1)))
    ((found, _),) = workload.attentions.items()
    assert found.called
    assert found.replaced == (found.kernel,)
    assert found.score_bytes == BATCH * HEADS * QUERIES * KEYS * 4


def test_two_attentions_one_behind_the_other_are_two() -> None:
    b = AttentionBuilder()
    x = b.node("matmul", plain(b), b.parameter(VALUES, WIDTH))
    probabilities = b.node("softmax", b.scale(b.scores(x, "k")), axis=-1)
    workload = find_workload(b.infer(b.node("matmul", probabilities, "v")))
    assert sum(workload.attentions.values()) == 2


def test_attentions_of_a_loop_count_as_often_as_it_runs() -> None:
    body = AttentionBuilder()
    step, going = body.input("i", element_type="i64"), body.input("c", element_type="i1")
    result = plain(body)
    block = Block(
        {name: body.inputs[name] for name in (step, going)},
        (going, result), tuple(body.nodes), body.stored,
    )  # fmt: skip
    b = AttentionBuilder()
    b.heads()
    trips, always = b.constant(4), b.constant((True,), "i1", ())
    workload = find_workload(b.infer(b.node("loop", trips, always, blocks=(block,))))
    assert sum(workload.attentions.values()) == 4


def test_recognition_grows_in_proportion_to_the_graph() -> None:
    def find(layers: int) -> Callable[[], object]:
        b = AttentionBuilder()
        q, k, v = b.heads()
        for _ in range(layers):
            x = b.node("softmax", b.scale(b.scores(q, k)), axis=-1)
            q = b.node("matmul", b.node("matmul", x, v), b.parameter(VALUES, WIDTH))
        graph = b.graph(q)

        def run() -> object:
            return find_attentions(infer(graph, NO_BINDINGS).body)

        return run

    grows_in_proportion(find, 200)
