"""Makes what MXNet writes of the networks: ``python make_mxnet.py``. Needs mxnet 1.9."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import mxnet
from packing import keep

sys.path.append(str(Path(__file__).resolve().parent / "documentation"))

from networks import HEAD, HEADS, TOKENS, WIDTH, write_cnn, write_encoder

Symbol = mxnet.sym.Symbol


class Network:
    """The layers as MXNet has them; the encoder's values have a batch of one before."""

    def take_image(self) -> Symbol:
        return mxnet.sym.var("image")

    def convolve(self, name: str, x: Symbol, inputs: int, *, biased: bool = True) -> Symbol:
        window = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 8}
        return mxnet.sym.Convolution(x, name=name, no_bias=not biased, **window)

    def normalise_batch(self, name: str, x: Symbol) -> Symbol:
        return mxnet.sym.BatchNorm(x, name=name, eps=1e-5, fix_gamma=False)

    def relu(self, x: Symbol) -> Symbol:
        return mxnet.sym.Activation(x, act_type="relu")

    def pool(self, x: Symbol) -> Symbol:
        return mxnet.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")

    def average(self, x: Symbol) -> Symbol:
        return mxnet.sym.flatten(mxnet.sym.Pooling(x, global_pool=True, pool_type="avg"))

    def add(self, left: Symbol, right: Symbol) -> Symbol:
        return mxnet.sym.broadcast_add(left, right)

    def multiply(self, name: str, x: Symbol, inputs: int, outputs: int) -> Symbol:
        return mxnet.sym.FullyConnected(x, name=name, num_hidden=outputs, flatten=False)

    def soften(self, x: Symbol) -> Symbol:
        return mxnet.sym.softmax(x)

    def take_tokens(self, name: str) -> Symbol:
        return mxnet.sym.var(name, dtype="int32")

    def look_up(self, name: str, rows: int, tokens: Symbol) -> Symbol:
        return mxnet.sym.Embedding(tokens, name=name, input_dim=rows, output_dim=WIDTH)

    def place(self, name: str, rows: int) -> Symbol:
        table = mxnet.sym.var(f"{name}_weight", shape=(rows, WIDTH))
        kept = mxnet.sym.slice_axis(table, axis=0, begin=0, end=TOKENS)
        return mxnet.sym.expand_dims(kept, axis=0)

    def normalise(self, name: str, x: Symbol) -> Symbol:
        return mxnet.sym.LayerNorm(x, name=name, eps=1e-12)

    def split(self, x: Symbol) -> Symbol:
        """Heads before tokens, one after the other."""
        heads = mxnet.sym.reshape(x, shape=(0, 0, HEADS, HEAD))
        return mxnet.sym.reshape(mxnet.sym.transpose(heads, axes=(0, 2, 1, 3)), shape=(-3, 0, 0))

    def attend(self, name: str, q: Symbol, k: Symbol, v: Symbol) -> Symbol:
        q, k, v = (self.split(part) for part in (q, k, v))
        scores = mxnet.sym.batch_dot(q, k, transpose_b=True) / HEAD**0.5
        joined = mxnet.sym.batch_dot(mxnet.sym.softmax(scores), v)
        joined = mxnet.sym.reshape(joined, shape=(-4, -1, HEADS, 0, 0))
        joined = mxnet.sym.transpose(joined, axes=(0, 2, 1, 3))
        return mxnet.sym.reshape(joined, shape=(0, 0, -3))

    def bend(self, name: str, x: Symbol) -> Symbol:
        return mxnet.sym.LeakyReLU(x, name=name, act_type="gelu")


def write(model: str, symbol: Symbol, inputs: dict[str, tuple[int, ...]]) -> None:
    """The symbol and its parameters, which are a pattern, no two tensors alike."""
    shapes, _, states = symbol.infer_shape(**inputs)
    known = dict(zip(symbol.list_arguments(), shapes, strict=True))
    weights = {f"arg:{name}": shape for name, shape in known.items() if name not in inputs}
    names = symbol.list_auxiliary_states()
    weights |= {f"aux:{name}": shape for name, shape in zip(names, states, strict=True)}
    arrays = {}
    for place, (name, shape) in enumerate(weights.items()):
        pattern = mxnet.nd.arange(mxnet.nd.zeros(shape).size) % 251 + place + 2
        arrays[name] = (pattern / 1024).reshape(shape)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{model}-0000.params"
        mxnet.nd.save(str(path), arrays)
        keep(model, f"mxnet/{path.name}", path.read_bytes())
    keep(model, f"mxnet/{model}-symbol.json", symbol.tojson().encode())


def main() -> None:
    """Write both."""
    tokens = (1, TOKENS)
    write("cnn", write_cnn(Network()), {"image": (1, 3, 32, 32)})
    inputs = {"input_ids": tokens, "token_type_ids": tokens}
    write("encoder", write_encoder(Network()), inputs)


if __name__ == "__main__":
    main()
