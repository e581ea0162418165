"""Count small models of text and images, or sounds, once more; torch and transformers needed.

``python tests/data/huggingface/make_towers.py [ENTRIES]`` builds each model of
``truth/towers.jsonl.xz`` from its configuration, runs it on its inputs, and writes the file anew:
parameters, multiply-adds (torch's FlopCounterMode, eager attention and experts) and the tensors
that ``save_pretrained`` keeps. ENTRIES is a file of further ones, a line each: ``id``, ``config``
and ``inputs``, of which whole numbers are given as ``values`` and others as their ``shape``.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).resolve().parent
FILE = HERE / "truth" / "towers.jsonl.xz"


def build_model(config: dict[str, Any]) -> Any:
    """The model of a configuration, with random weights."""
    stated = {name: value for name, value in config.items() if name != "model_type"}
    settings = transformers.AutoConfig.for_model(config["model_type"], **stated)
    kind = getattr(transformers, config["architectures"][0])
    eager = {"attn_implementation": "eager", "experts_implementation": "eager"}
    return kind._from_config(settings, **eager).eval().requires_grad_(False)


def make_inputs(stated: dict[str, Any]) -> dict[str, Any]:
    """Tensors of the stated values and shapes."""
    return {
        name: torch.tensor(one["values"]) if "values" in one else torch.rand(one["shape"])
        for name, one in stated.items()
    }


def count_macs(model: Any, inputs: dict[str, Any]) -> int:
    """Multiply-adds of one run."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        try:
            model(**inputs)
        except AttributeError as error:
            # Llama 4 of transformers 5.24.0 fails over its result when all work is done.
            if "image_outputs" not in str(error):
                raise
    return int(counter.get_total_flops() // 2)


def list_tensors(model: Any) -> dict[str, list[Any]]:
    """Names, element types and shapes of what is saved."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        data = (Path(folder) / "model.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    header.pop("__metadata__", None)
    return {name: [one["dtype"], one["shape"]] for name, one in sorted(header.items())}


def count(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with its figures."""
    torch.manual_seed(0)
    model = build_model(entry["config"])
    return {
        "id": entry["id"],
        "config": entry["config"],
        "inputs": entry["inputs"],
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "macs": count_macs(model, make_inputs(entry["inputs"])),
        "tensors": list_tensors(model),
    }


def main() -> None:
    """Count all of them."""
    lines = lzma.decompress(FILE.read_bytes()).splitlines() if FILE.exists() else []
    entries = {entry["id"]: entry for entry in map(json.loads, lines)}
    for path in sys.argv[1:]:
        added = map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())
        entries.update((entry["id"], entry) for entry in added)
    counted = (count(entries[name]) for name in sorted(entries))
    text = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in counted)
    FILE.write_bytes(lzma.compress(text.encode(), preset=9))


if __name__ == "__main__":
    main()
