"""Makes the exported files here and the product's ``resnet50.onnx``. Needs torch and onnxscript.

    python tests/data/onnx/export.py [directory for the whole files, weights included]

Each network goes through both exporters of PyTorch; then its weights are taken out, so that a
file holds the graph and says of each weight where it would be. Prints the multiply-adds that
PyTorch's own counter finds, which tests hold against ours.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import onnx
import torch
from networks import DecoderBlock, Encoder, ResNet50
from torch import nn
from torch.export import Dim
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).resolve().parent
PRODUCT = HERE.parents[2] / "cyborg_rr" / "catalogue" / "models" / "resnet50.onnx"
KEPT_BYTES = 256
"""A tensor up to this size stays in the file: it may steer shapes."""

BATCH = Dim("batch")
SEQUENCE = Dim("sequence", max=512)


def export(
    name: str,
    network: nn.Module,
    inputs: dict[str, torch.Tensor],
    outputs: dict[str, dict[int, str]],
    dynamic: dict[str, dict[int, Dim]],
    whole: Path,
) -> None:
    """Write NAME_dynamo.onnx and NAME_torchscript.onnx, whole to one place and bare to another."""
    network.eval()
    arguments = tuple(inputs.values())
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network(*arguments)  # the counter does not see into the fused kernels of a CPU
    print(f"{name}: {counter.get_total_flops() // 2} multiply-adds")
    axes = {
        key: {axis: dim.__name__ for axis, dim in dims.items()} for key, dims in dynamic.items()
    }
    for exporter in ("dynamo", "torchscript"):
        path = whole / f"{name}_{exporter}.onnx"
        if exporter == "dynamo":
            torch.onnx.export(
                network, arguments, path, input_names=list(inputs), output_names=list(outputs),
                dynamic_shapes=tuple(dynamic.get(key, {}) for key in inputs), dynamo=True,
                external_data=False, verbose=False,
            )  # fmt: skip
        else:
            torch.onnx.export(
                network, arguments, path, input_names=list(inputs), output_names=list(outputs),
                dynamic_axes={**axes, **outputs}, dynamo=False, opset_version=17,
            )  # fmt: skip
        strip(path, HERE / path.name)


def strip(source: Path, target: Path) -> None:
    """Copy a model without its weights and without what only a debugger wants."""
    model = onnx.load(source)
    offset = 0
    for tensor in model.graph.initializer:
        size = len(tensor.raw_data)
        if size > KEPT_BYTES:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in (("location", "weights"), ("offset", offset), ("length", size)):
                tensor.external_data.add(key=key, value=str(value))
            offset += size
        del tensor.metadata_props[:]
        tensor.doc_string = ""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for attribute in node.attribute:
            attribute.doc_string = ""
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        del value.metadata_props[:]
    del model.metadata_props[:], model.graph.metadata_props[:], model.functions[:]
    target.write_bytes(model.SerializeToString())
    print(f"{target.name}: {target.stat().st_size} bytes, {offset} bytes of weights taken out")


def main(whole: Path) -> None:
    """Export everything."""
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    export(
        "resnet50",
        ResNet50(),
        {"image": torch.randn(2, 3, 224, 224)},
        {"logits": {0: "batch"}},
        {"image": {0: BATCH}},
        whole,
    )
    PRODUCT.write_bytes((HERE / "resnet50_dynamo.onnx").read_bytes())
    (HERE / "resnet50_dynamo.onnx").unlink()
    ids = torch.randint(0, 30522, (2, 128))
    tokens = {0: BATCH, 1: SEQUENCE}
    export(
        "encoder",
        Encoder(),
        {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": ids * 0},
        {"hidden": {0: "batch", 1: "sequence"}, "pooled": {0: "batch"}},
        dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), tokens),
        whole,
    )
    export(
        "decoder",
        DecoderBlock(),
        {
            "hidden": torch.randn(2, 64, 1024),
            "position_ids": torch.arange(64).unsqueeze(0).repeat(2, 1),
        },
        {
            "output": {0: "batch", 1: "sequence"},
            "key": {0: "batch", 2: "sequence"},
            "value": {0: "batch", 2: "sequence"},
        },
        {"hidden": tokens, "position_ids": tokens},
        whole,
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch))
