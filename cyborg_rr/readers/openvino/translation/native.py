"""One layer as a rule sees it: its attributes are text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.opset.native import OpsetNode
from cyborg_rr.readers.openvino.document import Blob
from cyborg_rr.readers.openvino.values import find_type, parse_list, parse_number, parse_whole

_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False, "1": True, "0": False}


@dataclass(slots=True)
class NativeLayer(OpsetNode):
    """A layer. ``blobs`` are the weights that layers before version 10 refer to.

    ``weigh`` stores one of them under a type and gives its name.
    """

    blobs: Mapping[str, Blob]
    weigh: Callable[[str, TensorType], str]

    def read_type(self, value: object) -> str | None:
        """The element type of a word."""
        return find_type(str(value))

    def integer(self, *names: str, default: int) -> int:
        """A whole number; an empty text is none."""
        value = self.attribute(*names)
        if value is None or value == "":
            return default
        if isinstance(value, int):
            return value
        text = str(value)
        number = parse_whole(text)
        if number is None:
            flag = _FLAGS.get(text.strip().lower())
            if flag is None:
                raise self.wrong(names, "an integer")
            return int(flag)
        return number

    def number(self, *names: str, default: float) -> float:
        """A number, whole or not."""
        value = self.attribute(*names)
        if value is None or value == "":
            return default
        number = parse_number(str(value))
        if number is None:
            raise self.wrong(names, "a number")
        return number

    def text(self, *names: str, default: str = "") -> str:
        """A text."""
        value = self.attribute(*names)
        return default if value is None else str(value)

    def integers(self, *names: str) -> tuple[int, ...] | None:
        """A list of whole numbers."""
        value = self.attribute(*names)
        if value is None:
            return None
        found = parse_list(str(value))
        if found is None:
            raise self.wrong(names, "a list of integers")
        return found
