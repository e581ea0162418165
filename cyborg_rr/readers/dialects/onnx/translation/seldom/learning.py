"""Classic learning (ai.onnx.ml): scaling, encoding, linear models and trees.

Descriptions: https://onnx.ai/onnx/operators/#ai-onnx-ml. Weights stand in attributes, and count as
parameters; those of trees do not, being structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.readers.dialects.onnx.schema import LongList
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.dialects.onnx.translation.seldom.trees import describe_forest
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_POSTS: Final = {
    "NONE": "", "SOFTMAX": "softmax", "LOGISTIC": "sigmoid", "SOFTMAX_ZERO": "softmax",
    "PROBIT": "erf",
}  # fmt: skip
"""What is done to scores at the end; the zero form and the probit take as many steps or more."""


def _count(node: NativeOnnxNode, *names: str) -> int:
    """How many numbers or texts a list attribute has."""
    value = node.attribute(*names)
    if isinstance(value, LongList):
        return value.count
    return len(value) if isinstance(value, tuple) else 0


def _weight(node: NativeOnnxNode, word: str, shape: tuple[int, ...]) -> str:
    """A parameter that stands in an attribute."""
    name = node.fresh(word)
    node.scope.store(name, StoredTensor(TensorType("f32", shape), "parameter"))
    return name


def _floats(node: NativeOnnxNode) -> tuple[list[Step], str]:
    """The data as numbers in single precision."""
    data = node.input(0)
    if node.element_type(0) == "f32":
        return [], data
    floats = node.fresh("floats")
    return [node.step("convert", (data,), (floats,), element_type="f32")], floats


def scaler(node: NativeOnnxNode) -> list[Step]:
    """Scaler: (X - offset) x scale, one of each or one for each feature."""
    steps, data = _floats(node)
    for operation, name in (("subtract", "offset"), ("multiply", "scale")):
        count = _count(node, name)
        if not count:
            continue
        moved = node.fresh(name)
        steps.append(node.step(operation, (data, _weight(node, f"{name}s", (count,))), (moved,)))
        data = moved
    return [*steps, node.step("identity", (data,))]


def binarizer(node: NativeOnnxNode) -> list[Step]:
    """Binarizer: 1 for what is above a threshold."""
    known = node.element_type(0) or "f32"
    above = node.fresh("above")
    threshold = node.scope.constant(node.number("threshold", default=0.0), known)
    return [
        node.step("compare", (node.input(0), threshold), (above,), direction="GT"),
        node.step("convert", (above,), element_type=known),
    ]


def normalizer(node: NativeOnnxNode) -> list[Step]:
    """Normalizer: each row over its largest, its sum or its length."""
    functions = {"MAX": "max", "L1": "l1", "L2": "l2"}
    function = functions.get(node.text("norm", default="MAX"))
    if function is None:
        return unknown(node)
    steps, data = _floats(node)
    total = node.fresh("total")
    return [
        *steps,
        node.step("reduce", (data,), (total,), function=function, axes=(-1,),
                  keep_dimensions=True),
        node.step("divide", (data, total)),
    ]  # fmt: skip


def imputer(node: NativeOnnxNode) -> list[Step]:
    """Imputer: what is missing is replaced."""
    missing, known = node.fresh("missing"), node.element_type(0) or "f32"
    names = ("imputed_value_floats", "imputed_value_int64s")
    count = _count(node, *names)
    name = node.fresh("values")
    node.scope.store(name, StoredTensor(TensorType(known, (max(count, 1),)), "constant"))
    return [
        node.step("is_nan", (node.input(0),), (missing,)),
        node.step("select", (missing, name, node.input(0))),
    ]


def label_encoder(node: NativeOnnxNode) -> list[Step]:
    """LabelEncoder: from keys to values, which are of the type of the attribute they stand in."""
    table = node.attribute("values_tensor")
    if isinstance(table, StoredTensor):
        found = table.type.element_type
    elif node.has("values_floats"):
        found = "f32"
    elif node.has("values_int64s") or node.has("values_strings"):
        found = "i64" if node.has("values_int64s") else "str"
    else:  # version 1: texts to numbers and back
        found = "i64" if node.element_type(0) == "str" else "str"
    return [node.step("look_up", element_type=found)]


def category_mapper(node: NativeOnnxNode) -> list[Step]:
    """CategoryMapper: texts to numbers and back."""
    found = "i64" if node.element_type(0) == "str" else "str"
    return [node.step("look_up", element_type=found)]


def one_hot(node: NativeOnnxNode) -> list[Step]:
    """OneHotEncoder: a further dimension with a place for each category."""
    shape, count = node.shape(0), _count(node, "cats_int64s", "cats_strings")
    if shape is None or not count:
        return unknown(node)
    table, wide, equal = (node.fresh(word) for word in ("categories", "wide", "equal"))
    known = node.element_type(0) or "i64"
    node.scope.store(table, StoredTensor(TensorType(known, (count,)), "constant"))
    return [
        node.step("unsqueeze", (node.input(0),), (wide,), axes=(-1,)),
        node.step("compare", (wide, table), (equal,), direction="EQ"),
        node.step("convert", (equal,), element_type="f32"),
    ]


def extract(node: NativeOnnxNode) -> list[Step]:
    """ArrayFeatureExtractor: places of the last dimension."""
    shape = node.shape(1)
    count = shape[-1] if shape else None
    data = node.shape(0)
    if count is None or not data:
        return unknown(node)
    flat, taken = node.fresh("places"), node.fresh("taken")
    axis = len(data) - 1
    steps = [
        node.step("reshape", (node.input(1),), (flat,), shape=(-1,)),
        node.step("gather", (node.input(0), flat), (taken,), axis=axis),
    ]
    if axis == 0:  # one row comes out of no rows
        return [*steps, node.step("unsqueeze", (taken,), axes=(0,))]
    return [*steps, node.step("identity", (taken,))]


def join_features(node: NativeOnnxNode) -> list[Step]:
    """FeatureVectorizer: features side by side."""
    floats, steps = [], []
    for place, name in enumerate(node.inputs):
        converted = node.fresh(f"floats{place}")
        steps.append(node.step("convert", (name,), (converted,), element_type="f32"))
        floats.append(converted)
    return [*steps, node.step("concatenate", tuple(floats), axis=-1)]


def regressor(node: NativeOnnxNode) -> list[Step]:
    """LinearRegressor: a product with the coefficients of each target."""
    return _linear(node, node.integer("targets", default=1), node.output(0))


def _linear(node: NativeOnnxNode, targets: int, result: str) -> list[Step]:
    count = _count(node, "coefficients")
    if targets < 1 or not count or count % targets:
        raise node.refuse(f"{count} coefficients are not those of {targets} targets")
    steps, data = _floats(node)
    weight = _weight(node, "coefficients", (targets, count // targets))
    bias = _weight(node, "intercepts", (targets,)) if _count(node, "intercepts") else ""
    post = _POSTS.get(node.text("post_transform", default="NONE"), "")
    scores = node.fresh("scores") if post else result
    steps.append(node.step("gemm", (data, weight, bias), (scores,), trans_b=True))
    return [*steps, *_post(node, post, scores, result)]


def _post(node: NativeOnnxNode, post: str, scores: str, result: str) -> list[Step]:
    if not post:
        return []
    along = {"axis": -1} if post == "softmax" else {}
    return [node.step(post, (scores,), (result,), None, **along)]


def _classes(node: NativeOnnxNode) -> tuple[int, str]:
    """How many classes there are, and of what type their labels are."""
    texts = _count(node, "classlabels_strings")
    if texts:
        return texts, "str"
    return _count(node, "classlabels_ints", "classlabels_int64s"), "i64"


def classifier(node: NativeOnnxNode) -> list[Step]:
    """LinearClassifier: scores, and the label of the best; two classes may share one row."""
    count, element_type = _classes(node)
    coefficients = _count(node, "coefficients")
    shape = node.shape(0)
    features = shape[-1] if shape else None
    if not isinstance(features, int) or features < 1 or coefficients != count * features:
        return unknown(node)
    scores = node.output(1) or node.fresh("scores")
    steps = _linear(node, count, scores)
    return [*steps, *_label(node, scores, element_type)]


def _label(node: NativeOnnxNode, scores: str, element_type: str) -> list[Step]:
    """The label of the best score in each row."""
    if not node.output(0):
        return []
    best = node.fresh("best")
    return [
        node.step("reduce", (scores,), (best,), function="argmax", axes=(1,),
                  keep_dimensions=False, element_type="i64"),
        node.step("look_up", (best,), (node.output(0),), element_type=element_type),
    ]  # fmt: skip


def forest(node: NativeOnnxNode) -> list[Step]:
    """TreeEnsemble, TreeEnsembleRegressor, TreeEnsembleClassifier."""
    classes = node.operation == "TreeEnsembleClassifier"
    found = describe_forest(node)
    count, element_type = _classes(node) if classes else (node.integer("n_targets", default=1), "")
    if found is None or count < 1:
        return unknown(node)
    result = (node.output(1) or node.fresh("scores")) if classes else node.output(0)
    numbers = "f32"
    if node.operation == "TreeEnsemble":
        numbers = node.element_type(0) or "f32"
    kind = node.attribute("post_transform")
    word = _NUMBERED.get(kind, "NONE") if isinstance(kind, int) else str(kind or "NONE")
    post = _POSTS.get(word, "")
    scores = node.fresh("sums") if post else result
    steps = [
        node.step(
            "tree_ensemble", (node.input(0),), (scores,), targets=count, trees=found.trees,
            comparisons=found.comparisons, element_type=numbers,
        ),
        *_post(node, post, scores, result),
    ]  # fmt: skip
    return [*steps, *(_label(node, result, element_type) if classes else [])]


_NUMBERED: Final = {1: "SOFTMAX", 2: "LOGISTIC", 3: "SOFTMAX_ZERO", 4: "PROBIT"}
"""TreeEnsemble names what comes at the end by number."""


def as_maps(node: NativeOnnxNode) -> list[Step]:
    """ZipMap: each row as a map from labels."""
    return [node.step("sequence")]


LEARNING: Mapping[str, Rule] = MappingProxyType(
    {
        "ArrayFeatureExtractor": extract, "Binarizer": binarizer,
        "CategoryMapper": category_mapper, "FeatureVectorizer": join_features,
        "Imputer": imputer, "LabelEncoder": label_encoder, "LinearClassifier": classifier,
        "LinearRegressor": regressor, "Normalizer": normalizer, "OneHotEncoder": one_hot,
        "Scaler": scaler, "TreeEnsemble": forest, "TreeEnsembleClassifier": forest,
        "TreeEnsembleRegressor": forest, "ZipMap": as_maps,
    }
)  # fmt: skip
"""Operations of ai.onnx.ml; those of support vectors and of maps are unknown."""
