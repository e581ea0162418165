"""The small networks that ``make.py`` exports."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Perceptron(nn.Module):
    """Three layers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32), nn.GELU(), nn.Linear(32, 4)
        )

    def forward(self, data: Tensor) -> Tensor:
        return torch.softmax(self.layers(data), dim=-1)


class Residual(nn.Module):
    """Two convolutions around which the data is carried."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, groups=2)
        self.second_norm = nn.BatchNorm2d(after)
        self.short = nn.Conv2d(before, after, 1, stride)

    def forward(self, data: Tensor) -> Tensor:
        inner = functional.relu(self.first_norm(self.first(data)))
        return functional.relu(self.second_norm(self.second(inner)) + self.short(data))


class Convolutional(nn.Module):
    """A stem, two residual blocks, a transposed convolution, pooling and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, 2, 3)
        self.blocks = nn.Sequential(Residual(8, 8, 1), Residual(8, 16, 2))
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.head = nn.Linear(8, 10)

    def forward(self, data: Tensor) -> Tensor:
        data = functional.max_pool2d(functional.silu(self.stem(data)), 3, 2, 1)
        data = functional.avg_pool2d(self.up(self.blocks(data)), 2)
        data = functional.adaptive_avg_pool2d(functional.pad(data, (1, 1, 0, 0)), 1)
        return self.head(torch.flatten(data, 1))


class Attention(nn.Module):
    """Heads with one product for query, key and value, or keys from elsewhere."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.pair = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def split(self, data: Tensor) -> Tensor:
        return data.view(data.shape[0], data.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, data: Tensor, other: Tensor, causal: bool) -> Tensor:
        key, value = self.pair(other).chunk(2, dim=-1)
        mixed = functional.scaled_dot_product_attention(
            self.split(self.query(data)), self.split(key), self.split(value), is_causal=causal
        )
        return self.out(mixed.transpose(1, 2).reshape(data.shape))


class Layer(nn.Module):
    """Attention and a gated network, normalised first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm = nn.RMSNorm(width)
        self.gate = nn.Linear(width, 2 * width, bias=False)
        self.up = nn.Linear(width, 2 * width, bias=False)
        self.down = nn.Linear(2 * width, width, bias=False)

    def forward(self, data: Tensor) -> Tensor:
        normal = self.attention_norm(data)
        data = data + self.attention(normal, normal, True)
        normal = self.norm(data)
        return data + self.down(functional.silu(self.gate(normal)) * self.up(normal))


class Decoder(nn.Module):
    """Two layers of a language model whose head is its table of words; positions are added."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 16)
        self.register_buffer("places", torch.randn(32, 16), persistent=False)
        self.layers = nn.ModuleList(Layer(16, 2) for _ in range(2))
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 50, bias=False)
        self.head.weight = self.words.weight

    def forward(self, words: Tensor) -> Tensor:
        data = self.words(words) + self.places[: words.shape[1]]
        for layer in self.layers:
            data = layer(data)
        return self.head(self.norm(data))[:, -1]


class EncoderDecoder(nn.Module):
    """An encoder that PyTorch brings along, and a decoder that looks at what comes out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 16)
        self.encoder = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.inner = Attention(16, 2)
        self.cross = Attention(16, 2)
        self.head = nn.Linear(16, 40)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memory = self.encoder(self.words(source))
        data = self.words(target)
        data = data + self.inner(data, data, True)
        data = data + self.cross(data, memory, False)
        return torch.log_softmax(self.head(data), dim=-1).argmax(-1)


class Tied(nn.Module):
    """Two layers that share their weight, and every kind of tensor that a module keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(8, 8)
        self.second.weight = self.first.weight
        self.narrow = nn.Parameter(torch.randn(8, 8, dtype=torch.bfloat16))
        self.register_buffer("kept", torch.ones(8))
        self.register_buffer("passing", torch.ones(8), persistent=False)
        self.constant = torch.tensor([1.0, 2.0])

    def forward(self, data: Tensor) -> Tensor:
        data = self.second(self.first(data)) * self.kept + self.passing
        return data @ self.narrow.float() + self.constant.sum()


class Bag(nn.Module):
    """Operations of many kinds, a branch among them."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8))

    def forward(self, data: Tensor, choice: Tensor) -> tuple[Tensor, ...]:
        index = torch.tensor([0, 2, 3])
        parts = torch.split(data, 3, dim=1)
        mask = torch.arange(8) > 3
        mixed = torch.where(mask, data, 0.5) + torch.full((8,), 2.0) - torch.zeros_like(data)
        chosen = mixed.masked_fill(~mask, -1.0).index_select(0, index)[:, 1:7:2]
        best, places = torch.topk(mixed.clamp(-1, 1), 2, dim=-1)
        stacked = torch.stack([parts[0], parts[1]], dim=0).permute(2, 0, 1).expand(3, 2, 4)
        with torch.no_grad():
            summed = torch.cumsum(data.pow(2).mean(dim=-1, keepdim=True), dim=0)

        def yes(value: Tensor) -> Tensor:
            return value @ self.weight

        def no(value: Tensor) -> Tensor:
            return value.sin()

        branch = torch.cond(choice, yes, no, (data,))
        return chosen, best, places.to(torch.int32), stacked, summed, branch, data[0].amax()


class Recurrent(nn.Module):
    """Two layers in both directions, and one in one."""

    def __init__(self) -> None:
        super().__init__()
        self.long = nn.LSTM(8, 12, 2, batch_first=True, bidirectional=True)
        self.gated = nn.GRU(24, 8)

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        mixed, (state, _) = self.long(data)
        return self.gated(mixed)[0], state


class Looping(nn.Module):
    """A step for each row, with and without a state, and one that runs while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8))

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        from torch._higher_order_ops import scan, while_loop
        from torch._higher_order_ops.map import map as each

        def step(state: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
            return (state @ self.weight + row).tanh(), state * row

        def more(count: Tensor, value: Tensor) -> Tensor:
            return count < 3

        def once(count: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
            return count + 1, value.sin()

        rows = each(lambda row, weight: (row @ weight).relu(), data, self.weight)
        last, products = scan(step, data[0].clone(), rows, dim=0)
        _, turned = while_loop(more, once, (torch.zeros((), dtype=torch.int64), last))
        return rows, products, turned


class Unrolled(nn.Module):
    """The same with its loops written out, for a counter that knows none."""

    def __init__(self, looping: Looping) -> None:
        super().__init__()
        self.weight = looping.weight

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        rows = [(row @ self.weight).relu() for row in data]
        state = data[0]
        for row in rows:
            state = (state @ self.weight + row).tanh()
        return torch.stack(rows), state


class Picking(nn.Module):
    """Masks, indices apart, transforms and what else picks elements."""

    def forward(self, data: Tensor, mask: Tensor, index: Tensor) -> tuple[Tensor, ...]:
        chosen = data[mask].relu()
        columns = data[:, data[0, :, 0] > 0]
        apart = data[index, :, index]
        beside = data[:, index, index]
        kept, where = torch.unique(index, return_inverse=True)
        blocks = nn.functional.unfold(data[None], 2)
        spectrum = torch.fft.rfft(data).abs()
        diagonal = torch.diagonal(data, 0, 1, 2)
        inverse = torch.linalg.inv(data[:, :, :5])
        near = torch.searchsorted(data[0, 0], data[1, 1])
        return (
            chosen, columns, apart, beside, kept, where, blocks, spectrum, diagonal, inverse, near,
            torch.lerp(data, data + 1, 0.5), torch.log2(data.abs()), torch.median(data, 1)[0],
        )  # fmt: skip
