"""The networks whose exports are the test data, written by hand in JAX; weights are arguments."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax


def shapes(tree):
    """The same tree with types in place of arrays, so that nothing is allocated."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(tuple(leaf[0]), leaf[1]),
        tree,
        is_leaf=lambda leaf: (
            isinstance(leaf, tuple) and len(leaf) == 2 and not hasattr(leaf, "_fields")
        ),
    )


def f32(*dims):
    """A leaf: shape and element type."""
    return (dims, jnp.float32)


def convolve(x, kernel, stride=1, groups=1):
    """NHWC convolution with the padding of PyTorch's ResNet."""
    size = kernel.shape[0]
    pad = [(size // 2, size // 2)] * 2
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), pad,
        dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups,
    )  # fmt: skip


def normalise(x, p):
    """Batch normalisation at inference."""
    return (x - p["mean"]) * lax.rsqrt(p["var"] + 1e-5) * p["scale"] + p["bias"]


def _norm(channels):
    return {name: f32(channels) for name in ("mean", "var", "scale", "bias")}


_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


def resnet50_params():
    params = {"stem": {"kernel": f32(7, 7, 3, 64), "norm": _norm(64)}}
    inputs = 64
    for stage, (width, blocks, _) in enumerate(_STAGES):
        for block in range(blocks):
            layer = {
                "reduce": {"kernel": f32(1, 1, inputs, width), "norm": _norm(width)},
                "middle": {"kernel": f32(3, 3, width, width), "norm": _norm(width)},
                "expand": {"kernel": f32(1, 1, width, 4 * width), "norm": _norm(4 * width)},
            }
            if block == 0:
                layer["short"] = {
                    "kernel": f32(1, 1, inputs, 4 * width), "norm": _norm(4 * width),
                }  # fmt: skip
            params[f"stage{stage}_block{block}"] = layer
            inputs = 4 * width
    params["head"] = {"kernel": f32(2048, 1000), "bias": f32(1000)}
    return params


def resnet50(params, images):
    def unit(x, p, stride=1):
        return normalise(convolve(x, p["kernel"], stride), p["norm"])

    x = jax.nn.relu(unit(images, params["stem"], 2))
    x = lax.reduce_window(
        x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0))
    )
    for stage, (_, blocks, stride) in enumerate(_STAGES):
        for block in range(blocks):
            p = params[f"stage{stage}_block{block}"]
            step = stride if block == 0 else 1
            y = jax.nn.relu(unit(x, p["reduce"]))
            y = jax.nn.relu(unit(y, p["middle"], step))
            y = unit(y, p["expand"])
            short = unit(x, p["short"], step) if block == 0 else x
            x = jax.nn.relu(y + short)
    return jnp.mean(x, (1, 2)) @ params["head"]["kernel"] + params["head"]["bias"]


def encoder_params(layers=12, width=768, vocabulary=30522, positions=512):
    def dense(inputs, outputs):
        return {"kernel": f32(inputs, outputs), "bias": f32(outputs)}

    def norm():
        return {"scale": f32(width), "bias": f32(width)}

    return {
        "tokens": f32(vocabulary, width),
        "positions": f32(positions, width),
        "norm": norm(),
        "layers": [
            {
                "query": dense(width, width), "key": dense(width, width),
                "value": dense(width, width), "out": dense(width, width),
                "up": dense(width, 4 * width), "down": dense(4 * width, width),
                "norm1": norm(), "norm2": norm(),
            }
            for _ in range(layers)
        ],
    }  # fmt: skip


def layer_normalise(x, p):
    mean = jnp.mean(x, -1, keepdims=True)
    var = jnp.mean((x - mean) ** 2, -1, keepdims=True)
    return (x - mean) * lax.rsqrt(var + 1e-12) * p["scale"] + p["bias"]


def encoder(params, ids, mask, heads=12):
    batch, length = ids.shape
    x = params["tokens"][ids] + params["positions"][:length]
    x = layer_normalise(x, params["norm"])
    width = x.shape[-1]

    def dense(x, p):
        return x @ p["kernel"] + p["bias"]

    def split(x):
        return x.reshape(batch, length, heads, width // heads)

    bias = jnp.where(mask[:, None, None, :], 0.0, -1e9)
    for p in params["layers"]:
        query, key, value = (split(dense(x, p[name])) for name in ("query", "key", "value"))
        scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) / (width // heads) ** 0.5 + bias
        mixed = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), value)
        x = layer_normalise(x + dense(mixed.reshape(batch, length, width), p["out"]), p["norm1"])
        hidden = jax.nn.gelu(dense(x, p["up"]), approximate=False)
        x = layer_normalise(x + dense(hidden, p["down"]), p["norm2"])
    return x


WIDTH, HEADS, CACHE = 1024, 16, 256


def decoder_params():
    return {
        "norm1": ((WIDTH,), jnp.bfloat16), "norm2": ((WIDTH,), jnp.bfloat16),
        "query": ((WIDTH, WIDTH), jnp.bfloat16), "key": ((WIDTH, WIDTH), jnp.bfloat16),
        "value": ((WIDTH, WIDTH), jnp.bfloat16), "out": ((WIDTH, WIDTH), jnp.bfloat16),
        "gate": ((WIDTH, 4 * WIDTH), jnp.bfloat16), "up": ((WIDTH, 4 * WIDTH), jnp.bfloat16),
        "down": ((4 * WIDTH, WIDTH), jnp.bfloat16),
    }  # fmt: skip


def decoder(params, x, cache, position):
    """One block of a decoder: rotary positions, causal attention over a cache, gated MLP."""
    batch, length, _ = x.shape
    size = WIDTH // HEADS

    def normalised(x, scale):
        wide = x.astype(jnp.float32)
        root = lax.rsqrt(jnp.mean(wide * wide, -1, keepdims=True) + 1e-6)
        return (wide * root).astype(x.dtype) * scale

    def rotate(x):
        angle = (position + jnp.arange(length))[:, None] / 10000 ** (jnp.arange(0, size, 2) / size)
        sine, cosine = jnp.sin(angle)[None, :, None], jnp.cos(angle)[None, :, None]
        left, right = jnp.split(x.astype(jnp.float32), 2, -1)
        turned = jnp.concatenate([left * cosine - right * sine, right * cosine + left * sine], -1)
        return turned.astype(x.dtype)

    y = normalised(x, params["norm1"])
    query, key, value = (
        (y @ params[name]).reshape(batch, length, HEADS, size) for name in ("query", "key", "value")
    )
    start = (0, position, 0, 0)
    keys = lax.dynamic_update_slice(cache["key"], rotate(key), start)
    values = lax.dynamic_update_slice(cache["value"], value, start)
    scores = jnp.einsum("bqhd,bkhd->bhqk", rotate(query), keys).astype(jnp.float32) / size**0.5
    seen = jnp.arange(CACHE)[None, :] <= position + jnp.arange(length)[:, None]
    weights = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf)).astype(x.dtype)
    mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, values)
    x = x + mixed.reshape(batch, length, WIDTH) @ params["out"]
    y = normalised(x, params["norm2"])
    x = x + (jax.nn.silu(y @ params["gate"]) * (y @ params["up"])) @ params["down"]
    return x, {"key": keys, "value": values}
