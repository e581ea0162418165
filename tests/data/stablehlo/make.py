"""Export the test data; run it in an environment with jax: ``python make.py [FILE STEM ...]``.

Each file is written with what ``jaxlib``'s own MLIR parser and XLA's cost analysis say of it.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import networks
from jax import export, lax
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jax.sharding import Mesh, PartitionSpec
from networks import f32, shapes

jax.config.update("jax_hlo_source_file_canonicalization_regex", ".*/")  # no paths of this machine

HERE = Path(__file__).resolve().parent


def text(lowered, debug=True, generic=False):
    """A lowering as text; locations carry the arguments' names."""
    if generic:
        return lowered.compiler_ir().operation.get_asm(print_generic_op_form=True)
    return lowered.as_text(debug_info=debug)


def typed(*dims, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(dims, dtype)


def resnet50():
    return jax.jit(networks.resnet50).lower(
        shapes(networks.resnet50_params()), typed(1, 224, 224, 3)
    )


def encoder(generic=False):
    return jax.jit(networks.encoder).lower(
        shapes(networks.encoder_params()),
        typed(1, 128, dtype=jnp.int32), typed(1, 128, dtype=jnp.bool_),
    )  # fmt: skip


def decoder():
    cache = {
        name: typed(1, networks.CACHE, networks.HEADS, networks.WIDTH // networks.HEADS,
                    dtype=jnp.bfloat16)
        for name in ("key", "value")
    }  # fmt: skip
    return jax.jit(networks.decoder, donate_argnums=2).lower(
        shapes(networks.decoder_params()),
        typed(1, 8, networks.WIDTH, dtype=jnp.bfloat16), cache, typed(dtype=jnp.int32),
    )  # fmt: skip


def closed_over():
    """Weights inside the file: a small network with its arrays as constants."""
    key = jax.random.key(0)
    kernel = jax.random.normal(key, (3, 3, 3, 8))
    dense = jax.random.normal(key, (8 * 16 * 16, 10))
    ones = jnp.ones((10,))

    def network(images):
        x = jax.nn.relu(networks.convolve(images, kernel, 2))
        return jax.nn.softmax(x.reshape(images.shape[0], -1) @ dense + ones * jnp.arange(10.0))

    return jax.jit(network).lower(typed(2, 32, 32, 3))


def loops():
    """A recurrent network by scan, a counted loop, one that runs until it is told, and branches."""

    def network(params, x):
        def step(state, each):
            state = jnp.tanh(each @ params["input"] + state @ params["state"])
            return state, state

        state, history = lax.scan(step, jnp.zeros((4, 64)), x)
        counted = lax.fori_loop(2, 9, lambda _, v: v @ params["state"], state)
        until = lax.while_loop(lambda v: jnp.sum(v) < 100.0, lambda v: v * 2.0, counted)
        chosen = lax.cond(x[0, 0, 0] > 0, lambda v: v + 1.0, lambda v: v * v, until)
        return chosen, history, lax.switch(2, [jnp.sin, jnp.cos, jnp.tanh], state)

    params = {"input": f32(32, 64), "state": f32(64, 64)}
    return jax.jit(network).lower(shapes({"params": params})["params"], typed(10, 4, 32))


def sharded(shardy):
    """A tensor-parallel MLP with every collective, over four devices."""
    jax.config.update("jax_use_shardy_partitioner", shardy)
    mesh = Mesh(jax.devices(), ("model",))
    spec = PartitionSpec

    @partial(
        jax.shard_map, mesh=mesh, check_vma=False,
        in_specs=(spec(None, "model"), spec("model", None), spec()), out_specs=spec(),
    )  # fmt: skip
    def network(up, down, x):
        hidden = jax.nn.relu(x @ up)
        y = lax.psum(hidden @ down, "model")
        part = lax.psum_scatter(y, "model", scatter_dimension=1, tiled=True)
        whole = lax.all_gather(part, "model", axis=1, tiled=True)
        moved = lax.ppermute(whole, "model", [(0, 1), (1, 2), (2, 3), (3, 0)])
        turned = lax.all_to_all(moved, "model", 1, 0, tiled=True)
        return lax.pmax(jnp.sum(turned), "model") + y

    return jax.jit(network).lower(typed(64, 256), typed(256, 64), typed(16, 64))


def replicated():
    """The older way: one program per device, replicas in place of partitions."""
    return jax.pmap(lambda x: lax.psum(x * 2.0, "i"), axis_name="i").lower(typed(4, 8, 8))


def quantised():
    """Integer products with a scale per channel, and element types of eight bits."""

    def network(weight, scale, x, eight):
        rounded = jnp.clip(jnp.round(x / 0.05), -127, 127).astype(jnp.int8)
        y = lax.dot_general(
            rounded, weight, (((1,), (0,)), ((), ())), preferred_element_type=jnp.int32
        )
        z = lax.dot_general(
            eight, eight, (((1,), (1,)), ((), ())), preferred_element_type=jnp.float32
        )
        return y.astype(jnp.float32) * scale, z

    return jax.jit(network).lower(
        typed(256, 128, dtype=jnp.int8), typed(128), typed(8, 256),
        typed(8, 64, dtype=jnp.float8_e4m3fn),
    )  # fmt: skip


def symbolic():
    """An export whose batch is a symbol; shapes are reckoned inside the program."""
    batch, length = export.symbolic_shape("b, s", constraints=["s <= 512"])
    params = shapes(networks.encoder_params(1, 64, 1000, 512))
    network = jax.jit(partial(networks.encoder, heads=4))
    types = (jax.ShapeDtypeStruct((batch, length), jnp.int32),
             jax.ShapeDtypeStruct((batch, length), jnp.bool_))  # fmt: skip
    return export.export(network)(params, *types).mlir_module()


def symbolic_convolution():
    """An export with a symbolic batch whose window operations become dynamic ones."""
    (batch,) = export.symbolic_shape("b")

    def network(params, x):
        y = jax.nn.relu(networks.convolve(x, params["kernel"], 2))
        return jnp.mean(y, (1, 2)) @ params["dense"]

    params = shapes({"kernel": f32(3, 3, 3, 16), "dense": f32(16, 10)})
    return export.export(jax.jit(network))(
        params, jax.ShapeDtypeStruct((batch, 32, 32, 3), jnp.float32)
    ).mlir_module()


def assorted(generic=False):
    """Operations that the networks above do not use."""

    def network(x, y):
        order = jnp.argsort(x), jnp.argmax(x, -1), jnp.sort(x, 0)
        top = lax.top_k(x, 3)
        pooled = lax.reduce_window(x, 0.0, lax.add, (2, 2), (2, 2), "SAME")
        gradient = jax.grad(
            lambda v: lax.reduce_window(v, -jnp.inf, lax.max, (2, 2), (2, 2), "VALID").sum()
        )(x)
        updated = x.at[1, 2].set(3.0), x.at[jnp.array([0, 2])].add(1.0)
        special = jax.scipy.special.erf(x), jax.lax.lgamma(x), jnp.arctan2(x, x)
        spectrum = jnp.fft.rfft(x), jnp.fft.ifft(jnp.fft.fft(x))
        matrix = y @ y.T + 8 * jnp.eye(8)
        solved = jnp.linalg.cholesky(matrix), jax.scipy.linalg.solve_triangular(matrix, y)
        noise = jax.random.uniform(jax.random.key(0), (3, 4))
        padded = lax.pad(x, 0.0, ((1, 2, 0), (0, -1, 1)))
        running = jnp.cumsum(x, 1), lax.cummax(x, 0)
        bits = lax.population_count(x.astype(jnp.int32)), lax.clz(x.astype(jnp.uint32))
        apart = x[::2, 1:7:3], jnp.flip(x, 1), jnp.concatenate([x, x], 1)
        shaped = lax.reduce_precision(x, 5, 10), lax.optimization_barrier(x)
        return (order, top, pooled, gradient, updated, special, spectrum, solved, noise, padded,
                running, bits, apart, shaped, jnp.array([1.5, jnp.nan, -jnp.inf]))  # fmt: skip

    return jax.jit(network).lower(typed(4, 8), typed(8, 8))


FILES = {
    "resnet50": lambda: text(resnet50()),
    "encoder": lambda: text(encoder()),
    "decoder": lambda: text(decoder()),
    "decoder_generic": lambda: text(decoder(), generic=True),
    "closed_over": lambda: text(closed_over(), debug=False),
    "loops": lambda: text(loops()),
    "sharded": lambda: text(sharded(False), debug=False),
    "sharded_shardy": lambda: text(sharded(True), debug=False),
    "replicated": lambda: text(replicated(), debug=False),
    "quantised": lambda: text(quantised(), debug=False),
    "symbolic": symbolic,
    "symbolic_convolution": symbolic_convolution,
    "assorted": lambda: text(assorted(), debug=False),
    "assorted_generic": lambda: text(assorted(), generic=True),
}


COSTED = {"closed_over": closed_over, "decoder": decoder, "encoder": encoder, "resnet50": resnet50}


def costs():
    """What XLA's analysis of the unoptimised program counts; it leaves padding out."""
    figures = {}
    for stem, lower in COSTED.items():
        analysis = lower().cost_analysis()
        figures[stem] = {key: analysis[key] for key in ("flops", "transcendentals")}
    return figures


def oracle(source):
    """How often each operation occurs with which result types, by jaxlib's own parser."""
    counts: Counter[str] = Counter()
    with mlir.make_ir_context() as context:
        context.allow_unregistered_dialects = True
        module = ir.Module.parse(source)

        def note(operation):
            types = ", ".join(str(result.type) for result in operation.results)
            counts[f"{operation.name} -> {types}"] += 1
            return ir.WalkResult.ADVANCE

        module.operation.walk(note)
    return {key: counts[key] for key in sorted(counts)}


def main():
    wanted = sys.argv[1:] or list(FILES)
    kept = HERE / "oracle"
    kept.mkdir(exist_ok=True)
    for stem in wanted:
        source = FILES[stem]()
        (HERE / f"{stem}.mlir").write_text(source)
        known = json.dumps(oracle(source), indent=0, sort_keys=True)
        (kept / f"{stem}.json").write_text(known + "\n")
        print(stem, len(source))
    (kept / "costs.json").write_text(json.dumps(costs(), indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
