"""What a ``config.json`` states, under whichever of its names a setting stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.safetensors import parse_object, show
from cyborg_rr.readers.reading.source import Buffer

MAX_CONFIG_BYTES: Final = 8 * 1024**2
"""Label lists of 20 000 classes take 1 MB."""

MAX_COUNT: Final = 2**31
_NAMES: Final = ("model_type", "architectures", "_class_name", "peft_type")
_TYPES: Final = {
    "float64": "f64", "float32": "f32", "float": "f32", "float16": "f16", "half": "f16",
    "bfloat16": "bf16", "float8_e4m3fn": "f8E4M3FN", "float8_e5m2": "f8E5M2",
}  # fmt: skip


class Settings:
    """One object of a configuration; a setting that is null counts as absent.

    ``assumed`` are settings, of it and of the objects around it, that work depends on and no
    parameter, for which the least was taken since none is stated.
    """

    def __init__(
        self,
        stated: Mapping[str, Any],
        outer: Settings | None = None,
        assumed: dict[str, None] | None = None,
    ) -> None:
        self.stated = stated
        self.outer = outer
        if assumed is None:
            assumed = {} if outer is None else outer.assumed
        self.assumed: dict[str, None] = assumed

    def find(self, *names: str) -> Any:
        """The first of the names that is stated, ``None`` where none is."""
        for name in names:
            if self.stated.get(name) is not None:
                return self.stated[name]
        return None

    def find_count(self, *names: str) -> int | None:
        """A whole number that is not negative."""
        found = self.find(*names)
        if found is None:
            return None
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if type(found) is not int or not 0 <= found <= MAX_COUNT:
            raise UnreadableModel(f"config.json: {names[0]} is {show(str(found))}")
        return found

    def count(self, *names: str, default: int | None = None) -> int:
        """A whole number that is needed."""
        found = self.find_count(*names)
        if found is not None:
            return found
        if default is None:
            raise UnreadableModel(f"config.json states no {' or '.join(names)}")
        return default

    def count_work(self, *names: str, least: int) -> int:
        """A whole number that no parameter depends on; where there is none, the least it may be."""
        found = self.find_count(*names)
        if found is None:
            self.assumed[names[0]] = None
            return least
        return found

    def flag(self, *names: str, default: bool = False) -> bool:
        """A truth value."""
        found = self.find(*names)
        return default if found is None else bool(found)

    def text(self, *names: str) -> str:
        """A text, empty where there is none."""
        found = self.find(*names)
        return found if isinstance(found, str) else ""

    def texts(self, *names: str) -> tuple[str, ...]:
        """A list of texts, empty where there is none."""
        found = self.find(*names)
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            return ()
        return tuple(found)

    def numbers(self, *names: str) -> Sequence[int]:
        """A list of whole numbers, empty where there is none."""
        found = self.find(*names)
        return found if isinstance(found, list) and all(type(n) is int for n in found) else []

    def number(self, *names: str) -> float:
        """A finite number that is not huge, 0 where there is none; sizes are made of it."""
        found = self.find(*names)
        if not isinstance(found, (int, float)):
            return 0.0
        if not abs(found) <= MAX_COUNT:  # nor is NaN
            raise UnreadableModel(f"config.json: {names[0]} is {show(str(found))}")
        return float(found)

    def enter(self, *names: str) -> Settings | None:
        """An object within this one."""
        found = self.find(*names)
        return Settings(found, self) if isinstance(found, dict) else None

    def fill(self, defaults: Mapping[str, Any]) -> Settings:
        """The same with what stands for settings that are not stated."""
        return Settings({**defaults, **self.stated}, self.outer, self.assumed)

    def with_prefix(self, prefix: str) -> Settings:
        """The same with what is stated under a prefix in the place of what is stated without it."""
        inner = {n.removeprefix(prefix): v for n, v in self.stated.items() if n.startswith(prefix)}
        return Settings({**self.stated, **inner}, self.outer, self.assumed)

    @property
    def names_a_model(self) -> bool:
        """Whether it says what it is the configuration of."""
        return self.find(*_NAMES) is not None

    @property
    def element_type(self) -> str | None:
        """The type that the model computes in, where it is stated here or around here."""
        word = self.text("torch_dtype", "dtype").removeprefix("torch.")
        if word in _TYPES:
            return _TYPES[word]
        return None if self.outer is None else self.outer.element_type

    def is_tied(self, default: bool) -> bool:
        """Whether scores of tokens are made with the table of tokens."""
        found = self.find("tie_word_embeddings")
        if found is None and self.outer is not None:
            return self.outer.is_tied(default)
        return default if found is None else bool(found)


def parse_settings(data: Buffer, name: str = "config.json") -> Settings:
    """Read a configuration."""
    if len(data) > MAX_CONFIG_BYTES:
        raise UnreadableModel(f"{name} has more than {MAX_CONFIG_BYTES} bytes")
    return Settings(parse_object(data[:], name))
