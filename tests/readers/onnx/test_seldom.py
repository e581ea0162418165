"""Sequences, signals, classic learning and training steps, run by the reference evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, Node
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source

X = numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4)
TABLE = numpy.arange(12, dtype=numpy.float32).reshape(3, 4)
WORDS = numpy.array(["a b", "c", "the"], dtype=object)


def whole(*numbers: int) -> numpy.ndarray[Any, Any]:
    return numpy.array(numbers, dtype=numpy.int64)


def lone(number: int) -> numpy.ndarray[Any, Any]:
    return numpy.array(number, dtype=numpy.int64)


def make(
    nodes: list[Any],
    inputs: dict[str, numpy.ndarray[Any, Any]],
    stored: dict[str, numpy.ndarray[Any, Any]],
    outputs: list[str],
) -> ModelProto:
    """A model of nodes, whose inputs have the types of these arrays."""
    kinds = {numpy.dtype(object): TensorProto.STRING}
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(
                name,
                kinds.get(value.dtype) or helper.np_dtype_to_tensor_dtype(value.dtype),
                value.shape,
            )
            for name, value in inputs.items()
        ],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    opsets = [
        helper.make_opsetid("", 22),
        helper.make_opsetid("ai.onnx.ml", 3),
        helper.make_opsetid("ai.onnx.preview.training", 1),
    ]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def node(operation: str, inputs: str, outputs: str, domain: str = "", **attributes: Any) -> Any:
    names = [name.replace("_", "") for name in inputs.split()]
    return helper.make_node(operation, names, outputs.split(), domain=domain, **attributes)


def learn(operation: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    return node(operation, inputs, outputs, "ai.onnx.ml", **attributes)


SEQUENCES: dict[str, tuple[list[Any], dict[str, numpy.ndarray[Any, Any]]]] = {
    "at": ([node("SequenceConstruct", "t x", "s"), node("SequenceAt", "s one", "y")],
           {"one": lone(1)}),
    "insert": ([node("SequenceEmpty", "", "e"), node("SequenceInsert", "e x", "s"),
                node("SequenceInsert", "s t first", "r"), node("SequenceAt", "r last", "y")],
               {"first": lone(0), "last": lone(-2)}),
    "erase": ([node("SequenceConstruct", "t x t", "s"), node("SequenceErase", "s first", "r"),
               node("SequenceAt", "r first", "y")], {"first": lone(0)}),
    "length": ([node("SequenceConstruct", "t x t", "s"), node("SequenceLength", "s", "y")], {}),
    "split by ones": ([node("SplitToSequence", "x", "s", axis=1, keepdims=0),
                       node("ConcatFromSequence", "s", "y", axis=0)], {}),
    "split by two": ([node("SplitToSequence", "x two", "s", axis=1),
                      node("SequenceAt", "s last", "y")], {"two": lone(2), "last": lone(-1)}),
    "split by sizes": ([node("SplitToSequence", "x sizes", "s", axis=2),
                        node("SequenceAt", "s last", "y")],
                       {"sizes": whole(1, 3), "last": lone(1)}),
    "new dimension": ([node("SequenceConstruct", "t t", "s"),
                       node("ConcatFromSequence", "s", "y", axis=1, new_axis=1)], {}),
    "optional": ([node("Optional", "x", "o"), node("OptionalHasElement", "o", "h"),
                  node("OptionalGetElement", "o", "y")], {}),
}  # fmt: skip


def typed_output(model: ModelProto) -> tuple[Graph, Any]:
    graph = OnnxReader().read(Source("m", model.SerializeToString()))
    typed = infer(replace(graph, body=replace(graph.body, types={})))
    return graph, [
        typed.body.bounded.get(name) or typed.body.type_of(name) for name in graph.body.outputs
    ]


@pytest.mark.parametrize("case", SEQUENCES)
def test_a_sequence_that_a_file_builds_is_taken_apart(case: str) -> None:
    nodes, stored = SEQUENCES[case]
    model = make(nodes, {"x": X, "t": TABLE}, stored, ["y"])
    graph, (found,) = typed_output(model)
    (expected,) = ReferenceEvaluator(model).run(None, {"x": X, "t": TABLE})
    first = expected[0] if case == "optional" else expected  # the evaluator boxes what is optional
    assert found.shape == numpy.asarray(first).shape
    assert not {each.operation for each in graph.body.nodes if each.inputs} & {
        "unknown",
        "tuple",
        "sequence",
    }


def test_the_body_of_a_map_runs_once_for_each_element() -> None:
    body = helper.make_graph(
        [node("Add", "a b", "c")],
        "body",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("a", "b")],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, None)],
    )
    nodes = [
        node("SequenceConstruct", "x x", "s"),
        node("SequenceMap", "s t", "r", body=body),
        node("ConcatFromSequence", "r", "y", axis=0),
    ]
    graph, (found,) = typed_output(make(nodes, {"x": X, "t": TABLE}, {}, ["y"]))
    assert found.shape == (4, 3, 4)
    work = find_workload(infer(graph))
    assert sum(kernel.flops_other * count for kernel, count in work.kernels.items()) == 2 * X.size


def test_a_sequence_from_outside_is_no_error_and_not_taken_apart() -> None:
    model = make([node("SequenceInsert", "s x", "r"), node("SequenceAt", "r one", "y")],
                 {"x": X}, {"one": lone(1)}, ["y"])  # fmt: skip
    model.graph.input.append(
        helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, [2, 3, 4])
    )
    graph, _ = typed_output(model)
    assert [each.operation for each in graph.body.nodes] == ["sequence", "from_sequence"]


LABELS = {"classlabels_ints": [3, 4, 5]}
TREE = {
    "nodes_treeids": [0, 0, 0, 0, 0, 1, 1, 1],
    "nodes_nodeids": [0, 1, 2, 3, 4, 0, 1, 2],
    "nodes_featureids": [0, 1, 0, 0, 0, 2, 0, 0],
    "nodes_modes": ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF",
                    "LEAF"],
    "nodes_values": [0.5] * 8,
    "nodes_truenodeids": [1, 3, 0, 0, 0, 1, 0, 0],
    "nodes_falsenodeids": [2, 4, 0, 0, 0, 2, 0, 0],
    "nodes_missing_value_tracks_true": [0] * 8,
    "nodes_hitrates": [1.0] * 8,
}  # fmt: skip
LEAVES = {
    "target_treeids": [0, 0, 0, 1, 1], "target_nodeids": [2, 3, 4, 1, 2],
    "target_ids": [0, 1, 0, 1, 0], "target_weights": [1.0] * 5,
}  # fmt: skip

LEARNT: dict[str, tuple[Any, dict[str, numpy.ndarray[Any, Any]]]] = {
    "scaler": (learn("Scaler", "t", "y", offset=[1.0] * 4, scale=[2.0] * 4), {}),
    "binarizer": (learn("Binarizer", "t", "y", threshold=3.0), {}),
    "normalizer": (learn("Normalizer", "t", "y", norm="L2"), {}),
    "encoder": (learn("LabelEncoder", "w", "y", keys_strings=["c"], values_int64s=[1]), {}),
    "one hot": (learn("OneHotEncoder", "i", "y", cats_int64s=[1, 2, 3]), {"i": whole(1, 2)}),
    "extract": (learn("ArrayFeatureExtractor", "t i", "y"), {"i": whole(0, 2)}),
    "join": (learn("FeatureVectorizer", "t t", "y", inputdimensions=[4, 4]), {}),
    "regressor": (learn("LinearRegressor", "t", "y", coefficients=[1.0] * 8,
                        intercepts=[1.0] * 2, targets=2), {}),
    "classifier": (learn("LinearClassifier", "t", "z y", coefficients=[1.0] * 12,
                         intercepts=[1.0] * 3, post_transform="SOFTMAX", **LABELS), {}),
    "trees": (learn("TreeEnsembleRegressor", "t", "y", n_targets=2, **TREE, **LEAVES), {}),
    "imputer": (learn("Imputer", "t", "y", imputed_value_floats=[0.0]), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", LEARNT)
def test_classic_learning_has_the_shapes_of_the_reference(case: str) -> None:
    operation, more = LEARNT[case]
    inputs = {"t": TABLE, "w": WORDS, **more}
    used = {name: value for name, value in inputs.items() if name in operation.input}
    model = make([operation], used, {}, ["y"])
    graph, (found,) = typed_output(model)
    (expected,) = ReferenceEvaluator(model).run(None, used)
    assert found.shape == numpy.asarray(expected).shape
    assert "unknown" not in {each.operation for each in graph.body.nodes}


def only(graph: Graph, operation: str) -> Node:
    (found,) = [each for each in graph.body.nodes if each.operation == operation]
    return found


def test_trees_are_as_deep_as_their_longest_ways() -> None:
    graph, _ = typed_output(make([LEARNT["trees"][0]], {"t": TABLE}, {}, ["y"]))
    attributes = only(graph, "tree_ensemble").attributes
    assert (attributes["trees"], attributes["comparisons"]) == (2, 2 + 1)


def test_trees_that_come_back_to_themselves_are_refused() -> None:
    circle = {**TREE, "nodes_truenodeids": [0, 0, 0, 0, 0, 0, 0, 0]}
    operation = learn("TreeEnsembleRegressor", "t", "y", n_targets=2, **circle, **LEAVES)
    with pytest.raises(UnreadableModel, match="come back to themselves"):
        typed_output(make([operation], {"t": TABLE}, {}, ["y"]))


def test_lists_of_trees_of_different_lengths_are_refused() -> None:
    short = {**TREE, "nodes_treeids": [0]}
    operation = learn("TreeEnsembleRegressor", "t", "y", n_targets=2, **short, **LEAVES)
    with pytest.raises(UnreadableModel, match="not of one length"):
        typed_output(make([operation], {"t": TABLE}, {}, ["y"]))


def test_what_a_linear_model_learnt_counts_as_parameters() -> None:
    graph, _ = typed_output(make([LEARNT["regressor"][0]], {"t": TABLE}, {}, ["y"]))
    sizes = [each.type.elements for each in graph.body.stored.values() if each.kind == "parameter"]
    assert sorted(size or 0 for size in sizes) == [2, 8]


SIGNALS: dict[str, tuple[Any, dict[str, numpy.ndarray[Any, Any]]]] = {
    "hann": (node("HannWindow", "n", "y"), {"n": lone(10)}),
    "hamming": (node("HammingWindow", "n", "y"), {"n": lone(9)}),
    "blackman": (node("BlackmanWindow", "n", "y"), {"n": lone(8)}),
    "mel": (node("MelWeightMatrix", "b l r f u", "y"),
            {"b": lone(8), "l": lone(16), "r": lone(8192), "f": numpy.float32(0.0).reshape(()),
             "u": numpy.float32(4096.0).reshape(())}),
    "stft": (node("STFT", "signal step _ width", "y"),
             {"step": lone(8), "width": lone(16), "signal": numpy.ones((2, 64, 1), "f")}),
    "grid": (node("AffineGrid", "theta size", "y"),
             {"theta": numpy.ones((2, 2, 3), "f"), "size": whole(2, 3, 5, 6)}),
    "columns": (node("Col2Im", "c image block", "y"),
                {"c": numpy.ones((1, 5, 5), "f"), "image": whole(5, 5), "block": whole(1, 5)}),
    "crop": (node("CenterCropPad", "x wanted", "y"), {"wanted": whole(4, 2, 4)}),
    "det": (node("Det", "m", "y"), {"m": numpy.ones((5, 3, 3), "f")}),
}  # fmt: skip


@pytest.mark.parametrize("case", SIGNALS)
def test_signals_have_the_shapes_of_the_reference(case: str) -> None:
    operation, values = SIGNALS[case]
    inputs = {k: v for k, v in {"x": X, **values}.items() if k in operation.input}
    large = {k: v for k, v in inputs.items() if v.dtype.kind == "f" and v.ndim}
    stored = {k: v for k, v in inputs.items() if k not in large}
    model = make([operation], large, stored, ["y"])
    graph, (found,) = typed_output(model)
    (expected,) = ReferenceEvaluator(model).run(None, large)
    assert found.shape == numpy.asarray(expected).shape
    assert "unknown" not in {each.operation for each in graph.body.nodes}


def updates() -> Iterator[tuple[str, int, int]]:
    """Optimisers with their groups, and the steps per element that their formulas have."""
    yield "Momentum", 3, 2 + 3 + 2
    yield "Adagrad", 3, 2 + 2 + 1 + 3
    yield "Adam", 4, 2 + 3 + 4 + 1 + 3 + 1


@pytest.mark.parametrize(("operation", "groups", "flops"), updates())
def test_a_training_step_counts_what_its_formula_does(
    operation: str, groups: int, flops: int
) -> None:
    names = [f"v{place}" for place in range(groups)]
    outputs = [f"y{place}" for place in range(groups - 1)]
    step = helper.make_node(
        operation, ["r", "n", *names], outputs, domain="ai.onnx.preview.training",
        norm_coefficient=0.1, **({"mode": "standard", "alpha": 0.9, "beta": 0.1}
                                 if operation == "Momentum" else {}),
    )  # fmt: skip
    inputs = {"r": numpy.float32(0.1).reshape(()), **dict.fromkeys(names, TABLE)}
    model = make([step], inputs, {"n": lone(0)}, outputs)
    graph, found = typed_output(model)
    assert [each.shape for each in found] == [TABLE.shape] * (groups - 1)
    work = find_workload(infer(graph))
    done = sum(kernel.flops_other * count for kernel, count in work.kernels.items())
    assert done == flops * TABLE.size


def test_graphs_of_a_flexible_attention_count_with_its_steps() -> None:
    """Scores 2 x 4 x 3 x 5 of width 8: two products, and one step for each graph."""
    graphs = {
        name: helper.make_graph(
            [node("Neg", "a", "b")],
            name,
            [helper.make_tensor_value_info("a", TensorProto.FLOAT, None)],
            [helper.make_tensor_value_info("b", TensorProto.FLOAT, None)],
        )
        for name in ("score_mod", "prob_mod")
    }
    shapes = {"q": (2, 4, 3, 8), "k": (2, 2, 5, 8), "v": (2, 2, 5, 6)}
    inputs = {name: numpy.ones(shape, "f") for name, shape in shapes.items()}
    step = node("FlexAttention", "q k v", "y", "ai.onnx.preview", **graphs)
    model = make([step], inputs, {}, ["y"])
    model.opset_import.append(helper.make_opsetid("ai.onnx.preview", 1))
    graph, (found,) = typed_output(model)
    assert found.shape == (2, 4, 3, 6)
    assert [each.operation for each in graph.body.nodes].count("call") == 2
    work = find_workload(infer(graph))
    scores = 2 * 4 * 3 * 5
    assert sum(kernel.macs * count for kernel, count in work.kernels.items()) == scores * (8 + 6)
