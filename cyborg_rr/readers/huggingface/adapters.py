"""Adapters of PEFT: some weights beside those of a base model, which is named and not there.

Format: ``utils/constants.py`` and ``tuners/*/config.py`` of PEFT.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.safetensors import show
from cyborg_rr.readers.huggingface.marks import ADAPTER
from cyborg_rr.readers.huggingface.matching import store_all
from cyborg_rr.readers.huggingface.model import Model
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.weights import Weights

_SHOWN: Final = 12


def build_adapter(settings: Settings, weights: Weights | None) -> Model:
    """An adapter's parameters; what it is made for is said and not followed."""
    if weights is None:
        raise UnreadableModel(
            f"{ADAPTER} says nothing of sizes: give the folder with adapter_model.safetensors"
        )
    warnings = (*weights.warnings, _tell_of_adapter(settings), _tell_of_base(settings))
    return Model(Block({}, (), (), store_all(weights.tensors)), "header", (), warnings)


def _tell_of_adapter(settings: Settings) -> str:
    kind = settings.text("peft_type") or "unnamed"
    rank = settings.find_count("r")
    ranked = f" of rank {rank}" if rank else ""
    targets = settings.texts("target_modules") or (settings.text("target_modules"),)
    named = list_names([show(name) for name in targets if name], _SHOWN)
    return (
        f"an adapter of kind {show(kind)}{ranked}, for {named or 'modules that it names nowhere'}"
    )


def _tell_of_base(settings: Settings) -> str:
    base = settings.text("base_model_name_or_path")
    name = show(base) if base else "(not named)"
    return (
        f"memory and work of its base model {name} come on top: only the adapter's own parameters "
        "are counted; give the base model's folder for the rest"
    )
