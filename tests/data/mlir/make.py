"""Makes what torch-mlir's importer, IREE, Arm's converter and Triton write: ``python make.py``.

Needs torch, transformers, iree-base-compiler, tosa-converter-for-tflite and triton in one
environment, and no GPU. Elements of weights are left out, as the tools' own printer does.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import iree.compiler
import torch
import transformers
import triton
import triton.language as tl
from iree.compiler import ir
from iree.compiler.extras.fx_importer import FxImporter
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

HERE = Path(__file__).resolve().parent
IREE_OPT = Path(iree.compiler.__file__).parent / "_mlir_libs" / "iree-opt"
_MACHINES = {"ttir": "", "ttgir": "_sm90"}
ELIDED = "--mlir-elide-elementsattrs-if-larger=16"
BACKEND = "--torch-function-to-torch-backend-pipeline"
LINALG = "--torch-backend-to-linalg-on-tensors-backend-pipeline"
ENCODER = transformers.BertConfig(
    vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=128, max_position_embeddings=32, type_vocab_size=2,
)  # fmt: skip


class Encoder(torch.nn.Module):
    """The encoder of ``tests/data/forms``."""

    def __init__(self) -> None:
        super().__init__()
        self.model = transformers.BertModel(ENCODER, add_pooling_layer=False)

    def forward(self, input_ids: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, token_type_ids=token_type_ids).last_hidden_state


class Convolutions(torch.nn.Module):
    """Convolutions plain, in groups and transposed, normalised and pooled."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = torch.nn.Conv2d(1, 8, 3, padding=1)
        self.normal = torch.nn.BatchNorm2d(8)
        self.groups = torch.nn.Conv2d(8, 16, 3, padding=1, stride=2, groups=2)
        self.deep = torch.nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.back = torch.nn.ConvTranspose2d(16, 4, 2, stride=2)
        self.dense = torch.nn.Linear(4, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        first = torch.relu(self.normal(self.plain(image)))
        pooled = torch.nn.functional.max_pool2d(first, 2)
        deep = self.back(self.deep(torch.relu(self.groups(pooled))))
        flat = torch.nn.functional.adaptive_avg_pool2d(deep, 1).flatten(1)
        return torch.softmax(self.dense(flat), -1)


@triton.jit
def add_kernel(x, y, out, count, block: tl.constexpr):
    offsets = tl.program_id(0) * block + tl.arange(0, block)
    mask = offsets < count
    tl.store(out + offsets, tl.load(x + offsets, mask=mask) + tl.load(y + offsets, mask=mask),
             mask=mask)  # fmt: skip


@triton.jit
def softmax_kernel(out, data, stride, columns, block: tl.constexpr):
    row, place = tl.program_id(0), tl.arange(0, block)
    mask = place < columns
    x = tl.load(data + row * stride + place, mask=mask, other=-float("inf"))
    e = tl.exp(x - tl.max(x, axis=0))
    tl.store(out + row * stride + place, e / tl.sum(e, axis=0), mask=mask)


@triton.jit
def matmul_kernel(a, b, c, k, rows: tl.constexpr, inner: tl.constexpr):
    m, i = tl.program_id(1) * rows + tl.arange(0, rows), tl.arange(0, inner)
    n = tl.arange(0, rows)
    total = tl.zeros((rows, rows), dtype=tl.float32)
    for step in range(tl.cdiv(k, inner)):
        left = tl.load(a + m[:, None] * k + (step * inner + i)[None, :])
        right = tl.load(b + (step * inner + i)[:, None] * rows + n[None, :])
        total = tl.dot(left, right, total)
    tl.store(c + m[:, None] * rows + n[None, :], total.to(tl.float16))


@triton.jit
def counted_kernel(a, b, c, rows: tl.constexpr, inner: tl.constexpr):
    m, i = tl.arange(0, rows), tl.arange(0, inner)
    total = tl.zeros((rows, rows), dtype=tl.float32)
    for _ in range(4):
        left = tl.load(a + m[:, None] * inner + i[None, :])
        right = tl.load(b + i[:, None] * rows + m[None, :])
        total = tl.dot(left, right, total)
    places = tl.argmax(total, axis=1)
    tl.store(c + m[:, None] * rows + m[None, :], total + places[:, None])


def optimise(source: Path, name: str, *passes: str) -> None:
    """What IREE's passes make of a module, without the elements of weights."""
    command = [str(IREE_OPT), ELIDED, *passes, str(source), "-o", str(HERE / name)]
    subprocess.run(command, check=True)
    text = (HERE / name).read_text()
    head, _, _ = text.partition("{-#")  # the names of elements that were left out
    (HERE / name).write_text(head.rstrip() + "\n")


def write_torch(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...], name: str) -> None:
    """A model as torch-mlir's importer writes it, decomposed, and as linalg."""
    model.eval()
    for module in model.modules():
        module._non_persistent_buffers_set.clear()  # the importer wants them named
    importer = FxImporter(context=ir.Context())
    importer.import_frozen_program(torch.export.export(model, inputs), func_name="main")
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "module.mlir"
        source.write_text(str(importer.module))
        optimise(source, f"{name}_torch.mlir")
        optimise(source, f"{name}_backend.mlir", BACKEND)
        optimise(source, f"{name}_linalg.mlir", BACKEND, LINALG)
        if name != "encoder":
            optimise(source, f"{name}_generalised.mlir", BACKEND, LINALG,
                     "--linalg-generalize-named-ops")  # fmt: skip
            optimise(source, f"{name}_quoted.mlir", BACKEND, LINALG, "--mlir-print-op-generic")


def write_tosa(source: Path, name: str) -> None:
    """A TFLite model as TOSA, without the elements of weights: newer than what IREE parses."""
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "module.mlir"
        command = ["tosa-converter-for-tflite", "--text", "-o", str(written), str(source)]
        subprocess.run(command, check=True)
        text = written.read_text()
    text = re.sub(r'dense<"0x[0-9A-F]{64,}">', "dense_resource<__elided__>", text)
    text = re.sub(r"dense<\[[^<>]{256,}\]>", "dense_resource<__elided__>", text)
    (HERE / f"{name}_tosa.mlir").write_text(text)


def respell_tosa(name: str) -> None:
    """TOSA in LLVM's newest spelling, which IREE prints of the generic form, and as linalg."""
    text = (HERE / f"{name}_tosa.mlir").read_text()
    text = re.sub(
        r"tosa\.([a-z_0-9]+) *((?:%[\w#]+(?:, )?)*) *\{([^{}]*)\} : \(",
        r'"tosa.\1"(\2) <{\3}> : (',
        text,
    )
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "module.mlir"
        written.write_text(text)
        optimise(written, f"{name}_tosa_newest.mlir")
        optimise(written, f"{name}_tosa_linalg.mlir", "--iree-tosa-input-transformation-pipeline")


def write_kernel(kernel: Callable[..., object], types: dict[str, str], **sizes: int) -> None:
    """A kernel as Triton's own form and as the one for a GPU of compute capability 9.0."""
    signature = {**types, **dict.fromkeys(sizes, "constexpr")}
    source = ASTSource(kernel, signature=signature, constexprs=sizes)
    compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32))
    name = kernel.__name__.removesuffix("_kernel")
    for form in _MACHINES:
        text = re.sub(r'"[^"\n]*/([^/"\n]+\.py)"', r'"./\1"', compiled.asm[form])
        (HERE / f"{name}{_MACHINES[form]}.{form}").write_text(text)


def main() -> None:
    """Make all files anew; the one argument is a folder with ``encoder.tflite``."""
    torch.manual_seed(0)
    ids = torch.zeros(1, 16, dtype=torch.int64)
    write_torch(Convolutions(), (torch.zeros(1, 1, 28, 28),), "convolutions")
    write_torch(Encoder(), (ids, ids), "encoder")
    write_tosa(Path(sys.argv[1]) / "encoder.tflite", "encoder")
    respell_tosa("encoder")
    write_tosa(HERE.parent / "tflite" / "control.tflite", "control")
    floats = dict.fromkeys(("x", "y", "out"), "*fp32")
    write_kernel(add_kernel, {**floats, "count": "i32"}, block=1024)
    rows = {"out": "*fp32", "data": "*fp32", "stride": "i32", "columns": "i32"}
    write_kernel(softmax_kernel, rows, block=1024)
    halves = dict.fromkeys(("a", "b", "c"), "*fp16")
    write_kernel(matmul_kernel, {**halves, "k": "i32"}, rows=64, inner=32)
    write_kernel(counted_kernel, {**halves, "c": "*fp32"}, rows=64, inner=32)


if __name__ == "__main__":
    main()
