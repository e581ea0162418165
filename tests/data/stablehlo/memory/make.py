"""Export small loops with what XLA says of their memory: ``python make.py``, with jax 0.6 or later.

``xla.json`` has the bytes of temporaries and of aliased arguments that XLA's CPU compiler reports.
"""

from __future__ import annotations

import json
from pathlib import Path

import jax
import jax.numpy as jnp
from jax import lax

HERE = Path(__file__).resolve().parent


def f32(*shape):
    return jax.ShapeDtypeStruct(shape, jnp.float32)


def scan_ys(x):
    def body(c, _):
        c = jnp.sin(c)
        return c, jnp.cos(c)

    return lax.scan(body, x, None, length=8)[1].sum(0)


def scan_ys_out(x):
    def body(c, _):
        c = jnp.sin(c) @ c
        return c, c

    return lax.scan(body, x, None, length=8)[1]


def nested(x):
    def outer(i, c):
        return lax.fori_loop(0, 4, lambda j, d: d @ d * 0.5, c) + 1.0

    return lax.fori_loop(0, 5, outer, x)


def cond_in_while(x):
    def body(s):
        i, c = s
        return i + 1, lax.cond(c[0, 0] > 0, lambda c: c @ c, jnp.sin, c)

    return lax.while_loop(lambda s: s[0] < 10, body, (0, x))[1]


def fori_update_tmp(v):
    def body(i, c):
        return lax.dynamic_update_slice(c, v[None] * i, (i, 0))

    return lax.fori_loop(0, 64, body, jnp.zeros((1024, 1024), jnp.float32)).sum()


def train_donated(weights, x):
    def loss(weights, x):
        for w in weights:
            x = jnp.tanh(x @ w)
        return (x * x).mean()

    return [w - 0.1 * g for w, g in zip(weights, jax.grad(loss)(weights, x), strict=True)]


def rnn_grad(w, xs):
    def loss(w, xs):
        def body(c, x):
            c = jnp.tanh(c @ w + x)
            return c, c

        return (lax.scan(body, jnp.zeros_like(xs[0]), xs)[1] ** 2).sum()

    return jax.grad(loss)(w, xs)


def dus_chain(x, v):
    c = jnp.sin(x)
    for i in range(4):
        c = lax.dynamic_update_slice(c, v[None] + i, (i, 0))
    return c.sum()


def carry2(x, y):
    return lax.fori_loop(0, 6, lambda i, s: (s[1] @ s[0], s[0]), (x, y))


def while_elem(x):
    return lax.fori_loop(0, 100, lambda i, c: jnp.sin(c) * 2 + i, x).sum()


PROGRAMS = {
    scan_ys: [f32(1024, 1024)],
    scan_ys_out: [f32(512, 512)],
    nested: [f32(512, 512)],
    cond_in_while: [f32(512, 512)],
    fori_update_tmp: [f32(1024)],
    train_donated: [[f32(512, 512)] * 3, f32(256, 512)],
    rnn_grad: [f32(256, 256), f32(16, 64, 256)],
    dus_chain: [f32(1024, 1024), f32(1024)],
    carry2: [f32(512, 512), f32(512, 512)],
    while_elem: [f32(1024, 1024)],
}

if __name__ == "__main__":
    told = {}
    for program, operands in PROGRAMS.items():
        donated = (0,) if program is train_donated else ()
        lowered = jax.jit(program, donate_argnums=donated).lower(*operands)
        (HERE / f"{program.__name__}.mlir").write_text(lowered.as_text())
        memory = lowered.compile().memory_analysis()
        told[program.__name__] = {
            "temporaries": memory.temp_size_in_bytes,
            "aliased": memory.alias_size_in_bytes,
        }
    (HERE / "xla.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
