"""Networks for tests, written by hand: layers in a line of text each, no code of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

Sizes = Sequence[int]


@dataclass
class Written:
    """A network in the making; ``add`` gives the output of a layer, to be an input of others."""

    version: str = "11"
    root: str = ""
    layers: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    weights: bytearray = field(default_factory=bytearray)

    def add(
        self,
        kind: str,
        inputs: Iterable[tuple[int, int]] = (),
        outputs: Iterable[Sizes] = (),
        attributes: Mapping[str, object] | None = None,
        *,
        name: str = "",
        opset: str = "opset1",
        precision: str = "FP32",
        more: str = "",
    ) -> tuple[int, int]:
        """Add a layer; what is given back is its first output."""
        number, given, yielded = len(self.layers), list(inputs), list(outputs)
        for port, (layer, out) in enumerate(given):
            self.edges.append(
                f'<edge from-layer="{layer}" from-port="{out}" to-layer="{number}" '
                f'to-port="{port}"/>'
            )
        texts = " ".join(
            f"{key}={quoteattr(str(each))}" for key, each in (attributes or {}).items()
        )
        ports = "".join(f'<port id="{port}"/>' for port in range(len(given)))
        results = "".join(
            f'<port id="{len(given) + place}" precision="{precision}">'
            + "".join(f"<dim>{size}</dim>" for size in sizes)
            + "</port>"
            for place, sizes in enumerate(yielded)
        )
        self.layers.append(
            f'<layer id="{number}" name={quoteattr(name or f"n{number}")} type="{kind}" '
            f'version="{opset}"><data {texts}/><input>{ports}</input><output>{results}</output>'
            f"{more}</layer>"
        )
        return number, len(given)

    def parameter(
        self, sizes: Sizes, word: str = "f32", shape: str | None = None
    ) -> tuple[int, int]:
        """An input."""
        stated = ",".join(map(str, sizes)) if shape is None else shape
        return self.add("Parameter", (), [sizes], {"shape": stated, "element_type": word})

    def constant(self, sizes: Sizes, word: str = "f32", content: bytes = b"") -> tuple[int, int]:
        """A constant; without content it is zeros."""
        bits = {"f32": 32, "i64": 64, "i32": 32, "f16": 16, "u8": 8, "u4": 4, "nf4": 4, "u1": 1}
        count = 1
        for size in sizes:
            count *= size
        content = content or bytes((count * bits.get(word, 0) + 7) // 8)
        attributes = {
            "element_type": word, "shape": ",".join(map(str, sizes)),
            "offset": len(self.weights), "size": len(content),
        }  # fmt: skip
        self.weights += content
        return self.add("Const", (), [sizes], attributes)

    def whole(self, *numbers: int) -> tuple[int, int]:
        """A list of whole numbers."""
        content = b"".join(number.to_bytes(8, "little", signed=True) for number in numbers)
        return self.constant([len(numbers)], "i64", content)

    def write(self, *results: tuple[int, int]) -> bytes:
        """The XML."""
        for each in results:
            self.add("Result", [each])
        body = "".join(self.layers), "".join(self.edges)
        return (
            f'<?xml version="1.0"?><net name="made" version="{self.version}" {self.root}>'
            f"<layers>{body[0]}</layers><edges>{body[1]}</edges></net>"
        ).encode()
