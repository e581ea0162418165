"""JSON that is taken piece by piece, so that what it says is never there all at once.

Format: RFC 8259. The pieces themselves are decoded by Python's own decoder; a key that an object
of pieces has twice is refused, since the first has been taken by then.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.reading.source import Buffer, let_go

WINDOW_BYTES: Final = 1 << 18
"""How much is decoded at once; a piece that is longer takes a window of twice its length."""

_SPACES: Final = frozenset(" \t\n\r")
_DECODER: Final = json.JSONDecoder()


class JsonText:
    """The JSON between two places of a buffer, taken in its order.

    Raises ``UnreadableModel`` for what is no JSON. No byte is decoded more than some times.
    """

    def __init__(
        self,
        data: Buffer,
        start: int,
        stop: int,
        name: str,
        decoder: json.JSONDecoder = _DECODER,
    ) -> None:
        """``name`` is what messages call it; ``decoder`` decodes the pieces."""
        self._raw_decode = decoder.raw_decode
        self._data, self._next_byte, self._stop = data, start, stop
        self._name = name
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogatepass").decode
        self._text, self._place = "", 0

    def names(self) -> Iterator[str]:
        """The keys of the object that stands here; what each holds is taken before the next."""
        if self._peek() != "{":
            self.value()
            raise UnreadableModel(f"{self._shown()} is not an object")
        self._place += 1
        if self._peek() == "}":
            self._place += 1
            return
        more, seen = True, set[str]()
        while more:
            key = self.value()
            if not isinstance(key, str) or self._peek() != ":":
                raise self._refuse()
            if key in seen:
                raise UnreadableModel(f"{self._shown()} states {quote(key)} twice")
            seen.add(key)
            self._place += 1
            yield key
            more = self._goes_on("}")

    def items(self) -> Iterator[object]:
        """The elements of the list that stands here."""
        if self._peek() != "[":
            self.value()
            raise UnreadableModel(f"a part of {self._shown()} is not a list")
        self._place += 1
        if self._peek() == "]":
            self._place += 1
            return
        more = True
        while more:
            yield self.value()
            more = self._goes_on("]")

    def value(self) -> object:
        """Whatever stands here, whole."""
        self._peek()
        while True:
            try:
                value, end = self._raw_decode(self._text, self._place)
            except RecursionError as error:
                raise UnreadableModel(f"{self._shown()} is nested too deep") from error
            except json.JSONDecodeError as error:
                if self._widen():
                    continue
                raise self._refuse() from error
            except ValueError as error:  # what the decoder does not allow, however it goes on
                raise UnreadableModel(f"{self._shown()} is not JSON: {error}") from error
            if end < len(self._text) or not self._widen():  # a number may go on
                self._place = end
                return value

    def skip(self, levels: int = 3) -> None:
        """Pass over whatever stands here, of the outermost levels part by part."""
        sign = self._peek() if levels else ""
        if sign == "{":
            for _ in self.names():
                self.skip(levels - 1)
        elif sign == "[":
            for _ in self.items():
                pass
        else:
            self.value()

    def end(self) -> None:
        """Refuse anything that follows."""
        if self._peek():
            raise self._refuse()

    def _goes_on(self, closing: str) -> bool:
        """Whether a comma stands here rather than the end of the object or list."""
        sign = self._peek()
        if sign not in (",", closing) or not sign:
            raise self._refuse()
        self._place += 1
        return sign == ","

    def _peek(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            sign = self._text[self._place : self._place + 1]
            if sign and sign not in _SPACES:
                return sign
            if sign:
                self._place += 1
            elif not self._widen():
                return ""

    def _widen(self) -> bool:
        """Decode more, as much again as is left at least; False at the end."""
        rest = self._text[self._place :]
        begin = self._next_byte
        if begin >= self._stop:
            return False
        self._next_byte = min(self._stop, begin + max(WINDOW_BYTES, len(rest)))
        content = bytes(self._data[begin : self._next_byte])
        let_go(self._data)
        try:
            self._text = rest + self._decode(content, self._next_byte >= self._stop)
        except UnicodeDecodeError as error:
            raise self._refuse() from error
        self._place = 0
        return True

    def _refuse(self) -> UnreadableModel:
        return UnreadableModel(f"{self._shown()} is not JSON")

    def _shown(self) -> str:
        return f"'{list_names([self._name])}'"
