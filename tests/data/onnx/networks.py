"""The networks behind the exported files: own implementations, weights random and not kept."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Bottleneck(nn.Module):
    """Three convolutions around a shortcut; the stride sits in the middle one (v1.5)."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        result = width * 4
        self.reduce = nn.Conv2d(channels, width, 1, bias=False)
        self.reduce_norm = nn.BatchNorm2d(width)
        self.middle = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.middle_norm = nn.BatchNorm2d(width)
        self.expand = nn.Conv2d(width, result, 1, bias=False)
        self.expand_norm = nn.BatchNorm2d(result)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != result:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, result, 1, stride, bias=False), nn.BatchNorm2d(result)
            )

    def forward(self, data: Tensor) -> Tensor:
        hidden = functional.relu(self.reduce_norm(self.reduce(data)))
        hidden = functional.relu(self.middle_norm(self.middle(hidden)))
        return functional.relu(self.expand_norm(self.expand(hidden)) + self.shortcut(data))


class ResNet50(nn.Module):
    """He et al. 2015, 50 layers, for 1000 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.stem_norm = nn.BatchNorm2d(64)
        blocks: list[nn.Module] = []
        channels = 64
        for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for index in range(count):
                blocks.append(Bottleneck(channels, width, 1 if index else stride))
                channels = width * 4
        self.blocks = nn.Sequential(*blocks)
        self.classify = nn.Linear(2048, 1000)

    def forward(self, image: Tensor) -> Tensor:
        hidden = functional.relu(self.stem_norm(self.stem(image)))
        hidden = self.blocks(functional.max_pool2d(hidden, 3, 2, 1))
        return self.classify(torch.flatten(functional.adaptive_avg_pool2d(hidden, 1), 1))


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward net, normalised afterwards as in BERT."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.merge = (nn.Linear(width, width) for _ in range(4))
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        batch, length, width = hidden.shape
        each = width // self.heads

        def split(data: Tensor) -> Tensor:
            return data.view(batch, length, self.heads, each).transpose(1, 2)

        query, key, value = (split(layer(hidden)) for layer in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) / math.sqrt(each) + bias
        mixed = torch.softmax(scores, -1) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        hidden = self.attention_norm(hidden + self.merge(mixed))
        return self.norm(hidden + self.narrow(functional.gelu(self.widen(hidden))))


class Encoder(nn.Module):
    """BERT-base: 12 layers of width 768, with embeddings and pooler."""

    def __init__(self, layers: int = 12, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        self.words = nn.Embedding(30522, width)
        self.positions = nn.Embedding(512, width)
        self.segments = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in range(layers))
        self.pooler = nn.Linear(width, width)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor]:
        positions = torch.arange(input_ids.shape[1]).unsqueeze(0)
        hidden = self.words(input_ids) + self.positions(positions)
        hidden = self.norm(hidden + self.segments(token_type_ids))
        bias = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -10000.0
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return hidden, torch.tanh(self.pooler(hidden[:, 0]))


class RootMeanSquare(nn.Module):
    """RMS normalisation written out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, hidden: Tensor) -> Tensor:
        return self.scale * (hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + 1e-6))


class DecoderBlock(nn.Module):
    """One Llama-like block: rotary positions, grouped keys, causal, gated feed-forward."""

    def __init__(self, width: int = 1024, heads: int = 16, groups: int = 4) -> None:
        super().__init__()
        self.heads, self.groups, self.each = heads, groups, width // heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, groups * self.each, bias=False)
        self.value = nn.Linear(width, groups * self.each, bias=False)
        self.merge = nn.Linear(width, width, bias=False)
        self.attention_norm, self.norm = RootMeanSquare(width), RootMeanSquare(width)
        self.gate = nn.Linear(width, 2816, bias=False)
        self.up = nn.Linear(width, 2816, bias=False)
        self.down = nn.Linear(2816, width, bias=False)
        steps = torch.arange(0, self.each, 2).float() / self.each
        self.register_buffer("frequencies", 1.0 / 10000**steps)

    def rotate(self, data: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        first, second = data.chunk(2, -1)
        return data * cosine + torch.cat((-second, first), -1) * sine

    def forward(self, hidden: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, width = hidden.shape
        normal = self.attention_norm(hidden)

        def split(data: Tensor, heads: int) -> Tensor:
            return data.view(batch, length, heads, self.each).transpose(1, 2)

        def repeat(data: Tensor) -> Tensor:
            times = self.heads // self.groups
            wide = data[:, :, None].expand(batch, self.groups, times, length, self.each)
            return wide.reshape(batch, self.heads, length, self.each)

        angles = position_ids[:, :, None].float() * self.frequencies
        angles = torch.cat((angles, angles), -1)[:, None]
        cosine, sine = angles.cos(), angles.sin()
        query = self.rotate(split(self.query(normal), self.heads), cosine, sine)
        key = self.rotate(split(self.key(normal), self.groups), cosine, sine)
        value = split(self.value(normal), self.groups)
        mixed = functional.scaled_dot_product_attention(
            query, repeat(key), repeat(value), is_causal=True
        )
        hidden = hidden + self.merge(mixed.transpose(1, 2).reshape(batch, length, width))
        normal = self.norm(hidden)
        gated = functional.silu(self.gate(normal)) * self.up(normal)
        return hidden + self.down(gated), key, value
