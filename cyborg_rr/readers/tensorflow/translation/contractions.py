"""Rules for operations that sum products, and cells of recurrent layers that are made of them.

Operands: tensorflow/core/ops/{math_ops,linalg_ops,rnn_ops}.cc.
"""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.contracting import go_left_to_right, spell_products
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import NativeTensorflowNode, Rule


def matmul(left: str, right: str) -> Rule:
    """MatMul, BatchMatMul...: the attributes say which side is transposed."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        return [
            node.step(
                "matmul",
                node.inputs[:2],
                trans_a=node.flag(left) or None,
                trans_b=node.flag(right) or None,
                element_type=node.element("Tout"),
            )
        ]

    return rule


def einsum(node: NativeTensorflowNode) -> list[Step]:
    """Einsum of two tensors at most: tf.einsum takes others apart before it writes them."""
    equation, count = node.text("equation"), len(node.inputs)
    if not equation:
        return unknown(node)
    return spell_products(node, equation, node.inputs, go_left_to_right(count))


_ACTIVATIONS: dict[str, tuple[str, dict[str, AttributeValue]]] = {
    "Relu": ("relu", {}),
    "Relu6": ("clamp", {"minimum": 0.0, "maximum": 6.0}),
    "Elu": ("elu", {}),
    "Tanh": ("tanh", {}),
    "Sigmoid": ("sigmoid", {}),
    "LeakyRelu": ("leaky_relu", {"alpha": 0.2}),
    "GeluApproximate": ("gelu", {}),
    "GeluExact": ("gelu", {}),
}


def fused(rule: Rule) -> Rule:
    """_FusedConv2D, _FusedMatMul: a bias and an activation behind, as ``fused_ops`` names them."""

    def with_rest(node: NativeTensorflowNode) -> list[Step]:
        names = node.attribute("fused_ops")
        words = names if isinstance(names, tuple) else ()
        operations: list[tuple[str, tuple[str, ...], dict[str, AttributeValue]]] = []
        operand = 2
        for word in words:
            if word in ("BiasAdd", "Add"):
                first = word == "BiasAdd" and node.has("data_format") and node.is_channels_first()
                extra: dict[str, AttributeValue] = {"broadcast_axis": 1} if first else {}
                operations.append(("add", node.inputs[operand : operand + 1], extra))
                operand += 1
            elif isinstance(word, str) and word in _ACTIVATIONS:
                name, attributes = _ACTIVATIONS[word]
                operations.append((name, (), attributes))
            else:
                return unknown(node)
        steps = rule(node)
        if steps[-1].operation == "unknown" or not operations:
            return steps
        for place, (name, others, attributes) in enumerate(operations):
            before = node.fresh(f"fused{place}")
            last = steps.pop()
            stated = {**last.stated, **node.typed(before)}
            steps.append(Step(last.operation, last.inputs, (before,), last.attributes, stated))
            if name == "add" and others:
                node.known.mark(others[0])
            steps.append(Step(name, (before, *others), node.outputs[:1], attributes))
        return steps

    return with_rest


def lstm_cell(node: NativeTensorflowNode) -> list[Step]:
    """LSTMBlockCell(x, state, output before, weights, three peepholes, bias): one step."""
    both, gates, biased, squashed, gated = (
        node.fresh(word) for word in ("both", "gates", "biased", "squashed", "gated")
    )
    known = node.typed(both, gates, biased, squashed, gated)
    parts = tuple(node.fresh(word) for word in ("i", "ci", "f", "o"))
    steps = [
        node.step("concatenate", (node.input(0), node.input(2)), (both,), known, axis=1),
        node.step("matmul", (both, node.input(3)), (gates,)),
        node.step("add", (gates, node.input(7)), (biased,)),
        node.step("sigmoid", (biased,), (squashed,)),
        node.step("split", (squashed,), parts, node.typed(*parts), axis=1, num_outputs=4),
        node.step("multiply", (parts[0], parts[1]), (gated,)),
    ]
    states = [name or node.fresh(f"state{place}") for place, name in enumerate(node.outputs)]
    states += [node.fresh(f"state{place}") for place in range(len(states), 7)]
    i, cs, f, o, ci, co, h = states
    kept = node.fresh("kept")
    extra = node.typed(kept, *(name for name in states if name not in node.outputs))
    handed = [
        node.step("identity", (source,), (target,))
        for source, target in zip(parts, (i, ci, f, o), strict=True)
        if target in node.outputs
    ]
    return [
        *steps,
        *handed,
        node.step("multiply", (parts[2], node.input(1)), (kept,), extra),
        node.step("add", (kept, gated), (cs,)),
        node.step("tanh", (cs,), (co,)),
        node.step("multiply", (co, parts[3]), (h,)),
    ]
