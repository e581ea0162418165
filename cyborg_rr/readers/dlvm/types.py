"""Types and uses of values as they are written."""

from __future__ import annotations

import re
from sys import intern
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import Contradiction, check_type
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.dlvm.lexing import Cursor
from cyborg_rr.readers.dlvm.module import (
    MAX_LEAVES,
    VOID,
    FunctionType,
    Literal,
    Opaque,
    Pointer,
    Reference,
    Tensor,
    Type,
    Use,
    make_record,
)

MAX_DEPTH: Final = 64
"""Types within types, and literals within literals."""

_TYPED: Final = re.compile(r"([%@][A-Za-z0-9_.^]++)\s*+:\s*+(<[^<>/]{1,200}+>)")
"""A name and the type of a tensor, which ends at its first bracket: there is no comment in it."""

_CLOSING: Final = {"(": ")", "[": "]", "<": ">", "{": "}"}
_EMPTY: Final = {"zero": 0, "undefined": None, "null": None}


class TypeParser:
    """Parses types, which may name those that stand before them."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.named: dict[str, Type] = {}
        self._spelled: dict[str, Type] = {}
        self._depth = 0

    def parse_type(self) -> Type:
        """A type."""
        self._enter()
        found = self._parse()
        self._depth -= 1
        return found

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            place = self.cursor.place()
            raise UnreadableModel(f"types or literals are more than {MAX_DEPTH} deep at {place}")

    def _parse(self) -> Type:
        cursor = self.cursor
        if cursor.kind == "name" and cursor.word[0] == "$":
            if cursor.word not in self.named:
                raise UnreadableModel(f"no type is called {quote(cursor.word)}, {cursor.place()}")
            return self.named[cursor.take()]
        if cursor.kind == "word":
            return self._parse_word()
        if cursor.has("<"):
            return self._parse_tensor()
        if cursor.has("["):
            return self._parse_array()
        if cursor.has("*"):
            return Pointer(self.parse_type())
        if cursor.has("("):
            return self._parse_tuple()
        raise cursor.refuse("a type")

    def _parse_word(self) -> Type:
        if self.cursor.has("void"):
            return VOID
        if self.cursor.has("stack"):
            return Opaque("stack")
        return Tensor(TensorType(self.parse_element(), ()))

    def parse_element(self) -> str | None:
        """An element type; None for whole numbers of a width that nothing has."""
        word = self.cursor.word
        is_whole = word[:1] == "i" and word[1:].isdigit() and len(word) < 6
        if self.cursor.kind != "word" or not (is_whole or word in ("bool", "f16", "f32", "f64")):
            raise self.cursor.refuse("an element type")
        self.cursor.take()
        name = "i1" if word == "bool" else word
        return name if find_element_type(name) is not None else None

    def _parse_tensor(self) -> Type:
        cursor = self.cursor
        sizes = [cursor.take_integer()]
        cursor.demand("x")
        while cursor.kind == "number":
            sizes.append(cursor.take_integer())
            cursor.demand("x")
        element = self.parse_element()
        cursor.demand(">")
        return Tensor(self.check(element, tuple(sizes)))

    def parse_shape(self) -> tuple[int, ...]:
        """Sizes alone, or the word for none."""
        if self.cursor.has("scalar"):
            return ()
        sizes = [self.cursor.take_integer()]
        while self.cursor.has("x"):
            sizes.append(self.cursor.take_integer())
        self.check("f32", tuple(sizes))
        return tuple(sizes)

    def check(self, element: str | None, sizes: tuple[int, ...]) -> TensorType:
        """A tensor of sizes that one can have."""
        try:
            return check_type(TensorType(element, sizes))
        except Contradiction as contradiction:
            raise UnreadableModel(f"{contradiction}, {self.cursor.place()}") from contradiction

    def _parse_array(self) -> Type:
        count = self.cursor.take_integer()
        self.cursor.demand("x")
        part = self.parse_type()
        self.cursor.demand("]")
        if not 0 <= count <= MAX_LEAVES:
            return Opaque("array")
        return make_record((), (part,) * count)

    def _parse_tuple(self) -> Type:
        parts: list[Type] = []
        while not self.cursor.has(")"):
            if parts:
                self.cursor.demand(",")
            parts.append(self.parse_type())
        if self.cursor.has("->"):
            return FunctionType(tuple(parts), self.parse_type())
        return make_record((), tuple(parts))

    # ---- uses

    def parse_typed(self) -> tuple[str, Type]:
        """A name with its type; as every use spells its type, each spelling is parsed once."""
        cursor = self.cursor
        plain = cursor.look_at(_TYPED)
        known = None if plain is None else self._spelled.get(plain[2])
        if plain is not None and known is not None:
            cursor.pass_to(plain.end())
            return intern(plain[1]), known
        name = intern(cursor.take())
        cursor.demand(":")
        type_ = self.parse_type()
        if plain is not None:
            self._spelled[plain[2]] = type_
        return name, type_

    def parse_use(self) -> Use:
        """A value with its type."""
        cursor = self.cursor
        start = cursor.start
        if cursor.kind == "name" and cursor.word[0] in "%@":
            return Reference(*self.parse_typed(), start)
        self._enter()
        value, parts = self._parse_literal()
        self._depth -= 1
        cursor.demand(":")
        return Literal(value, parts, self.parse_type(), start)

    def parse_literal(self) -> Use:
        """What ``literal`` yields: the same but for names, which are none."""
        if self.cursor.kind == "name" and self.cursor.word[0] in "%@":
            raise self.cursor.refuse("a literal")
        return self.parse_use()

    def parse_uses(self) -> tuple[Use, ...]:
        """Values in brackets."""
        self.cursor.demand("(")
        return tuple(self._parse_until(")"))

    def _parse_until(self, closing: str, *, named: bool = False) -> list[Use]:
        uses: list[Use] = []
        while not self.cursor.has(closing):
            if uses:
                self.cursor.demand(",")
            if named:
                self.cursor.take_name("#", "a field")
                self.cursor.demand("=")
            uses.append(self.parse_use())
        return uses

    def _parse_literal(self) -> tuple[int | float | bool | None, tuple[Use, ...] | None]:
        cursor = self.cursor
        if cursor.kind == "number":
            return cursor.take_number(), None
        if cursor.kind == "sign" and cursor.word in _CLOSING:
            opening = cursor.take()
            return None, tuple(self._parse_until(_CLOSING[opening], named=opening == "{"))
        if cursor.kind == "name" and cursor.word[0] == "?":
            cursor.take()
            return None, self.parse_uses()
        if cursor.kind == "word" and cursor.word in ("true", "false"):
            return cursor.take() == "true", None
        if cursor.kind == "word" and cursor.word in _EMPTY:
            return _EMPTY[cursor.take()], None
        raise cursor.refuse("a value")
