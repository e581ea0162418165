"""Makes what JAX and XLA write of the networks: ``python make_jax.py``. Needs jax.

The networks are those of ``make_torch.py``, written down in plain JAX. Weights are arguments, so
that no file has any.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_dump_to=dump --xla_dump_hlo_as_proto"

import jax
import jax.numpy as jnp
from jax import export
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jaxlib.mlir.dialects import stablehlo
from packing import keep

jax.config.update("jax_hlo_source_file_canonicalization_regex", ".*/")  # no paths of this machine

HEADS, SIZE, TOKENS = 4, 16, 16


def shape(*sizes: int, of: Any = jnp.float32) -> jax.ShapeDtypeStruct:
    """An argument."""
    return jax.ShapeDtypeStruct(sizes, of)


def linear(inputs: int, outputs: int, bias: bool = True) -> dict[str, Any]:
    """The weights of a part that multiplies."""
    return {"kernel": shape(inputs, outputs)} | ({"bias": shape(outputs)} if bias else {})


def norm(bias: bool = True) -> dict[str, Any]:
    """The weights of a normalisation."""
    return {"scale": shape(64)} | ({"bias": shape(64)} if bias else {})


def apply(weights: dict[str, Any], x: jax.Array) -> jax.Array:
    """A part that multiplies."""
    y = x @ weights["kernel"]
    return y + weights["bias"] if "bias" in weights else y


def normalise(weights: dict[str, Any], x: jax.Array) -> jax.Array:
    """A layer's normalisation, without the mean where it has no bias."""
    if "bias" not in weights:
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-6) * weights["scale"]
    centred = x - x.mean(-1, keepdims=True)
    spread = (centred * centred).mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(spread + 1e-12) * weights["scale"] + weights["bias"]


def split(x: jax.Array, heads: int) -> jax.Array:
    """Tokens by heads."""
    return x.reshape(1, TOKENS, heads, SIZE).transpose(0, 2, 1, 3)


def attend(q: jax.Array, k: jax.Array, v: jax.Array, mask: jax.Array | None) -> jax.Array:
    """Attention of split heads, joined again."""
    scores = q @ k.swapaxes(-1, -2) / SIZE**0.5
    if mask is not None:
        scores = jnp.where(mask, scores, -jnp.inf)
    joined = (jax.nn.softmax(scores) @ v).transpose(0, 2, 1, 3)
    return joined.reshape(1, TOKENS, HEADS * SIZE)


def rotate(x: jax.Array) -> jax.Array:
    """Rotary positions."""
    steps = 1.0 / 10000.0 ** (jnp.arange(0, SIZE, 2) / SIZE)
    angles = jnp.arange(TOKENS)[:, None] * steps
    angles = jnp.concatenate([angles, angles], -1)
    half = jnp.concatenate([-x[..., SIZE // 2 :], x[..., : SIZE // 2]], -1)
    return x * jnp.cos(angles) + half * jnp.sin(angles)


def encoder_weights() -> dict[str, Any]:
    """BERT without a pooler."""
    layer = {
        "query": linear(64, 64), "key": linear(64, 64), "value": linear(64, 64),
        "output": linear(64, 64), "attention_norm": norm(), "up": linear(64, 128),
        "down": linear(128, 64), "norm": norm(),
    }  # fmt: skip
    tables = {"words": shape(100, 64), "positions": shape(32, 64), "types": shape(2, 64)}
    return tables | {"norm": norm(), "layers": [layer, layer]}


def encoder(params: dict[str, Any], input_ids: jax.Array, token_type_ids: jax.Array) -> jax.Array:
    """The last hidden state."""
    x = params["words"][input_ids] + params["types"][token_type_ids]
    x = normalise(params["norm"], x + params["positions"][:TOKENS])
    for layer in params["layers"]:
        q, k, v = (split(apply(layer[part], x), HEADS) for part in ("query", "key", "value"))
        joined = apply(layer["output"], attend(q, k, v, None))
        x = normalise(layer["attention_norm"], x + joined)
        inner = jax.nn.gelu(apply(layer["up"], x), approximate=False)
        x = normalise(layer["norm"], x + apply(layer["down"], inner))
    return x


def decoder_weights() -> dict[str, Any]:
    """Llama; its table of words is its last layer too."""
    layer = {
        "query": linear(64, 64, False), "key": linear(64, 32, False),
        "value": linear(64, 32, False), "output": linear(64, 64, False),
        "attention_norm": norm(False), "gate": linear(64, 128, False),
        "up": linear(64, 128, False), "down": linear(128, 64, False), "norm": norm(False),
    }  # fmt: skip
    return {"words": shape(128, 64), "norm": norm(False), "layers": [layer, layer]}


def decoder(params: dict[str, Any], input_ids: jax.Array) -> jax.Array:
    """The logits of each token."""
    x = params["words"][input_ids]
    mask = jnp.tril(jnp.ones((TOKENS, TOKENS), bool))
    for layer in params["layers"]:
        y = normalise(layer["attention_norm"], x)
        q = rotate(split(apply(layer["query"], y), HEADS))
        k, v = (split(apply(layer[part], y), HEADS // 2) for part in ("key", "value"))
        k, v = (jnp.repeat(part, 2, axis=1) for part in (rotate(k), v))
        x = x + apply(layer["output"], attend(q, k, v, mask))
        y = normalise(layer["norm"], x)
        x = x + apply(layer["down"], jax.nn.silu(apply(layer["gate"], y)) * apply(layer["up"], y))
    return normalise(params["norm"], x) @ params["words"].T


def convolution(inputs: int, bias: bool = True) -> dict[str, Any]:
    """The weights of a convolution."""
    return {"kernel": shape(8, inputs, 3, 3)} | ({"bias": shape(8)} if bias else {})


def cnn_weights() -> dict[str, Any]:
    """A small residual network."""
    norm = {name: shape(8) for name in ("scale", "shift", "mean", "spread")}
    layers = {"second": convolution(8), "third": convolution(8), "dense": linear(8, 10)}
    return layers | {"first": convolution(3, bias=False), "norm": norm}


def convolve(weights: dict[str, Any], x: jax.Array) -> jax.Array:
    """A convolution that keeps the size."""
    y = jax.lax.conv_general_dilated(x, weights["kernel"], (1, 1), "SAME")
    return y + weights["bias"][:, None, None] if "bias" in weights else y


def cnn(params: dict[str, Any], image: jax.Array) -> jax.Array:
    """Ten probabilities."""
    norm = {name: value[:, None, None] for name, value in params["norm"].items()}
    x = convolve(params["first"], image)
    x = (x - norm["mean"]) * jax.lax.rsqrt(norm["spread"] + 1e-5) * norm["scale"] + norm["shift"]
    window = (1, 1, 2, 2)
    x = jax.lax.reduce_window(jax.nn.relu(x), -jnp.inf, jax.lax.max, window, window, "VALID")
    y = convolve(params["third"], jax.nn.relu(convolve(params["second"], x)))
    x = jax.nn.relu(x + y).mean((2, 3))
    return jax.nn.softmax(apply(params["dense"], x))


def write(name: str, network: Any, *arguments: Any) -> None:
    """All forms of one network."""
    lowered = jax.jit(network).lower(*arguments)
    text = lowered.as_text()
    keep(name, "stablehlo.mlir", text.encode())
    with mlir.make_ir_context():
        module = ir.Module.parse(text)
        stream = io.BytesIO()
        module.operation.write_bytecode(stream, desired_version=6)
        keep(name, "stablehlo.mlirbc", stream.getvalue())
        artifact = stablehlo.serialize_portable_artifact(module, "1.9.0", True)
        keep(name, "portable.mlirbc", artifact)
    keep(
        name, "jax_export.jaxexport", bytes(export.export(jax.jit(network))(*arguments).serialize())
    )
    before = lowered.compiler_ir("hlo")
    keep(name, "before.hlo", before.as_hlo_text().encode())
    keep(name, "before.hlo.pb", before.as_serialized_hlo_module_proto())
    shutil.rmtree("dump", ignore_errors=True)
    compiled = lowered.compile()
    after = compiled.runtime_executable().hlo_modules()[0]
    keep(name, "compiled.hlo", after.to_string().encode())
    (planned,) = (
        path for path in Path("dump").glob("*after_optimizations*.hlo.pb") if name in path.name
    )
    keep(name, "planned.hlo.pb", planned.read_bytes())
    shutil.rmtree("dump")


def main() -> None:
    """Write all forms."""
    ids = shape(1, TOKENS, of=jnp.int32)
    write("encoder", encoder, encoder_weights(), ids, ids)
    write("decoder", decoder, decoder_weights(), ids)
    write("cnn", cnn, cnn_weights(), shape(1, 3, 32, 32))


if __name__ == "__main__":
    main()
