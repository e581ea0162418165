"""Makes what PyTorch, transformers and gguf write of the networks: ``python make_torch.py``.

Needs torch, transformers, onnx, onnxscript, onnxruntime and gguf. ``truth.json`` gets what the
frameworks count themselves. The notes on where a node comes from (files of the machine that ran
this) are taken out of what has any.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile

import gguf
import numpy
import onnx
import torch
import transformers
from packing import FOLDER, keep
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

ENCODER = transformers.BertConfig(
    vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=128, max_position_embeddings=32, type_vocab_size=2,
)  # fmt: skip
DECODER = transformers.LlamaConfig(
    vocab_size=128, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, intermediate_size=128, max_position_embeddings=64,
    tie_word_embeddings=True, use_cache=False, bos_token_id=1, eos_token_id=2,
)  # fmt: skip


class Encoder(torch.nn.Module):
    """BERT from ids and types to the last hidden state."""

    def __init__(self) -> None:
        super().__init__()
        self.model = transformers.BertModel(ENCODER, add_pooling_layer=False)

    def forward(self, input_ids: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, token_type_ids=token_type_ids).last_hidden_state


class Decoder(torch.nn.Module):
    """Llama from ids to the logits of each of them.

    A mask of ones keeps transformers from looking for packed sequences, which the older exporter
    to ONNX cannot write.
    """

    masked = False

    def __init__(self) -> None:
        super().__init__()
        self.model = transformers.LlamaForCausalLM(DECODER)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        mask = torch.ones_like(input_ids) if self.masked else None
        return self.model(input_ids=input_ids, attention_mask=mask).logits


class Cnn(torch.nn.Module):
    """A residual network as small as it can be, from a picture to ten probabilities.

    The batch normalisation counts no batches: nothing reads that number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norm = torch.nn.BatchNorm2d(8)
        self.norm.num_batches_tracked = None
        self.second = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.third = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.dense = torch.nn.Linear(8, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = torch.nn.functional.max_pool2d(self.norm(self.first(image)).relu(), 2)
        x = (x + self.third(self.second(x).relu())).relu()
        x = torch.nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.dense(x).softmax(-1)


def fill(network: torch.nn.Module) -> None:
    """Weights of a pattern, no two alike, which packs well and is no single value."""
    with torch.no_grad():
        for place, weight in enumerate(list_weights(network)):
            pattern = torch.arange(weight.numel()) % 251 + place + 2
            weight.copy_((pattern / 1024).reshape(weight.shape))


def list_weights(network: torch.nn.Module) -> list[torch.Tensor]:
    """Parameters, then the statistics of normalisations, which no layer learns by gradients."""
    statistics = (
        tensor for name, tensor in network.named_buffers() if name.startswith("norm.running")
    )
    return [*network.parameters(), *statistics]


def count(network: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> dict[str, int]:
    """Parameters, shared ones once, and multiply-adds by PyTorch's own counter.

    The bytes are those of the parameters and of the statistics of normalisations together.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        network(**inputs)
    weights = list_weights(network)
    parameters = sum(weight.numel() for weight in network.parameters())
    return {
        "parameters": parameters,
        "statistics": sum(weight.numel() for weight in weights) - parameters,
        "bytes": sum(weight.numel() * weight.element_size() for weight in weights),
        "macs": counter.get_total_flops() // 2,
    }


def write_export(name: str, network: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> None:
    """torch.export, TorchScript and the weights alone."""
    program = torch.export.export(network, (), inputs)
    written = io.BytesIO()
    torch.export.save(program, written)
    keep(name, "torch_export.pt2", strip(written.getvalue()))
    written = io.BytesIO()
    traced = torch.jit.trace(network, example_kwarg_inputs=inputs, check_trace=False)
    torch.jit.save(traced, written)
    keep(name, "torch_script.pt", strip(written.getvalue()))
    written = io.BytesIO()
    torch.save(getattr(network, "model", network).state_dict(), written)
    keep(name, "state_dict.pt", written.getvalue())


def strip(data: bytes) -> bytes:
    """An archive of PyTorch without the notes on where nodes come from."""
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as new,
    ):
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith("models/model.json"):
                content = json.dumps(clean(json.loads(content)), separators=(",", ":")).encode()
            if not member.filename.endswith(".debug_pkl"):
                new.writestr(zipfile.ZipInfo(member.filename), content)
    return kept.getvalue()


def clean(value: object) -> object:
    """A program without stack traces, also in the graphs of its nodes."""
    if isinstance(value, dict):
        return {name: {} if name == "metadata" else clean(inner) for name, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list) else value


def write_onnx(name: str, network: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> None:
    """Both exporters; the older one leaves batch and sequence open, or the batch of pictures."""
    known = {"input_names": list(inputs), "output_names": ["output"]}
    written = io.BytesIO()
    torch.onnx.export(network, (), written, kwargs=inputs, dynamo=True, verbose=False, **known)
    keep(name, "dynamo.onnx", strip_onnx(written.getvalue()))
    axes = {0: "batch"} if name == "cnn" else {0: "batch", 1: "sequence"}
    open_axes = dict.fromkeys([*inputs, "output"], axes)
    written = io.BytesIO()
    network.masked = True
    torch.onnx.export(
        network, tuple(inputs.values()), written, dynamo=False, opset_version=17,
        dynamic_axes=open_axes, **known,
    )  # fmt: skip
    keep(name, "older.onnx", strip_onnx(written.getvalue()))
    write_runtime(name, written.getvalue())


def strip_onnx(data: bytes) -> bytes:
    """A model without what only a debugger wants."""
    model = onnx.load_from_string(data)
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.initializer):
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    for function in model.functions:
        for node in function.node:
            node.doc_string = ""
            del node.metadata_props[:]
    return model.SerializeToString()


def write_runtime(name: str, data: bytes) -> None:
    """The form that ONNX Runtime keeps, before any optimisation."""
    import onnxruntime

    path = FOLDER / name / "runtime.ort"
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    content = path.read_bytes()
    path.unlink()
    keep(name, path.name, content)


def write_folder(name: str, network: torch.nn.Module) -> None:
    """What ``save_pretrained`` writes."""
    folder = FOLDER / name / "huggingface"
    network.model.save_pretrained(folder)
    for path in (*folder.glob("*.safetensors"),):
        keep(name, f"huggingface/{path.name}", path.read_bytes())
        path.unlink()


def write_gguf(name: str, network: torch.nn.Module) -> None:
    """What llama.cpp's converter writes, by its own package and its own map of names."""
    architecture = gguf.MODEL_ARCH.BERT if name == "encoder" else gguf.MODEL_ARCH.LLAMA
    path = FOLDER / name / "llama_cpp.gguf"
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
    config = network.model.config
    writer.add_name(f"a small {name}")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    if name == "encoder":
        writer.add_layer_norm_eps(config.layer_norm_eps)
        writer.add_causal_attention(False)
        writer.add_pooling_type(gguf.PoolingType.NONE)
    else:
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_dimension_count(16)
        writer.add_vocab_size(config.vocab_size)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    for key, weight in network.model.named_parameters():
        known = names.get_name(key, try_suffixes=(".weight", ".bias"))
        assert known, key
        writer.add_tensor(known, weight.detach().numpy().astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    content = path.read_bytes()
    path.unlink()
    keep(name, path.name, content)


def main() -> None:
    """Write all forms, or those whose writers are named, and what is true of them."""
    ids = torch.arange(16).reshape(1, 16)
    truth = {}
    for name, make, inputs in (
        ("encoder", Encoder, {"input_ids": ids, "token_type_ids": torch.zeros_like(ids)}),
        ("decoder", Decoder, {"input_ids": ids}),
        ("cnn", Cnn, {"image": torch.zeros(1, 3, 32, 32)}),
    ):
        network = make().eval()
        fill(network)
        truth[name] = count(network, inputs)
        if name != "cnn":
            write_folder(name, network)
            write_gguf(name, network)
        write_export(name, network, inputs)
        write_onnx(name, network, inputs)
    (FOLDER / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
