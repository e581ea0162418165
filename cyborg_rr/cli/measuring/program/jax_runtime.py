"""JAX, timed until the device is done."""

from __future__ import annotations

import os
import time
from functools import partial
from importlib import import_module
from typing import Any

from cyborg_rr.cli.measuring.program.timing import (
    CHAIN,
    TYPES,
    Skipped,
    count_copies,
    describe_peak_on_host,
    read_used_bytes,
    sample,
)

_STABLEHLO = (".mlir", ".mlirbc", ".stablehlo")
"""What StableHLO by itself is called."""


class Timed:
    """JAX: every operator and model is a program that XLA compiles."""

    waits = False

    def __init__(self, request: dict[str, Any]) -> None:
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        jax = self.jax = import_module("jax")
        self.np = jax.numpy
        wanted, _, index = request["device"].partition(":")
        self.on_cuda = wanted != "cpu"
        self.before = read_used_bytes(int(index or 0)) if self.on_cuda else 0
        self.device = jax.devices("gpu" if self.on_cuda else "cpu")[int(index or 0)]
        jax.config.update("jax_default_device", self.device)
        jax.config.update("jax_enable_x64", True)
        self.rotated = request["rotated_bytes"]
        self.np.ones(1).block_until_ready()
        self.context = self._held()
        self.call_seconds: float | None = None

    def describe(self) -> dict[str, Any]:
        """The software and the device."""
        limit = (self.device.memory_stats() or {}).get("bytes_limit")
        name = self.device.device_kind if self.on_cuda else "cpu"
        software = f"jax {self.jax.__version__}"
        return {"software": software, "device": name, "pci": None, "memory_bytes": limit}

    def _held(self) -> int | None:
        if not self.on_cuda:
            return None
        pool = (self.device.memory_stats() or {}).get("pool_bytes", 0)
        return max(0, read_used_bytes(self.device.id) - self.before - int(pool or 0))

    def memory(self) -> dict[str, Any]:
        """What the process holds beside its pool."""
        return {"context_bytes": self.context, "loaded_bytes": self._held()}

    def clock(self, run: Any, calls: int) -> float:
        """Seconds of so many calls, until the last one is done."""
        begun = time.perf_counter()
        last = None
        for index in range(calls):
            last = run(index)
        self.jax.block_until_ready(last)
        return time.perf_counter() - begun

    def find_call_seconds(self) -> float:
        """What calling a program takes that has next to nothing to do."""
        if self.call_seconds is None:
            least, one = self.jax.jit(lambda value: value + 1), self.np.ones(1)
            self.call_seconds = min(sample(lambda index: least(one), self.clock, 5, 0.0))
        return self.call_seconds

    def make(self, operator: dict[str, Any]) -> Any:
        """What calls the operator, on other operands each time so that caches do not hold them."""
        if operator["name"] == "launch":
            return self._make_launch()
        if operator["channels_last"]:
            raise Skipped("XLA chooses the layout of a convolution by itself")
        dtype = self.np.dtype(TYPES[operator["element_type"]])
        is_exact = operator["element_type"] == "f32" and not operator["tf32"]
        function, shapes = self._find(operator, dtype)
        with self.jax.default_matmul_precision("highest" if is_exact else "default"):
            operands = [[self._random(i, shape, dtype) for i, shape in enumerate(shapes)]]
            compiled = self.jax.jit(function).lower(*operands[0]).compile()
        copies = count_copies(sum(x.nbytes for x in operands[0]), self.rotated)
        for n in range(1, copies):
            operands.append([self._random(7 * n + i, s, dtype) for i, s in enumerate(shapes)])
        return lambda index: compiled(*operands[index % copies])

    def _make_launch(self) -> Any:
        small = self.np.eye(32, dtype="float32")

        def chain(value: Any) -> Any:
            for _ in range(CHAIN):
                value = value @ small
            return value

        compiled = self.jax.jit(chain)
        return (lambda index: compiled(small)), CHAIN

    def _random(self, seed: int, shape: tuple[int, ...], dtype: Any) -> Any:
        key = self.jax.random.key(seed)
        if dtype.kind == "i":
            return self.jax.random.randint(key, shape, -100, 100, dtype)
        return self.jax.random.normal(key, shape, self.np.float32).astype(dtype)

    def _find(self, operator: dict[str, Any], dtype: Any) -> Any:
        """The function of an operator and the shapes of its operands."""
        jax, np, shape = self.jax, self.np, tuple(operator["shape"])
        name = operator["name"]
        wide = {1: np.int32 if dtype.kind == "i" else np.bfloat16}.get(dtype.itemsize)
        if name == "matmul":
            batch, m, n, k = shape
            lead = (batch,) if batch > 1 else ()
            product = partial(np.matmul, preferred_element_type=wide)
            return product, ((*lead, m, k), (*lead, k, n))
        if name == "convolution":
            n, c, h, w, filters, window, stride, groups = shape
            pads = [(window // 2, window // 2)] * 2
            convolve = partial(
                jax.lax.conv_general_dilated,
                window_strides=(stride, stride),
                padding=pads,
                feature_group_count=groups,
            )
            return convolve, ((n, c, h, w), (filters, c // groups, window, window))
        if name == "attention":
            batch, heads, queries, keys, size = shape
            one, other = (batch, queries, heads, size), (batch, keys, heads, size)
            return jax.nn.dot_product_attention, (one, other, other)
        functions = {
            "copy": (lambda x: x + dtype.type(0), 1),
            "add": (np.add, 2),
            "gelu": (jax.nn.gelu, 1),
            "softmax": (lambda x: jax.nn.softmax(x, -1), 1),
            "layer_norm": (lambda x: jax.nn.standardize(x, -1), 1),
            "sum": (lambda x: x.sum(-1), 1),
        }
        function, operands = functions[name]
        return function, (shape,) * operands

    def load(self, path: str, inputs: list[dict[str, Any]], tf32: bool) -> Any:
        """What executes a program that jax.export wrote; StableHLO by itself is not executed."""
        if path.endswith(_STABLEHLO):
            raise Skipped(
                "JAX executes what jax.export wrote, which holds StableHLO and its inputs"
            )
        with open(path, "rb") as file:
            exported = self.jax.export.deserialize(bytearray(file.read()))
        given = [self.np.ones(x.shape, x.dtype) for x in exported.in_avals]
        kwargs = self.jax.tree.unflatten(exported.in_tree, given)
        args, named = kwargs
        run = self.jax.jit(exported.call).lower(*args, **named).compile()
        return lambda index: run(*args, **named)

    def peak(self) -> dict[str, Any]:
        """The memory that the model took at most."""
        peak = (self.device.memory_stats() or {}).get("peak_bytes_in_use")
        if not self.on_cuda:
            return describe_peak_on_host()
        used = max(0, read_used_bytes(self.device.id) - self.before)
        return {"allocated_bytes": peak, "device_bytes": used}

    def recover(self) -> None:
        """Nothing is left of what failed."""
