"""Which stored tensors of PyTorch are no parameters: what normalisations saw while they learnt."""

from __future__ import annotations

from typing import Final

_NAMES: Final = ("running_mean", "running_var", "num_batches_tracked")
"""Buffers of ``torch.nn.modules.batchnorm._NormBase``, which frameworks count as no parameters."""


def is_statistic(name: str) -> bool:
    """Whether a tensor of this name, with its module in front or without, is such a buffer."""
    return name.endswith(_NAMES) and name.rpartition(".")[2] in _NAMES
