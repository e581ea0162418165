"""Makes the samples in this folder and ``oracle/counts.json`` beside them: ``python make.py``.

Needs PyTorch; what stands here was made by 2.13.0+cpu. The weights are random and few. The notes
on where a node comes from (file names of the machine that ran this) are taken out afterwards.
``oracle/counts.json`` holds what ``torch.utils.flop_counter`` and the modules say of the same
networks.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import torch
from networks import (
    Bag,
    Convolutional,
    Decoder,
    EncoderDecoder,
    Looping,
    Perceptron,
    Picking,
    Recurrent,
    Tied,
    Unrolled,
)
from torch.export import Dim
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

PICKED = (torch.randn(4, 5, 6), torch.rand(4, 5) > 0.5, torch.tensor([0, 1, 3]))

FOLDER = Path(__file__).resolve().parent


def strip(data: bytes) -> bytes:
    """The same archive without the notes on where nodes come from; all else as it was."""
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as new,
    ):
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith("models/model.json"):
                content = clean(content)
            new.writestr(zipfile.ZipInfo(member.filename), content)
    return kept.getvalue()


def clean(content: bytes) -> bytes:
    """A program without stack traces, also in the graphs of its nodes."""

    def walk(value: object) -> object:
        if isinstance(value, dict):
            return {
                name: {} if name == "metadata" else walk(inner) for name, inner in value.items()
            }
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(walk(json.loads(content)), separators=(",", ":")).encode()


def pack_as_before(program: torch.export.ExportedProgram) -> bytes:
    """The archive as torch.export.save of 2.1 to 2.6 laid it out, around today's program."""
    from torch._export.serde.serialize import serialize

    made = serialize(program)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in (
            ("serialized_exported_program.json", clean(made.exported_program)),
            ("serialized_state_dict.pt", made.state_dict),
            ("serialized_constants.pt", made.constants),
            ("serialized_example_inputs.pt", made.example_inputs),
            ("version", b"8.8"),
        ):
            archive.writestr(zipfile.ZipInfo(name), content)
    return kept.getvalue()


def count(model: torch.nn.Module, inputs: tuple[object, ...]) -> dict[str, int]:
    """Parameters and buffers, shared ones once, and multiply-adds by PyTorch's own counter.

    It knows no fused kernels of the CPU, so that attention is taken apart for it.
    """
    torch.backends.mha.set_fastpath_enabled(False)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        model(*inputs)
    torch.backends.mha.set_fastpath_enabled(True)
    kept = {name for name in model.state_dict()}
    buffers = [b for name, b in model.named_buffers() if name in kept and b.is_floating_point()]
    weights = [*model.parameters(), *buffers]
    return {
        "parameters": sum(weight.numel() for weight in weights),
        "bytes": sum(weight.numel() * weight.element_size() for weight in weights),
        "macs": counter.get_total_flops() // 2,
    }


def main() -> None:
    torch.manual_seed(0)
    batch, length = Dim("batch", min=2, max=64), Dim("length", min=2, max=32)
    networks = {
        "perceptron": (Perceptron(), (torch.randn(4, 16),), None, False),
        "dynamic": (Perceptron(), (torch.randn(4, 16),), ({0: batch},), False),
        "convolutional": (Convolutional(), (torch.randn(2, 3, 32, 32),), None, False),
        "convolutional_core": (Convolutional(), (torch.randn(2, 3, 32, 32),), ({0: batch},), True),
        "decoder": (Decoder(), (torch.randint(0, 50, (2, 12)),), ({0: batch, 1: length},), False),
        "decoder_core": (Decoder(), (torch.randint(0, 50, (2, 12)),), None, True),
        "encoder_decoder": (
            EncoderDecoder(),
            (torch.randint(0, 40, (2, 10)), torch.randint(0, 40, (2, 6))),
            None,
            False,
        ),
        "recurrent": (Recurrent(), (torch.randn(2, 5, 8),), None, False),
        "tied": (Tied(), (torch.randn(4, 8),), None, False),
        "bag": (Bag(), (torch.randn(4, 8), torch.tensor(True)), None, False),
        "looping": (Looping(), (torch.randn(5, 8),), None, False),
        "picking": (Picking(), PICKED, None, False),
        "picking_core": (Picking(), PICKED, None, True),
    }
    counts = {}
    for name, (model, inputs, open_sizes, core) in networks.items():
        model.eval()
        program = torch.export.export(model, inputs, dynamic_shapes=open_sizes)
        if core:
            program = program.run_decompositions()
        made = io.BytesIO()
        torch.export.save(program, made)
        (FOLDER / f"{name}.pt2").write_bytes(strip(made.getvalue()))
        counted = Unrolled(model) if isinstance(model, Looping) else model
        counts[name] = count(counted, inputs)
        if name == "recurrent":  # of which the counter knows no operation
            apart = program.run_decompositions().module()
            counts[name]["macs"] = count(apart, inputs)["macs"]
        if name in ("perceptron", "tied"):
            (FOLDER / f"{name}_before.pt2").write_bytes(pack_as_before(program))
            counts[f"{name}_before"] = counts[name]
    text = json.dumps(counts, indent=2) + "\n"
    (FOLDER / "oracle").mkdir(exist_ok=True)
    (FOLDER / "oracle" / "counts.json").write_text(text, encoding="utf-8")


main()
