"""Forms in which exporters spell attention, and such as only look like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from tests.unit.graph.building import GraphBuilder

BATCH, HEADS, QUERIES, KEYS, WIDTH, VALUES = 2, 3, 5, 7, 4, 6
Heads = tuple[str, str, str]


class AttentionBuilder(GraphBuilder):
    """Builds attention of (B, H, S, D) step by step."""

    def heads(self, element_type: str = "f32") -> Heads:
        """Query, key and value with the heads in the second dimension."""
        return tuple(
            self.input(name, BATCH, HEADS, *sizes, element_type=element_type)
            for name, sizes in (
                ("q", (QUERIES, WIDTH)), ("k", (KEYS, WIDTH)), ("v", (KEYS, VALUES)),
            )
        )  # type: ignore[return-value]  # fmt: skip

    def scores(self, query: str, key: str) -> str:
        turned = self.node("transpose", key, permutation=(0, 1, 3, 2))
        return self.node("matmul", query, turned)

    def scale(self, x: str, operation: str = "multiply", element_type: str = "f32") -> str:
        return self.node(operation, x, self.constant(0.5, element_type))

    def spelled_softmax(self, x: str, *, keeps: bool = True) -> str:
        """Exponentials of what is left of the largest, over their sum, as StableHLO has it."""
        largest = self.spread(self.node("reduce", x, function="max", axes=(3,)), x)
        powers = self.node("exp", self.node("subtract", x, largest) if keeps else x)
        wide = self.node("convert", powers, element_type="f32")
        total = self.node("reduce", wide, function="sum", axes=(3,))
        return self.node("divide", powers, self.spread(total, x))

    def spread(self, x: str, like: str) -> str:
        return self.node(
            "broadcast_in_dim",
            x,
            broadcast_dimensions=(0, 1, 2),
            shape=SCORES,
            name=f"s_{x}_{like}",
        )


SCORES: Final = (BATCH, HEADS, QUERIES, KEYS)


def plain(b: AttentionBuilder) -> str:
    q, k, v = b.heads()
    return b.node("matmul", b.node("softmax", b.scale(b.scores(q, k)), axis=-1), v)


def divided_and_masked(b: AttentionBuilder) -> str:
    """BERT: scores over the root of the width, a mask of (B, 1, 1, K) added."""
    q, k, v = b.heads()
    x = b.node("add", b.scale(b.scores(q, k), "divide"), b.input("mask", BATCH, 1, 1, KEYS))
    return b.node("matmul", b.node("softmax", x, axis=3), v)


def masked_in_the_graph(b: AttentionBuilder) -> str:
    """GPT-2: a choice between scores and a number, by a triangle made in the graph."""
    q, k, v = b.heads()
    ones = b.constant([1.0] * (QUERIES * KEYS), "f32", (QUERIES, KEYS))
    seen = b.node("compare", b.node("trilu", ones), b.constant(1.0, "f32"), direction="EQ")
    x = b.node("select", seen, b.scale(b.scores(q, k)), b.constant(-1e9, "f32"))
    return b.node("matmul", b.node("softmax", x, axis=-1), v)


def before_operator_set_13(b: AttentionBuilder) -> str:
    """The axis from which on all are taken together is the last one."""
    q, k, v = b.heads()
    return b.node("matmul", b.node("softmax", b.scores(q, k), flatten_axis=3), v)


def scaled_on_both_sides(b: AttentionBuilder) -> str:
    """A call of torch as it is exported: the root of the scale on either side, NaN replaced."""
    q, k, v = b.heads()
    turned = b.node("transpose", k, permutation=(0, 1, 3, 2))
    x = b.node("softmax", b.node("matmul", b.scale(q), b.scale(turned)), axis=-1)
    x = b.node("select", b.node("is_nan", x), b.constant(0.0, "f32"), x)
    return b.node("matmul", x, v)


def with_rows_told_apart(b: AttentionBuilder) -> str:
    """Torch's safe softmax: rows that are masked as a whole become zeros."""
    q, k, v = b.heads()
    x = b.node("add", b.scores(q, k), b.input("mask", *SCORES))
    masked = b.node("compare", x, b.constant(-1e30, "f32"), direction="EQ")
    rows = b.node("reduce", b.node("not", masked), function="or", axes=(3,), keep_dimensions=True)
    x = b.node("select", rows, b.node("softmax", x, axis=-1), b.constant(0.0, "f32"))
    return b.node("matmul", x, v)


def heads_in_the_batch(b: AttentionBuilder) -> str:
    """U-Nets and OPT: products of rank 3, a mask of rank 4 between."""
    q, k, v = b.heads()
    flat = [
        b.node("reshape", x, b.constant([BATCH * HEADS, *sizes]))
        for x, sizes in ((q, (QUERIES, WIDTH)), (k, (KEYS, WIDTH)), (v, (KEYS, VALUES)))
    ]
    turned = b.node("transpose", flat[1], permutation=(0, 2, 1))
    x = b.node("reshape", b.node("matmul", flat[0], turned), b.constant(list(SCORES)))
    x = b.node("add", x, b.input("mask", BATCH, 1, QUERIES, KEYS))
    x = b.node("reshape", x, b.constant([BATCH * HEADS, QUERIES, KEYS]))
    return b.node("matmul", b.node("softmax", x, axis=-1), flat[2])


def windows_with_bias(b: AttentionBuilder) -> str:
    """Swin: a bias by relative position, then a mask of the windows of an image."""
    q, k, v = b.heads()
    x = b.node("add", b.scores(b.scale(q), k), b.parameter(1, HEADS, QUERIES, KEYS))
    x = b.node("reshape", x, b.constant([1, BATCH, HEADS, QUERIES, KEYS]))
    x = b.node("add", x, b.input("windows", 1, BATCH, 1, QUERIES, KEYS))
    x = b.node("reshape", x, b.constant(list(SCORES)))
    return b.node("matmul", b.node("softmax", x, axis=-1), v)


def capped(b: AttentionBuilder) -> str:
    """Gemma 2: scores kept below a bound by tanh."""
    q, k, v = b.heads()
    x = b.scale(b.node("tanh", b.scale(b.scores(q, k), "divide")))
    return b.node("matmul", b.node("softmax", x, axis=-1), v)


def softmax_in_a_wider_type(b: AttentionBuilder) -> str:
    q, k, v = b.heads("f16")
    x = b.node("convert", b.scores(q, k), element_type="f32")
    x = b.node("convert", b.node("softmax", x, axis=-1), element_type="f16")
    return b.node("matmul", b.node("identity", x), v)


def grouped_heads(b: AttentionBuilder) -> str:
    """Keys and values of one head for all of a sequence, repeated before."""
    q = b.input("q", BATCH, HEADS, QUERIES, WIDTH)
    k, v = (
        b.node(
            "reshape",
            b.node(
                "expand",
                b.input(name, BATCH, 1, 1, KEYS, width),
                b.constant([BATCH, 1, HEADS, KEYS, width]),
            ),
            b.constant([BATCH, HEADS, KEYS, width]),
        )
        for name, width in (("k", WIDTH), ("v", VALUES))
    )
    return b.node("matmul", b.node("softmax", b.scores(q, k), axis=-1), v)


def spelled_softmax(b: AttentionBuilder) -> str:
    """JAX: general dot products, the softmax in parts, sums in f32."""
    q, k, v = b.heads("bf16")
    batch = {"lhs_batching": (0, 1), "rhs_batching": (0, 1)}
    x = b.node("dot_general", q, k, lhs_contracting=(3,), rhs_contracting=(3,), **batch)
    x = b.spelled_softmax(b.scale(x, element_type="bf16"))
    return b.node("dot_general", x, v, lhs_contracting=(3,), rhs_contracting=(2,), **batch)


def multiplied_by_the_reciprocal(b: AttentionBuilder) -> str:
    """TOSA and what becomes of it: one over the sum, a bound below which no sum is."""
    q, k, v = b.heads()
    x = b.scores(q, k)
    powers = b.node("exp", x)
    total = b.node("reduce", powers, function="sum", axes=(3,), keep_dimensions=True)
    total = b.node("maximum", total, b.constant(1e-9, "f32"))
    inverse = b.node("divide", b.constant(1.0, "f32"), total)
    return b.node("matmul", b.node("multiply", powers, inverse), v)


def masked_by_a_function(b: AttentionBuilder) -> str:
    """JAX: ``jnp.where`` is a function of the module."""
    scores = TensorType("f32", SCORES)
    arguments = {"m": TensorType("i1", (QUERIES, KEYS)), "x": scores, "n": TensorType("f32", ())}
    repeat = Node(
        "broadcast_in_dim", "", ("m",), ("r",), {"broadcast_dimensions": (2, 3), "shape": SCORES}
    )
    number = Node(
        "broadcast_in_dim", "", ("n",), ("f",), {"broadcast_dimensions": (), "shape": SCORES}
    )
    where = Node("select", "select", ("r", "x", "f"), ("y",))
    function = Block(arguments, ("y",), (repeat, number, where))
    q, k, v = b.heads()
    mask = b.input("mask", QUERIES, KEYS, element_type="i1")
    x = b.node("call", mask, b.scores(q, k), b.constant(-1e9, "f32"), blocks=(function,))
    return b.node("matmul", b.spelled_softmax(x), v)


def as_sums_of_products(b: AttentionBuilder) -> str:
    """Keras: heads in the third dimension, index letters instead of transposes."""
    q, k, v = (
        b.input(name, BATCH, length, HEADS, width)
        for name, length, width in (
            ("q", QUERIES, WIDTH), ("k", KEYS, WIDTH), ("v", KEYS, VALUES),
        )
    )  # fmt: skip
    x = b.node("softmax", b.node("einsum", k, q, equation="bkhd,bqhd->bhqk"), axis=-1)
    return b.node("einsum", x, v, equation="bhqk,bkhe->bqhe")


def keys_in_front(b: AttentionBuilder) -> str:
    """Scores of keys by queries, of which the softmax takes the first of the last two."""
    q, k, v = b.heads()
    x = b.node("matmul", k, q, trans_b=True)
    return b.node("matmul", b.node("softmax", x, axis=2), v, trans_a=True)


def batch_matmul_with_flags(b: AttentionBuilder) -> str:
    """TFLite: the right side turned by a flag, no transposes."""
    q, k, v = b.heads()
    x = b.node("matmul", q, k, trans_b=True)
    return b.node("matmul", b.node("softmax", x, axis=-1), v)


FORMS: Final[tuple[Callable[[AttentionBuilder], str], ...]] = (
    plain, divided_and_masked, masked_in_the_graph, before_operator_set_13, scaled_on_both_sides,
    with_rows_told_apart, heads_in_the_batch, windows_with_bias, capped, softmax_in_a_wider_type,
    grouped_heads, spelled_softmax, multiplied_by_the_reciprocal, masked_by_a_function,
    as_sums_of_products, keys_in_front, batch_matmul_with_flags,
)  # fmt: skip
"""Each is an attention of all heads above; a new form is a function here."""


def softmax_along_queries(b: AttentionBuilder) -> str:
    q, k, v = b.heads()
    return b.node("matmul", b.node("softmax", b.scores(q, k), axis=2), v)


def softmax_along_two(b: AttentionBuilder) -> str:
    q, k, v = b.heads()
    return b.node("matmul", b.node("softmax", b.scores(q, k), flatten_axis=2), v)


def scores_bent(b: AttentionBuilder) -> str:
    """No kernel of attention puts another function between."""
    q, k, v = b.heads()
    return b.node("matmul", b.node("softmax", b.node("relu", b.scores(q, k)), axis=-1), v)


def dropped_out(b: AttentionBuilder) -> str:
    q, k, v = b.heads()
    training = b.constant((True,), "i1", ())
    x = b.node("softmax", b.scores(q, k), axis=-1)
    x = b.node("dropout", x, b.constant(0.1, "f32"), training, outputs=1)
    return b.node("matmul", x, v)


def weighted_twice(b: AttentionBuilder) -> str:
    """Probabilities on both sides of a product."""
    q = b.input("q", BATCH, HEADS, KEYS, WIDTH)
    x = b.node("softmax", b.scores(q, q), axis=-1)
    return b.node("matmul", x, x)


def divided_by_another_sum(b: AttentionBuilder) -> str:
    q, k, v = b.heads()
    x = b.scores(q, k)
    powers = b.node("exp", x)
    total = b.node("reduce", b.input("other", *SCORES), function="sum", axes=(3,))
    return b.node("matmul", b.node("divide", powers, b.spread(total, x)), v)


def a_router_of_experts(b: AttentionBuilder) -> str:
    """Probabilities of a softmax that no product makes."""
    v = b.input("v", BATCH, HEADS, KEYS, VALUES)
    return b.node("matmul", b.node("softmax", b.input("x", *SCORES), axis=-1), v)


def over_stored_embeddings(b: AttentionBuilder) -> str:
    """A mean of embeddings by what they are like: keys and values are weights."""
    q = b.input("q", BATCH, HEADS, QUERIES, WIDTH)
    table = b.parameter(BATCH, HEADS, KEYS, WIDTH)
    return b.node("matmul", b.node("softmax", b.scores(q, table), axis=-1), table)


def wider_than_any_head(b: AttentionBuilder) -> str:
    q, k = (b.input(name, BATCH, HEADS, size, 512) for name, size in (("q", QUERIES), ("k", KEYS)))
    v = b.input("v", BATCH, HEADS, KEYS, VALUES)
    return b.node("matmul", b.node("softmax", b.scores(q, k), axis=-1), v)


UNLIKE: Final[tuple[Callable[[AttentionBuilder], str], ...]] = (
    softmax_along_queries, softmax_along_two, scores_bent, dropped_out, weighted_twice,
    divided_by_another_sum, a_router_of_experts, over_stored_embeddings, wider_than_any_head,
)  # fmt: skip
"""None of these may run as attention."""


@dataclass(frozen=True)
class Built:
    """A form with its graph, in which the last node makes the result."""

    builder: AttentionBuilder
    result: str

    def infer(self, *more: str) -> TypedGraph:
        """The graph with further outputs."""
        return self.builder.infer(self.result, *more)


def build(form: Callable[[AttentionBuilder], str]) -> Built:
    """A form as a graph of its own."""
    builder = AttentionBuilder()
    return Built(builder, form(builder))
