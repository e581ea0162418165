"""A decoder of text whose vectors come in part from towers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.architectures.decoder import draw_scores, embed_tokens
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Decoder, Frame

_IDS: Final = ("batch", "sequence")

Place = Literal["tokens", "front", "source"]
"""Where vectors of a tower go: on tokens of their own, in front of all, or to layers of the text
that attend to them."""


@dataclass(frozen=True, slots=True)
class Features:
    """Vectors of a tower as wide as the text, where they go, and those for its first layers.

    ``token`` is the number of the token that stands for each of them.
    """

    value: str
    token: int = 0
    deep: tuple[str, ...] = ()
    place: Place = "tokens"


@dataclass(frozen=True, slots=True)
class Joined:
    """A decoder and what draws the towers beside it.

    ``parts`` are the names in front of weights of each part; publishers have given others with
    time, and each part keeps its names behind them. ``notes`` say what the graph takes for granted.
    A model that is not ``whole`` has parts beside these.
    """

    decoder: Decoder
    towers: tuple[Callable[[Drawing], Features], ...]
    parts: tuple[str, ...]
    notes: tuple[str, ...] = ()
    whole: bool = True

    @property
    def element_type(self) -> str:
        """The type that all parts compute in."""
        return self.decoder.element_type

    def retype(self, element_type: str) -> Joined:
        """The same in another element type."""
        return replace(self, decoder=replace(self.decoder, element_type=element_type))


def draw_joined(plan: Joined) -> Block:
    """The whole model: towers, their vectors among those of the text, and its layers."""
    drawing = Drawing(plan.element_type)
    found = [draw(drawing) for draw in plan.towers]
    decoder = plan.decoder
    ids = drawing.input("ids", TensorType("i64", _IDS))
    value = embed_tokens(drawing, ids, decoder)
    deep: list[tuple[str, list[str]]] = []
    source = ""
    for features in found:
        if features.place == "source":
            source = features.value
            continue
        if features.place == "front":
            value = drawing.apply("concatenate", features.value, value, axis=1)
            continue
        rows = drawing.apply("reshape", features.value, shape=(-1, decoder.hidden))
        marks = _mark(drawing, ids, features.token)
        value = _put(drawing, value, rows, marks)
        deep += [(more, marks) for more in features.deep]
    frame = Frame(decoder.hidden, decoder.layer_prefix, decoder.norm)
    for number, (more, marks) in enumerate(deep[: len(decoder.layers)]):
        value = draw_layers(drawing, value, decoder.layers[number : number + 1], frame, source,
                            start=number)  # fmt: skip
        rows = drawing.apply("reshape", more, shape=(-1, decoder.hidden))
        added = drawing.apply("add", value, _take(drawing, rows, marks[1]))
        value = drawing.apply("select", marks[0], added, value)
    rest = decoder.layers[len(deep) :]
    value = draw_layers(drawing, value, rest, frame, source, start=len(deep))
    return drawing.finish(draw_scores(drawing, value, decoder))


def _mark(drawing: Drawing, ids: str, token: int) -> list[str]:
    """Which tokens stand for vectors of a tower, and how many of these came before each."""
    sizes = drawing.apply("shape_of", ids)
    wanted = drawing.apply("constant_of_shape", sizes, element_type="i64", value=token)
    marked = drawing.apply("compare", ids, wanted, direction="EQ")
    counted = drawing.apply("convert", marked, element_type="i64")
    counted = drawing.apply("cumulative", counted, function="sum")
    return [drawing.apply("unsqueeze", marked, axes=(-1,)), counted]


def _take(drawing: Drawing, rows: str, numbers: str) -> str:
    return drawing.apply("gather", rows, numbers)


def _put(drawing: Drawing, value: str, rows: str, marks: list[str]) -> str:
    """Vectors of a tower on the tokens that stand for them, in their order."""
    return drawing.apply("select", marks[0], _take(drawing, rows, marks[1]), value)
