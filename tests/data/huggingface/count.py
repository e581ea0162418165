"""Write ``truth/counted.jsonl.xz``: what small models of real classes hold and multiply.

``python tests/data/huggingface/count.py`` with torch, transformers and diffusers installed (see
README.rst for their versions). Each model has random weights and very small sizes; its tensors are
those that ``save_pretrained`` writes, its multiply-adds those that torch's FlopCounterMode counts
with eager attention at the inputs that are stated. The next class is a row in ``CASES``.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import transformers
from cases import CASES
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers.core_model_loading import revert_weight_conversion

TARGET = Path(__file__).resolve().parent / "truth" / "counted.jsonl.xz"
INPUTS = {"ids": "input_ids", "pixels": "pixel_values", "wave": "input_values",
          "mel": "input_values", "features": "input_features",
          "decoder_ids": "decoder_input_ids"}  # fmt: skip
"""What the product calls inputs, and what the classes call them."""

WHOLE = {"ids", "bbox", "decoder_ids", "input_ids", "encoder_attention_mask"}
LEFT_OUT = {"label2id", "transformers_version", "_name_or_path", "return_dict", "problem_type",
            "output_attentions", "output_hidden_states", "chunk_size_feed_forward",
            "_attn_implementation", "id2label"}  # fmt: skip
NUMBERS = {"timestep", "guidance", "encoder_attention_mask"}
MISNAMED = {"ViTMSNForImageClassification", "ViTMAEForPreTraining", "JinaEmbeddingsV3ForMaskedLM"}
"""Whose layers transformers 5.24.0 saves under other names than it loads them from."""


def parse_sizes(stated: str) -> dict[str, tuple[int, ...]]:
    """Names and sizes: ``ids(1,32) pixels(1,3,8,8)``."""
    found = re.findall(r"(\w+)\(([\d,]*)\)", stated)
    return {name: tuple(map(int, sizes.split(","))) if sizes else () for name, sizes in found}


def make_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a call: random numbers where a text states their sizes."""
    return {
        name: torch.randn(parse_sizes(value)["of"])
        if isinstance(value, str)
        else torch.tensor(value)
        if name in NUMBERS and value is not None
        else value
        for name, value in call.items()
    }


def make_inputs(stated: str) -> dict[str, torch.Tensor]:
    """Inputs as the class calls them."""
    made = {}
    for name, shape in parse_sizes(stated).items():
        number = torch.zeros(shape, dtype=torch.long) + 2 if name in WHOLE else torch.randn(shape)
        made[INPUTS.get(name, name)] = number * 0 if name == "bbox" else number
    return made


def run(model: torch.nn.Module, call: dict[str, Any]) -> None:
    """Call a model, or what decodes of an autoencoder."""
    if "decode" in call:
        model.decode(call["decode"])
    else:
        model(**call)


def list_own(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Tensors of the state, shared ones once."""
    seen: set[int] = set()
    own = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in seen and not name.endswith("inv_freq"):
            seen.add(id(tensor))
            own[name] = tensor.detach()
    return own


def build(name: str, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A model of transformers and its configuration as a file would state it."""
    kind = getattr(transformers, name)
    config = kind.config_class(**settings)
    try:
        plain = {"attn_implementation": "eager", "experts_implementation": "eager"}
        model = kind._from_config(config, **plain)
    except ValueError:
        model = kind(config)
    config.architectures = [name]
    stated = {key: value for key, value in config.to_dict().items() if key not in LEFT_OUT}
    return model, {**stated, "num_labels": config.num_labels}


def build_of_diffusers(name: str, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A model of diffusers and its configuration as a file would state it."""
    model = getattr(import_module("diffusers"), name)(**settings)
    stated = {key: value for key, value in model.config.items() if not key.startswith("_")}
    return model, {"_class_name": name, **stated}


def count(
    name: str, settings: Mapping[str, Any], stated: str, call: Mapping[str, Any]
) -> dict[str, Any]:
    """What one model holds and multiplies."""
    torch.manual_seed(0)
    of_transformers = hasattr(transformers, name)
    model, config = (build if of_transformers else build_of_diffusers)(name, settings)
    model.eval()
    own = list_own(model)
    if of_transformers:
        own = dict(revert_weight_conversion(model, own))
    macs = None
    if stated:
        with (
            torch.set_grad_enabled(name.startswith("Deberta")),
            sdpa_kernel(SDPBackend.MATH),
            FlopCounterMode(display=False) as counter,
        ):
            run(model, make_call(call) if call else make_inputs(stated))
        macs = counter.get_total_flops() // 2
    tensors = sorted((restore(n), list(t.shape)) for n, t in own.items())
    return {
        "class": name,
        "inputs": stated,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "macs": macs,
        "misnamed": name in MISNAMED,
        "tensors": tensors,
        "config": json.loads(json.dumps(config, default=list)),
    }


def restore(name: str) -> str:
    """A norm's name as it is in files of today."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def list_counted(wanted: set[str]) -> Iterator[dict[str, Any]]:
    """All cases, or those of the classes that are wanted."""
    for name, settings, stated, call in CASES:
        if not wanted or name in wanted:
            yield count(name, settings, stated, call)


def main() -> None:
    """Write the file; with names of classes print what they count instead."""
    wanted = set(sys.argv[1:])
    lines = [json.dumps(entry, sort_keys=True) for entry in list_counted(wanted)]
    if wanted:
        print("\n".join(lines))
    else:
        TARGET.write_bytes(lzma.compress("\n".join(lines).encode() + b"\n", preset=9))


if __name__ == "__main__":
    main()
