"""TorchScript knows the operations of aten that exported programs have, and counts them alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.dialects.aten.operations import ATEN
from cyborg_rr.readers.torchscript.translation.call import unknown
from cyborg_rr.readers.torchscript.translation.operations import find_rule
from tests.readers.torchscript.files import forward, list_operations, read, save

NEVER_WRITTEN = {
    "_assert_msg", "_assert_tensor_metadata", "inner_product", "mse_loss_elements",
    "zeros_functional",
}  # fmt: skip
"""Names that no schema of aten which a program could call has."""


@pytest.mark.parametrize("name", sorted(ATEN.keys() - NEVER_WRITTEN))
def test_an_operation_of_exported_programs_has_a_rule(name: str) -> None:
    assert find_rule("aten", name) is not unknown


@pytest.mark.parametrize("arguments", ["x", "x, x", "x, 1", "x, [1], True", "x, 0, x, x", "[x, x]"])
def test_whatever_they_are_called_with_the_graph_holds_together(arguments: str) -> None:
    for name in ATEN:
        graph = read(save(forward(f"return torch.{name}({arguments})")))
        assert check_graph(graph) == [], name


def count(lines: str) -> tuple[list[str], Shape | None, int, int]:
    """Of a program whose x has 2 x 4 x 8 numbers: operations, shape of the result, flops, macs."""
    graph = read(save(forward(*lines.split("; "))))
    inputs = {"x": TensorType("f32", (2, 4, 8))}
    typed = infer(replace(graph, body=replace(graph.body, inputs=inputs)))
    kernels = find_workload(typed).kernels
    return (
        list_operations(graph),
        typed.body.type_of(graph.body.outputs[0]).shape,
        sum(kernel.flops_other * count for kernel, count in kernels.items()),
        sum(kernel.macs * count for kernel, count in kernels.items()),
    )


BOUND: dict[str, tuple[str, tuple[int, ...], int]] = {
    "transpose": ("return torch.transpose(x, -1, -2)", (2, 8, 4), 0),
    "mT": ("return torch.mT(x)", (2, 8, 4), 0),
    "cdist": ("return torch.cdist(x, x)", (2, 4, 4), 32 * 8 + 2 * 32 * 8),
    "rfft": ("return torch.fft_rfft(x)", (2, 4, 5), 5 * 64 * 3),
    "irfft": ("return torch.fft_irfft(torch.fft_rfft(x))", (2, 4, 8), 2 * 5 * 64 * 3),
    "rfft2": ("return torch.fft_rfft2(x)", (2, 4, 5), 5 * 64 * 5),
    "erfc": ("return torch.erfc(x)", (2, 4, 8), 64),
    "addcmul": ("return torch.addcmul(x, x, x, value=2.)", (2, 4, 8), 3 * 64),
    "expand_as": ("return torch.expand_as(x, x)", (2, 4, 8), 0),
    "argsort": ("return torch.argsort(x, 1)", (2, 4, 8), 64 * 2),
    "losses": ("return torch.mse_loss(x, x, 1)", (), 2 * 64 + 64 + 1),
    "variance": ("return torch.var(x, [1], False, True)", (2, 1, 8), 2 * 64 + 16 + 2 * 64),
    "norm": ("return torch.linalg_vector_norm(x, 2, [-1], True)", (2, 4, 1), 2 * 64),
    "apart": ("y = torch.view(x, [2, 4, 8]); i = torch.arange(3, dtype=4); "
              "return torch.index(y, [None, i, i])", (2, 3), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUND)
def test_what_is_known_later_tells_size_and_work(name: str) -> None:
    lines, shape, flops = BOUND[name]
    operations, *found = count(lines)
    assert "unknown" not in operations
    assert found == [shape, flops, 0]


def test_a_bilinear_form_is_counted_whatever_the_rank() -> None:
    lines = "w = torch.ones([5, 8, 8], dtype=6); return torch.bilinear(x, x, w, None)"
    assert count(lines)[1:] == ((2, 4, 5), 0, 8 * 5 * 8 * 8 + 8 * 5 * 8)
