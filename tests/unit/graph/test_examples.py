"""Sizes that are offered for what a model leaves open: they fit the model, or none are offered."""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference import examples
from cyborg_rr.domain.graph.inference.bindings import NO_BINDINGS
from cyborg_rr.domain.graph.inference.examples import find_example
from cyborg_rr.domain.graph.inference.inference import infer
from tests.unit.graph.building import GraphBuilder


def product(width: int, rank: int | None = None) -> Graph:
    """A product with a stored matrix; the input has no shape, or one of that rank."""
    builder = GraphBuilder()
    left = builder.input("x", *("?" * (rank or 0)))
    result = builder.node("matmul", left, builder.parameter(width, 4))
    graph = builder.graph(result)
    shape = None if rank is None else tuple("?" * rank)
    body = replace(graph.body, inputs={"x": TensorType("f32", shape)})
    return replace(graph, body=body)


def offer(graph: Graph) -> dict[str, TensorType]:
    return find_example(infer(graph), NO_BINDINGS)


def test_an_input_without_a_shape_gets_the_width_of_the_weights() -> None:
    assert offer(product(37)) == {"x": TensorType(None, (1, 37))}


def test_a_model_that_no_guess_fits_gets_no_example() -> None:
    assert offer(product(37, rank=2)) == {}


def test_a_large_model_gets_an_example_that_nobody_tried() -> None:
    graph = product(37, rank=2)
    many = replace(graph.body, nodes=graph.body.nodes * (examples.MAX_TRIED_NODES + 1))
    typed = replace(infer(graph), graph=replace(graph, body=many))
    assert find_example(typed, NO_BINDINGS)


def test_latents_get_the_sizes_of_latents_and_not_of_images() -> None:
    builder = GraphBuilder()
    video = builder.input("video", "batch", 16, "latent_frames", "latent_height", "latent_width")
    builder.input("image_tokens", "batch", "image_length", 64)
    sizes = offer(builder.graph(builder.node("relu", video)))
    assert {name: tensor.shape for name, tensor in sizes.items()} == {
        "batch": (1,), "latent_frames": (21,), "latent_height": (128,), "latent_width": (128,),
        "image_length": (4096,),
    }  # fmt: skip
