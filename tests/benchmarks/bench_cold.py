"""What a cold ``cyborg-rr inspect`` takes: processor time of all its processes, and memory.

python -m tests.benchmarks.bench_cold [FILE or FOLDER ...]

Without arguments: small files of several families, and a folder of 70 thousand million parameters
in 30 sparse files. The first line is what an empty Python takes; medians of nine runs.
"""

from __future__ import annotations

import compileall
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SMALL = (
    "onnx/external.onnx", "onnx/resnet50_torchscript.onnx", "stablehlo/forms/export_static.mlir",
    "tflite/ad01_int8.tflite", "hlo/train.hlo", "statedict/bfloat16.pt", "gguf/latent.gguf",
)  # fmt: skip
_RUNS = 9
_SHARDS = 30
_LAYERS, _WIDTH, _INNER, _KEYS, _WORDS = 80, 8192, 28672, 1024, 128256
"""Of Llama 3.1 70B (config.json of meta-llama/Llama-3.1-70B)."""


def write_folder(folder: Path) -> None:
    """A configuration, an index, and shards whose weights are holes."""
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": _WIDTH,
        "intermediate_size": _INNER, "num_attention_heads": 64, "num_key_value_heads": 8,
        "num_hidden_layers": _LAYERS, "vocab_size": _WORDS, "hidden_act": "silu",
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    tensors = _list_tensors()
    count = -(-len(tensors) // _SHARDS)
    places: dict[str, str] = {}
    for number in range(_SHARDS):
        name = f"model-{number + 1:05}-of-{_SHARDS:05}.safetensors"
        part = tensors[number * count : (number + 1) * count]
        places |= dict.fromkeys((tensor for tensor, _ in part), name)
        _write_shard(folder / name, part)
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _list_tensors() -> list[tuple[str, Sequence[int]]]:
    tensors: list[tuple[str, Sequence[int]]] = [("model.embed_tokens.weight", (_WORDS, _WIDTH))]
    for layer in range(_LAYERS):
        for name, sizes in (
            ("input_layernorm", (_WIDTH,)),
            ("mlp.down_proj", (_WIDTH, _INNER)),
            ("mlp.gate_proj", (_INNER, _WIDTH)),
            ("mlp.up_proj", (_INNER, _WIDTH)),
            ("post_attention_layernorm", (_WIDTH,)),
            ("self_attn.k_proj", (_KEYS, _WIDTH)),
            ("self_attn.o_proj", (_WIDTH, _WIDTH)),
            ("self_attn.q_proj", (_WIDTH, _WIDTH)),
            ("self_attn.v_proj", (_KEYS, _WIDTH)),
        ):
            tensors.append((f"model.layers.{layer}.{name}.weight", sizes))
    return [*tensors, ("model.norm.weight", (_WIDTH,)), ("lm_head.weight", (_WORDS, _WIDTH))]


def _write_shard(path: Path, tensors: Sequence[tuple[str, Sequence[int]]]) -> None:
    header, place = {}, 0
    for name, sizes in tensors:
        stop = place + 2 * sizes[0] * (sizes[1] if len(sizes) > 1 else 1)
        header[name] = {"dtype": "BF16", "shape": list(sizes), "data_offsets": [place, stop]}
        place = stop
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + place)


def measure(command: Sequence[str]) -> tuple[float, bool]:
    """Median seconds of processor time of a command with its children, and if it went well."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    spent, well = [], True
    for _ in range(_RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(command, check=False, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        well = well and ended.returncode == 0
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(spent), well


def main() -> None:
    """Print a line for each file."""
    compileall.compile_dir(_ROOT / "cyborg_rr", quiet=2)
    empty, _ = measure([sys.executable, "-I", "-c", "pass"])
    print(f"{empty:.3f} s   an empty Python")
    program = str(Path(sys.executable).with_name("cyborg-rr"))
    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(argument) for argument in sys.argv[1:]]
        if not paths:
            large = Path(scratch) / "llama-70b"
            large.mkdir()
            write_folder(large)
            paths = [*(_ROOT / "tests" / "data" / name for name in _SMALL), large]
        for path in paths:
            seconds, well = measure([program, "inspect", str(path)])
            print(f"{seconds:.3f} s   {path.name}{'' if well else ' (refused)'}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"largest process resident {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
