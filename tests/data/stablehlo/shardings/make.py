"""Export programs for eight devices and what XLA says of each device: ``python make.py``.

Run it in an environment with jax (these are of jax 0.10.2). ``NAME.mlir`` has Shardy's shardings,
``NAME_gspmd.mlir`` GSPMD's, ``NAME_generic.mlir`` the generic form of the former, ``NAME.bc``
bytecode and ``NAME.vhlo`` a portable artifact; ``xla.json`` holds the bytes that XLA's memory
analysis gives for the program compiled on CPUs. No test needs jax.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
from jax import ShapeDtypeStruct
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxlib.mlir.dialects import stablehlo

HERE = Path(__file__).resolve().parent
DEVICES = np.array(jax.devices())
LINE = Mesh(DEVICES.reshape(8), ("x",))
GRID = Mesh(DEVICES.reshape(4, 2), ("d", "m"))
CUBE = Mesh(DEVICES.reshape(2, 2, 2), ("a", "b", "c"))
LAYERS = 2


def by(mesh, *axes):
    return NamedSharding(mesh, P(*axes))


def typed(*sizes):
    return ShapeDtypeStruct(sizes, jnp.float32)


def network(params, x):
    for first, second in params:
        x = jax.nn.relu(x @ first) @ second
    return x


PARAMS = [(typed(512, 2048), typed(2048, 512))] * LAYERS
X = typed(64, 512)


def tensor_parallel():
    params = [(by(LINE, None, "x"), by(LINE, "x", None))] * LAYERS
    return jax.jit(network, in_shardings=(params, by(LINE)), out_shardings=by(LINE)).lower(
        PARAMS, X
    )


def fully_sharded():
    params = [(by(LINE, "x"), by(LINE, "x"))] * LAYERS
    rows = by(LINE, "x")
    return jax.jit(network, in_shardings=(params, rows), out_shardings=rows).lower(PARAMS, X)


def data_parallel_training():
    def step(params, x, y):
        loss, slopes = jax.value_and_grad(lambda p: ((network(p, x) - y) ** 2).mean())(params)
        return jax.tree.map(lambda a, b: a - 0.1 * b, params, slopes), loss

    everywhere = [(by(LINE), by(LINE))] * LAYERS
    rows = by(LINE, "x")
    return jax.jit(
        step,
        in_shardings=(everywhere, rows, rows),
        out_shardings=(everywhere, by(LINE)),
        donate_argnums=0,
    ).lower(PARAMS, X, X)


def replicated():
    params = [(by(LINE), by(LINE))] * LAYERS
    return jax.jit(network, in_shardings=(params, by(LINE)), out_shardings=by(LINE)).lower(
        PARAMS, X
    )


def unspecified_results():
    params = [(by(LINE, None, "x"), by(LINE, "x", None))] * LAYERS
    return jax.jit(network, in_shardings=(params, by(LINE, "x"))).lower(PARAMS, X)


def _mapped():
    return jax.shard_map(
        lambda a, b: jax.lax.psum(a @ b, "m"),
        mesh=GRID,
        in_specs=(P("d", "m"), P("m", None)),
        out_specs=P("d", None),
    )


def mapped():
    return jax.jit(_mapped()).lower(typed(64, 256), typed(256, 512))


def mapped_arguments():
    return jax.jit(
        _mapped(),
        in_shardings=(by(GRID, "d", "m"), by(GRID, "m", None)),
        out_shardings=by(GRID, "d"),
    ).lower(typed(64, 256), typed(256, 512))


def mapped_in_part():
    inner = jax.shard_map(
        lambda a, b: jax.lax.psum(a @ b, "m"),
        mesh=GRID,
        in_specs=(P(None, "m"), P("m", None)),
        out_specs=P(None, None),
        axis_names={"m"},
    )
    return jax.jit(
        inner,
        in_shardings=(by(GRID, "d", "m"), by(GRID, "m", None)),
        out_shardings=by(GRID, "d"),
    ).lower(typed(64, 256), typed(256, 512))


def pmapped():
    return jax.pmap(lambda x: jax.lax.pmean(x @ x.T, "i"), axis_name="i").lower(typed(8, 32, 64))


def uneven():
    def run(x, w):
        y = jax.lax.with_sharding_constraint(x, by(GRID, "d", None)) @ w
        return jax.lax.with_sharding_constraint(y, by(GRID, None, "m"))

    return jax.jit(run).lower(typed(61, 256), typed(256, 131))


def nested():
    return jax.jit(
        lambda a, b: a @ b,
        in_shardings=(by(CUBE, ("a", "b"), "c"), by(CUBE, "c", ("b", "a"))),
        out_shardings=by(CUBE, "b", "c"),
    ).lower(typed(128, 256), typed(256, 512))


def replicated_in_part():
    return jax.jit(
        lambda a, b: a @ b,
        in_shardings=(by(GRID, None, "m"), by(GRID, "m", None)),
        out_shardings=by(GRID, "d"),
    ).lower(typed(128, 256), typed(256, 512))


def constrained():
    def run(x, first, second):
        y = jax.nn.relu(x @ first)
        return jax.lax.with_sharding_constraint(y, by(GRID, "d", "m")) @ second

    return jax.jit(
        run,
        in_shardings=(by(GRID, "d"), by(GRID, None, "m"), by(GRID, "m")),
        out_shardings=by(GRID, "d"),
    ).lower(typed(64, 256), typed(256, 512), typed(512, 256))


def scanned():
    def run(params, x):
        return jax.lax.scan(lambda c, p: (jnp.tanh(c @ p[0]) @ p[1], None), x, params)[0]

    params = (by(GRID, None, None, "m"), by(GRID, None, "m", None))
    rows = by(GRID, "d")
    return jax.jit(run, in_shardings=(params, rows), out_shardings=rows).lower(
        (typed(6, 256, 1024), typed(6, 1024, 256)), typed(64, 256)
    )


PROGRAMS = (
    tensor_parallel, fully_sharded, data_parallel_training, replicated, unspecified_results,
    mapped, mapped_arguments, mapped_in_part, pmapped, uneven, nested, replicated_in_part,
    constrained, scanned,
)  # fmt: skip


BYTECODE = {"mapped_gspmd", "tensor_parallel"}
ARTIFACTS = {"mapped", "tensor_parallel_gspmd"}


def main():
    sizes = {}
    for shardy, end in ((True, ""), (False, "_gspmd")):
        jax.config.update("jax_use_shardy_partitioner", shardy)
        jax.clear_caches()
        for program in PROGRAMS:
            lowered = program()
            name = f"{program.__name__}{end}"
            (HERE / f"{name}.mlir").write_text(lowered.as_text())
            if shardy and program in (mapped, tensor_parallel):
                generic = lowered.compiler_ir().operation.get_asm(print_generic_op_form=True)
                (HERE / f"{name}_generic.mlir").write_text(generic)
            if name in BYTECODE:
                with (HERE / f"{name}.bc").open("wb") as file:
                    lowered.compiler_ir().operation.write_bytecode(file)
            if name in ARTIFACTS:
                artifact = stablehlo.serialize_portable_artifact(
                    lowered.compiler_ir(), "1.9.0", True
                )
                (HERE / f"{name}.vhlo").write_bytes(artifact)
            found = lowered.compile().memory_analysis()
            sizes[name] = {
                "arguments": found.argument_size_in_bytes,
                "results": found.output_size_in_bytes,
                "temporaries": found.temp_size_in_bytes,
            }
    (HERE / "xla.json").write_text(json.dumps(sizes, indent=1) + "\n")


if __name__ == "__main__":
    main()
