"""Makes the HLO samples beside it with jaxlib 0.10.2; ``python make.py`` in an empty folder.

Each function is written as XLA gets it and as it leaves XLA's passes for CPUs, as text and as
protobuf. ``counts.json`` says what XLA's own analyses say of each.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = (
    "--xla_force_host_platform_device_count=4 --xla_dump_to=dump --xla_dump_hlo_as_proto"
)

import jax
import jax.numpy as jnp
import numpy
from jax import lax
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec
from jaxlib import _hlo

jax.config.update("jax_hlo_source_file_canonicalization_regex", ".*/")  # no paths of this machine


def convolutions(params: dict[str, Any], x: jax.Array) -> jax.Array:
    """Grouped, strided, dilated and transposed convolutions, pooling."""
    layouts = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, params["a"], (2, 2), "SAME", dimension_numbers=layouts)
    y = lax.conv_general_dilated(
        y, params["b"], (1, 1), ((1, 1), (2, 2)), rhs_dilation=(1, 2),
        dimension_numbers=layouts, feature_group_count=4,
    )  # fmt: skip
    y = lax.reduce_window(y, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
    y = lax.conv_transpose(y, params["c"], (2, 2), "VALID", dimension_numbers=layouts)
    return jax.nn.gelu(y).mean((1, 2))


def assorted(x: jax.Array, indices: jax.Array) -> Any:
    """Operations that move, sort, scatter, and draw numbers."""
    taken = x[indices]
    moved = jnp.concatenate([lax.dynamic_slice(x, (indices[0], 0), (2, 8)), taken[:2, ::1]])
    written = lax.dynamic_update_slice(x, moved[:2], (indices[1], 0))
    padded = jnp.pad(written[::2], ((1, 2), (0, 3)))
    ordered = lax.sort((x, lax.broadcasted_iota(jnp.int32, x.shape, 1)), dimension=1, num_keys=1)
    largest = lax.top_k(x, 3)
    summed = x.at[indices].add(1.0)
    bits = jax.random.bits(jax.random.wrap_key_data(indices[:2].astype(jnp.uint32)), (4,))
    spectrum = jnp.fft.rfft(x)
    return (
        padded, ordered, largest, summed, bits, spectrum, jnp.cumsum(x, 0), x.argmax(1),
        jnp.where(x > 0, lax.clamp(0.0, x, 1.0), lax.erf(x)), x.astype(jnp.bfloat16),
    )  # fmt: skip


def loops(params: jax.Array, x: jax.Array, chosen: jax.Array) -> jax.Array:
    """Loops of known and unknown length, a scan over layers, branches."""

    def layer(carry: jax.Array, weight: jax.Array) -> tuple[jax.Array, None]:
        return jnp.tanh(carry @ weight), None

    y, _ = lax.scan(layer, x, params)
    y = lax.fori_loop(0, 5, lambda _, value: value @ params[0], y)
    y = lax.while_loop(lambda value: value.sum() < 100.0, lambda value: value + 1.0, y)
    y = lax.cond(chosen[0] > 0, lambda v: v @ params[1], lambda v: v * 2.0, y)
    return lax.switch(chosen[1], [jnp.sin, jnp.cos, lambda v: v @ params[2]], y)


def train(params: dict[str, jax.Array], x: jax.Array, y: jax.Array) -> Any:
    """A step that gives weights back in the memory of the old ones."""

    def loss(weights: dict[str, jax.Array]) -> jax.Array:
        return ((jax.nn.relu(x @ weights["w"]) @ weights["v"] - y) ** 2).mean()

    value, slopes = jax.value_and_grad(loss)(params)
    return jax.tree.map(lambda w, g: w - 0.1 * g, params, slopes), value


def sharded(params: jax.Array, x: jax.Array) -> jax.Array:
    """A layer whose weights are in two parts and whose batch is in two."""
    return jax.nn.relu(x @ params) @ params.T


def shape(*sizes: int, of: Any = jnp.float32) -> jax.ShapeDtypeStruct:
    """An argument."""
    return jax.ShapeDtypeStruct(sizes, of)


def write(name: str, function: Any, *arguments: Any) -> dict[str, Any]:
    """Both forms of both modules; XLA's figures."""
    lowered = function.lower(*arguments)
    before = lowered.compiler_ir("hlo")
    Path(f"{name}.hlo").write_text(before.as_hlo_text())
    shutil.rmtree("dump", ignore_errors=True)
    compiled = lowered.compile()
    after = compiled.runtime_executable().hlo_modules()[0]
    Path(f"{name}_compiled.hlo").write_text(after.to_string())
    planned = [
        path for path in Path("dump").glob("*after_optimizations*.hlo.pb") if name in path.name
    ]
    shutil.copy(planned[0], f"{name}_planned.hlo.pb")
    options = _hlo.HloPrintOptions()
    options.print_operand_shape = True
    options.print_percent = True
    Path(f"{name}_typed.hlo").write_text(after.to_string(options))
    Path(f"{name}.hlo.pb").write_bytes(before.as_serialized_hlo_module_proto())
    memory = compiled.memory_analysis()
    return {
        "flops": lowered.cost_analysis()["flops"],
        "arguments": memory.argument_size_in_bytes,
        "aliased": memory.alias_size_in_bytes,
        "temporaries": memory.temp_size_in_bytes,
    }


def main() -> None:
    """Write all samples."""
    weights = {"a": shape(3, 3, 3, 8), "b": shape(3, 3, 2, 8), "c": shape(2, 2, 8, 4)}
    two = {"w": shape(16, 64), "v": shape(64, 4)}
    mesh = Mesh(numpy.array(jax.devices()).reshape(2, 2), ("data", "model"))
    by = lambda *axes: NamedSharding(mesh, Spec(*axes))  # noqa: E731
    cases: dict[str, tuple[Any, ...]] = {
        "convolutions": (jax.jit(convolutions), weights, shape(2, 16, 16, 3)),
        "assorted": (jax.jit(assorted), shape(8, 8), shape(4, of=jnp.int32)),
        "loops": (jax.jit(loops), shape(3, 8, 8), shape(4, 8), shape(2, of=jnp.int32)),
        "train": (jax.jit(train, donate_argnums=0), two, shape(8, 16), shape(8, 4)),
        "sharded": (
            jax.jit(sharded, in_shardings=(by(None, "model"), by("data", None))),
            shape(16, 32),
            shape(8, 16),
        ),
    }
    figures = {name: write(name, *case) for name, case in cases.items()}
    Path("counts.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
