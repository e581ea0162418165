"""Makes the samples in this folder: ``python make.py``.

Needs PyTorch; what stands here was made by 2.13.0+cpu. The weights are few and zero or random.
``hostile.pt`` runs a command when it is unpickled: it is to be read by nothing that unpickles.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent


class Hostile:
    """Unpickles into what a command returns."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Name the command."""
        return os.system, ("echo this checkpoint ran a command",)


def make_network() -> nn.Sequential:
    """A network with a buffer of real numbers and one of counts."""
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


def make_training() -> dict[str, object]:
    """What trainers save: weights, an average, an optimizer and more."""
    network = make_network()
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(3, 4)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "model": network.state_dict(),
        "ema": {name: value.clone() for name, value in network.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "rng_state": torch.zeros(16, dtype=torch.uint8),
        "args": {"lr": 1e-3, "name": "sample"},
    }


def make_shared() -> OrderedDict[str, torch.Tensor]:
    """A tied head, two halves of one storage, and a view of a part."""
    embedding = torch.zeros(10, 4)
    both = torch.zeros(2, 6)
    return OrderedDict(
        [("embedding.weight", embedding), ("head.weight", embedding), ("q", both[0]),
         ("k", both[1]), ("part", torch.zeros(100)[:30]), ("strided", torch.zeros(4, 6)[:, :3])]
    )  # fmt: skip


def make_types() -> dict[str, torch.Tensor]:
    """A tensor of each type that is known."""
    names = ("float64 float32 float16 bfloat16 float8_e4m3fn float8_e4m3fnuz float8_e5m2 "
             "float8_e5m2fnuz float8_e8m0fnu int64 int32 int16 int8 bool uint64 uint32 uint16 "
             "uint8 complex64 complex128")  # fmt: skip
    return {name: torch.zeros(3, dtype=getattr(torch, name)) for name in names.split()}


def main() -> None:
    """Write all samples."""
    torch.manual_seed(0)
    bfloat16 = {name: value.bfloat16() if value.is_floating_point() else value
                for name, value in make_network().state_dict().items()}  # fmt: skip
    torch.save(make_network().state_dict(), FOLDER / "plain.pt")
    torch.save(bfloat16, FOLDER / "bfloat16.pt", pickle_protocol=4)
    torch.save(make_training(), FOLDER / "training.pt")
    torch.save(make_shared(), FOLDER / "shared.pt")
    torch.save(make_types(), FOLDER / "types.pt")
    torch.save(make_network(), FOLDER / "module.pt")
    torch.save(dict(make_network().named_parameters()), FOLDER / "parameters.pt")
    torch.save({"weight": torch.zeros(3, 5), "x": Hostile()}, FOLDER / "hostile.pt")
    legacy = {**make_shared(), "bias": torch.zeros(3, dtype=torch.float16)}
    torch.save(legacy, FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
