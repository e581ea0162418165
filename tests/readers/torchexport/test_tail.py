"""Formulas, transforms, loops and tensors of classes of their own."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.dialects.aten.formulas import FORMULAS
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchexport.reader import TorchExportReader
from tests.readers.samples import DATA
from tests.readers.torchexport.files import (
    make_node,
    make_package,
    make_program,
    make_type,
    pack,
    read,
)

Json = dict[str, Any]
COMPLEX = {"dtype": 10}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_a_formula_is_made_of_canonical_operations_and_keeps_its_shape(name: str) -> None:
    node = make_node(f"aten.{name}.default", ["y"], self="x", other="z", reduction=0)
    types = {"x": make_type(2, 3), "z": make_type(2, 3), "y": make_type(2, 3)}
    graph = read(make_package(make_program([node], types, ["x", "z"])))
    assert {each.operation for each in graph.body.nodes} <= set(REGISTRY) - {"unknown"}
    assert infer(graph).body.type_of("y").shape == (2, 3)


COUNTED: dict[str, tuple[Json, Json, int, int]] = {
    "a hypotenuse": (make_node("aten.hypot.default", ["y"], self="x", other="z"),
                     {"x": (4,), "z": (4,), "y": (4,)}, 3 * 4, 0),
    "a mean of squares": (make_node("aten.mse_loss.default", ["y"], self="x", other="z"),
                          {"x": (4,), "z": (4,), "y": ()}, 2 * 4 + 4 + 1, 0),
    "a tensor product": (make_node("aten.tensordot.default", ["y"], self="x", other="z",
                                   dims_self=[1, 2], dims_other=[0, 1]),
                         {"x": (2, 3, 4), "z": (3, 4, 5), "y": (2, 5)}, 0, 2 * 5 * 12),
    "distances": (make_node("aten.cdist.default", ["y"], x1="x", x2="z", p=2.0),
                  {"x": (2, 3), "z": (4, 3), "y": (2, 4)}, 8 * 3 + 2 * 8 * 3, 0),
    "a solution": (make_node("aten.linalg_solve.default", ["y"], A="x", B="z"),
                   {"x": (6, 6), "z": (6, 2), "y": (6, 2)}, 2 * 216 // 3 + 2 * 6 * 12, 0),
    "bags of rows": (make_node("aten.embedding_bag.default", ["y"], weight="x", indices="z",
                               offsets="o"),
                     {"x": (9, 4), "z": (5,), "o": (2,), "y": (2, 4)}, 5 * 4, 0),
    "a search": (make_node("aten.searchsorted.Tensor", ["y"], sorted_sequence="x", self="z"),
                 {"x": (7,), "z": (5,), "y": (5,)}, 5 * 3, 0),
}  # fmt: skip


@pytest.mark.parametrize("case", COUNTED)
def test_work_is_what_a_person_counts(case: str) -> None:
    node, shapes, flops, macs = COUNTED[case]
    dtypes = {"z": 5, "o": 5} if case == "bags of rows" else {"y": 5} if "search" in case else {}
    types = {name: make_type(*shape, dtype=dtypes.get(name, 7)) for name, shape in shapes.items()}
    graph = read(make_package(make_program([node], types, [n for n in shapes if n != "y"])))
    kernels = find_workload(infer(graph)).kernels
    assert sum(kernel.flops_other * count for kernel, count in kernels.items()) == flops
    assert sum(kernel.macs * count for kernel, count in kernels.items()) == macs


def test_a_mask_is_bounded_by_its_elements() -> None:
    node = make_node("aten.index.Tensor", ["y"], self="x", indices=["m"])
    types = {"x": make_type(4, 5, 6), "m": make_type(4, 5, dtype=12), "y": make_type("u0", 6)}
    graph = read(make_package(make_program([node], types, ["x", "m"])))
    assert [each.operation for each in graph.body.nodes] == ["where_indices", "gather_nd"]
    bounded = infer(graph).body.bounded["y"].at_most
    assert bounded.shape == (20, 6)


def test_the_graphs_of_loops_are_blocks() -> None:
    graph = TorchExportReader().read(Source("looping", (DATA / "pt2" / "looping.pt2").read_bytes()))
    loops = [each for each in graph.body.nodes if each.blocks]
    assert [each.native_name.partition(":")[2] for each in loops] == [
        "map_impl", "scan", "while_loop",
    ]  # fmt: skip
    assert [len(each.blocks) for each in loops] == [1, 1, 2]


def test_tokens_that_order_effects_are_no_values() -> None:
    check = {
        "target": "torch.ops.higher_order.with_effects",
        "inputs": [
            {"name": "", "arg": {"as_tensor": {"name": "token"}}},
            {"name": "", "arg": {"as_operator": "torch.ops.aten._linalg_check_errors.default"}},
            {"name": "", "arg": {"as_tensor": {"name": "x"}}},
        ],
        "outputs": [{"as_tensor": {"name": "after"}}, {"as_none": True}],
        "metadata": {},
    }
    relu = make_node("aten.relu.default", ["y"], self="x")
    types = {"x": make_type(4), "y": make_type(4)}
    program = make_program([check, relu], types, ["x"])
    graph, signature = program["graph_module"]["graph"], program["graph_module"]["signature"]
    graph["inputs"].insert(0, {"as_tensor": {"name": "token"}})
    graph["outputs"].insert(0, {"as_tensor": {"name": "after"}})
    signature["input_specs"].insert(0, {"token": {"arg": {"name": "token"}}})
    signature["output_specs"].insert(0, {"token": {"arg": {"name": "after"}}})
    body = read(make_package(program)).body
    assert [each.operation for each in body.nodes] == ["relu"]
    assert (list(body.inputs), body.outputs) == (["x"], ("y",))


def make_pickled() -> bytes:
    """An archive as torch.save makes it, whose pickle imports a class of torchao."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("w/data.pkl", b"ctorchao.dtypes\nAffineQuantizedTensor\n.")
        archive.writestr("w/data/0", bytes(96))
    return kept.getvalue()


@pytest.mark.parametrize("broken", [False, True])
def test_a_tensor_of_its_own_class_is_refused_with_what_is_in_it(broken: bool) -> None:
    relu = make_node("aten.relu.default", ["y"], self="x")
    program = make_program([relu], {"x": make_type(4), "y": make_type(4)}, ["x"])
    record = {"path_name": "weight_0", "use_pickle": True, "tensor_meta": make_type(4, 8)}
    package = pack(
        {
            "m/models/model.json": json.dumps(program).encode(),
            "m/data/weights/model_weights_config.json": json.dumps(
                {"config": {"linear.weight": record}}
            ).encode(),
            "m/data/weights/weight_0": b"PK" if broken else make_pickled(),
        }
    )
    wanted = "of unknown kind" if broken else r"torchao.dtypes.AffineQuantizedTensor, 96 bytes"
    with pytest.raises(UnreadableModel, match=f"'linear.weight' is pickled.*{wanted}.*unwrap_"):
        TorchExportReader().read(Source("m", package))
