"""PyTorch, timed by the events of its device."""

from __future__ import annotations

import time
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


class Timed:
    """PyTorch: eager, as a CUDA graph, or compiled by Inductor."""

    waits = False

    def __init__(self, request: dict[str, Any]) -> None:
        torch = self.torch = import_module("torch")
        self.mode = request["runtime"]
        self.device = torch.device(request["device"])
        self.rotated = request["rotated_bytes"]
        self.on_cuda = self.device.type == "cuda"
        if self.mode == "graph" and not self.on_cuda:
            raise Skipped("graphs of kernels need a GPU")
        torch.set_grad_enabled(False)
        torch.manual_seed(0)
        self.before = read_used_bytes(self.device.index or 0) if self.on_cuda else 0
        self.start = torch.ones(1, device=self.device)
        self.call_seconds: float | None = None
        self.context = self._held()

    def describe(self) -> dict[str, Any]:
        """The software and the device."""
        found: dict[str, Any] = {"software": f"torch {self.torch.__version__}"}
        if not self.on_cuda:
            return {**found, "device": "cpu", "pci": None, "memory_bytes": None}
        facts = self.torch.cuda.get_device_properties(self.device)
        pci = None
        if hasattr(facts, "pci_bus_id"):
            pci = f"{facts.pci_domain_id:08x}:{facts.pci_bus_id:02x}:{facts.pci_device_id:02x}.0"
        return {**found, "device": facts.name, "pci": pci, "memory_bytes": facts.total_memory}

    def _held(self) -> int | None:
        if not self.on_cuda:
            return None
        self.torch.cuda.synchronize()
        free, total = self.torch.cuda.mem_get_info()
        held: int = total - free - self.before - self.torch.cuda.memory_reserved()
        return max(0, held)

    def memory(self) -> dict[str, Any]:
        """What the process holds beside tensors."""
        if self.on_cuda:
            self.torch.cuda.empty_cache()
        return {"context_bytes": self.context, "loaded_bytes": self._held()}

    def clock(self, run: Any, calls: int) -> float:
        """Seconds of so many calls, by the device's own events where it has them."""
        if not self.on_cuda:
            begun = time.perf_counter()
            for index in range(calls):
                run(index)
            return time.perf_counter() - begun
        first, last = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        for index in range(calls):
            run(index)
        last.record()
        last.synchronize()
        return float(first.elapsed_time(last)) / 1000

    def find_call_seconds(self) -> float:
        """What calling a compiled function takes; an eager kernel is called so by any model."""
        if self.mode != "inductor":
            return 0.0
        if self.call_seconds is None:
            self.torch._dynamo.reset()
            least = self.torch.compile(lambda value: value + 1, dynamic=False)
            run = lambda index: least(self.start)  # noqa: E731
            self.call_seconds = min(sample(run, self.clock, 5, 0.0))
        return self.call_seconds

    def make(self, operator: dict[str, Any]) -> Any:
        """What calls the operator, on other operands each time so that caches do not hold them."""
        torch = self.torch
        torch.backends.cuda.matmul.allow_tf32 = operator["tf32"]
        torch.backends.cudnn.allow_tf32 = operator["tf32"]
        torch.backends.cudnn.benchmark = False
        if operator["name"] == "launch":
            return self._make_launch()
        function, make = getattr(self, "_" + operator["name"])(operator)
        operands = [make()]
        size = sum(t.numel() * t.element_size() for t in operands[0])
        copies = count_copies(size, self.rotated)
        operands += [make() for _ in range(copies - 1)]
        if self.mode == "inductor":
            plain = function
            torch._dynamo.reset()  # or the ninth operator would be one compilation too many
            function = torch.compile(lambda *given: plain(*given), dynamic=False)
        if self.mode == "graph":
            return self._capture(lambda index: function(*operands[index % copies]), copies)
        return lambda index: function(*operands[index % copies])

    def _make_launch(self) -> Any:
        torch, ones = self.torch, self.start
        if self.mode != "inductor":
            run = lambda index: ones.add_(1)  # noqa: E731
            return self._capture(run, CHAIN) if self.mode == "graph" else run
        small = torch.eye(32, device=self.device)

        def chain(value: Any) -> Any:
            for _ in range(CHAIN):
                value = torch.mm(value, small)
            return value

        compiled = torch.compile(chain, dynamic=False)
        return (lambda index: compiled(small)), CHAIN

    def _capture(self, run: Any, calls: int) -> Any:
        """A graph of so many calls, and how many one replay stands for."""
        torch = self.torch
        calls = max(calls, 8)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for index in range(3):
                run(index)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for index in range(calls):
                run(index)
        return (lambda index, kept=run: graph.replay()), calls  # what it reads lives as long as it

    def _random(self, element_type: str, *shape: int) -> Any:
        torch, kind = self.torch, self._type(element_type)
        if kind == torch.int8:
            return torch.randint(-100, 100, shape, dtype=kind, device=self.device)
        if element_type.startswith("f8"):
            return torch.randn(shape, device=self.device, dtype=torch.bfloat16).to(kind)
        return torch.randn(shape, device=self.device, dtype=kind)

    def _type(self, element_type: str) -> Any:
        return getattr(self.torch, TYPES[element_type])

    def _matmul(self, operator: dict[str, Any]) -> Any:
        torch, kind = self.torch, operator["element_type"]
        batch, m, n, k = operator["shape"]
        if batch > 1:
            return torch.bmm, lambda: (
                self._random(kind, batch, m, k), self._random(kind, batch, k, n)
            )  # fmt: skip
        make = lambda: (self._random(kind, m, k), self._random(kind, n, k).t())  # noqa: E731
        if kind == "i8":
            return torch._int_mm, make
        if kind.startswith("f8"):
            one = torch.ones((), device=self.device)
            return (
                lambda a, b: torch._scaled_mm(a, b, one, one, out_dtype=torch.bfloat16)
            ), make  # fmt: skip
        return torch.mm, make

    def _convolution(self, operator: dict[str, Any]) -> Any:
        torch, kind = self.torch, operator["element_type"]
        n, c, h, w, filters, window, stride, groups = operator["shape"]
        layout = torch.channels_last if operator["channels_last"] else torch.contiguous_format

        def make() -> Any:
            images = self._random(kind, n, c, h, w).contiguous(memory_format=layout)
            weights = self._random(kind, filters, c // groups, window, window)
            return images, weights.contiguous(memory_format=layout)

        pad = window // 2
        return (
            lambda x, w: torch.nn.functional.conv2d(x, w, None, stride, pad, 1, groups)
        ), make  # fmt: skip

    def _attention(self, operator: dict[str, Any]) -> Any:
        kind = operator["element_type"]
        batch, heads, queries, keys, size = operator["shape"]
        sizes = (queries, keys, keys)
        return self.torch.nn.functional.scaled_dot_product_attention, lambda: tuple(
            self._random(kind, batch, heads, length, size) for length in sizes
        )

    def _flat(self, operator: dict[str, Any], operands: int) -> Any:
        return lambda: tuple(
            self._random(operator["element_type"], *operator["shape"]) for _ in range(operands)
        )

    def _copy(self, operator: dict[str, Any]) -> Any:
        return self.torch.clone, self._flat(operator, 1)

    def _add(self, operator: dict[str, Any]) -> Any:
        return self.torch.add, self._flat(operator, 2)

    def _gelu(self, operator: dict[str, Any]) -> Any:
        return self.torch.nn.functional.gelu, self._flat(operator, 1)

    def _softmax(self, operator: dict[str, Any]) -> Any:
        return (lambda x: self.torch.softmax(x, -1)), self._flat(operator, 1)

    def _layer_norm(self, operator: dict[str, Any]) -> Any:
        columns = operator["shape"][-1:]
        norm = self.torch.nn.functional.layer_norm
        return (lambda x: norm(x, columns)), self._flat(operator, 1)

    def _sum(self, operator: dict[str, Any]) -> Any:
        return (lambda x: x.sum(-1)), self._flat(operator, 1)

    def load(self, path: str, inputs: list[dict[str, Any]], tf32: bool) -> Any:
        """What executes a program that torch.export saved."""
        torch = self.torch
        torch.backends.cuda.matmul.allow_tf32 = tf32
        program = torch.export.load(path)
        given, named = program.example_inputs or (None, {})
        if given is None:
            given = tuple(self._random(i["element_type"], *i["shape"]) for i in inputs)

        def move(value: Any) -> Any:
            return value.to(self.device) if hasattr(value, "to") else value

        passes = import_module("torch.export.passes")
        module = passes.move_to_device_pass(program, str(self.device)).module()
        given, named = tuple(map(move, given)), {name: move(x) for name, x in named.items()}
        if self.mode == "inductor":
            module = torch.compile(module, dynamic=False)
        if self.on_cuda:
            torch.cuda.reset_peak_memory_stats()
        run = lambda index: module(*given, **named)  # noqa: E731
        return self._capture(run, 1) if self.mode == "graph" else run

    def peak(self) -> dict[str, Any]:
        """The memory that the model took at most."""
        if not self.on_cuda:
            return describe_peak_on_host()
        free, total = self.torch.cuda.mem_get_info()
        return {
            "allocated_bytes": self.torch.cuda.max_memory_allocated(),
            "reserved_bytes": self.torch.cuda.max_memory_reserved(),
            "device_bytes": max(0, total - free - self.before),
        }

    def recover(self) -> None:
        """Give back the memory of what failed."""
        if self.on_cuda:
            self.torch.cuda.empty_cache()
