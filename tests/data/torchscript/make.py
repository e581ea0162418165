"""Makes the samples in this folder: ``python make.py``, which also prints counts for the tests.

Needs PyTorch and transformers; what stands here was made by torch 2.13.0+cpu and transformers 5.24.
Weights are few and random.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch
from torch import nn
from torch.ao import quantization
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model

FOLDER = Path(__file__).resolve().parent


class Network(nn.Module):
    """Convolution, attention and what lies between; its sizes are reckoned by the program."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 10)
        self.drop = nn.Dropout()
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Ten classes."""
        x = torch.relu(self.bn(self.conv(x)))
        x = nn.functional.max_pool2d(x, 2)
        y = x.flatten(2).transpose(1, 2)
        y = self.attn(y, y, y)[0]
        x = self.drop(y.mean(1)) + 1.5
        return self.fc(x).softmax(-1)


class Scripted(nn.Module):
    """Branches and loops, a weight that two layers share, and a buffer of whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.l = nn.LSTM(4, 8, batch_first=True)
        self.fc = nn.Linear(8, 8)
        self.fc2 = nn.Linear(8, 8)
        self.fc2.weight = self.fc.weight
        self.register_buffer("steps", torch.zeros(3, dtype=torch.int64))
        self.ls = nn.ModuleList([nn.Linear(8, 8) for _ in range(3)])

    def forward(self, x: torch.Tensor, flag: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """A tensor, and one in a dict."""
        y, _ = self.l(x)
        for layer in self.ls:
            y = layer(y)
        if flag:
            y = self.fc(y)
        i = 0
        while i < 3:
            y = self.fc2(y)
            i += 1
        return y.relu(), {"a": y}


class Branches(nn.Module):
    """Loops that are counted, a branch by a flag and one by a size."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, flag: bool) -> torch.Tensor:
        """As many layers as there are rounds."""
        for _ in range(4):
            x = self.fc(x)
        if flag:
            x = self.fc(x)
        return torch.relu(x)


class Recurrent(nn.Module):
    """LSTM of two layers and both directions, then a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.l = nn.LSTM(4, 8, 2, batch_first=True, bidirectional=True)
        self.g = nn.GRU(16, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The states of each step."""
        return self.g(self.l(x)[0])[0]


def trace(name: str, model: nn.Module, *inputs: torch.Tensor) -> None:
    """Write a traced model and print what PyTorch counts of it."""
    model.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    parameters = sum(p.numel() * p.element_size() for p in model.parameters())
    print(name, counter.get_total_flops(), parameters)
    traced = torch.jit.trace(model, inputs, check_trace=False, strict=False)
    traced.save(str(FOLDER / f"{name}.pt"))


class Quantised(nn.Module):
    """Layers that become whole numbers: 64 x 216 + 36 x 72 + 8 x 4 multiply-adds for 8 x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = quantization.QuantStub()
        self.wide = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.deep = nn.Conv2d(8, 8, 3, groups=8)
        self.last = nn.Linear(8, 4)
        self.sum = nn.quantized.FloatFunctional()
        self.leave = quantization.DeQuantStub()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Four numbers."""
        x = self.relu(self.wide(self.enter(x)))
        x = self.deep(self.sum.add(x, x)).mean([2, 3])
        return self.leave(self.last(x))


def quantise() -> None:
    """Static and dynamic quantisation, by the scripted modules and by a frozen one."""
    torch.backends.quantized.engine = "qnnpack"
    dense = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4)).eval()
    dynamic = quantization.quantize_dynamic(dense, {nn.Linear}, dtype=torch.qint8)
    torch.jit.script(dynamic).save(str(FOLDER / "dynamic.pt"))
    model = Quantised().eval()
    model.qconfig = quantization.get_default_qconfig("qnnpack")
    ready = quantization.prepare(quantization.fuse_modules(model, [["wide", "relu"]]))
    ready(torch.randn(1, 3, 8, 8))
    static = torch.jit.script(quantization.convert(ready))
    static.save(str(FOLDER / "quantised.pt"))
    torch.jit.freeze(static).save(str(FOLDER / "quantised_frozen.pt"))
    for name in ("dynamic", "quantised", "quantised_frozen"):
        strip(FOLDER / f"{name}.pt")


def strip(path: Path) -> None:
    """The same archive without the notes on which file of the machine each line comes from."""
    with zipfile.ZipFile(path) as archive:
        kept = {n: archive.read(n) for n in archive.namelist() if not n.endswith(".debug_pkl")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in kept.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def main() -> None:
    """Write all samples."""
    torch.manual_seed(0)
    ids = torch.zeros(2, 10, dtype=torch.long)
    trace("network", Network(), torch.zeros(1, 3, 16, 16))
    trace("recurrent", Recurrent(), torch.zeros(2, 5, 4))
    bert = BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=4, intermediate_size=32,
        vocab_size=50, max_position_embeddings=16, return_dict=False, attn_implementation="eager",
    )  # fmt: skip
    trace("bert", BertModel(bert), ids, torch.ones_like(ids))
    gpt2 = GPT2Config(
        n_embd=16, n_layer=1, n_head=4, vocab_size=50, n_positions=16, use_cache=False,
        return_dict=False, attn_implementation="eager",
    )  # fmt: skip
    trace("gpt2", GPT2Model(gpt2), ids)
    scripted = torch.jit.script(Scripted().eval())
    scripted.save(str(FOLDER / "scripted.pt"))
    scripted._save_for_lite_interpreter(str(FOLDER / "light.ptl"))
    torch.jit.script(Branches().eval()).save(str(FOLDER / "branches.pt"))
    torch.jit.freeze(torch.jit.script(Branches().eval())).save(str(FOLDER / "frozen.pt"))
    quantise()


if __name__ == "__main__":
    main()
