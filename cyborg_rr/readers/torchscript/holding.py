"""What a program holds: its attributes and constants as values, its pickles left as they are."""

from __future__ import annotations

from collections.abc import Callable

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.checkpoint.values import Container, Tensor
from cyborg_rr.readers.formats.checkpoint.values import Value as Held
from cyborg_rr.readers.torchscript.language.library import Library
from cyborg_rr.readers.torchscript.values import UNKNOWN, Bound, Instance, Record, Sequence, Value

FindTensor = Callable[[Tensor, str, str], Value]


class Holdings:
    """One program's objects. ``find_tensor`` gives the value of a tensor by folder and path."""

    def __init__(
        self, library: Library, constants: tuple[Held, ...], find_tensor: FindTensor
    ) -> None:
        self._library = library
        self._constants = constants
        self._find_tensor = find_tensor
        self._set: dict[int, dict[str, Value]] = {}

    def find_state(self, owner: Instance) -> Value:
        """The tuple that an object takes its attributes from; UNKNOWN once they were set."""
        if id(owner.held) in self._set:
            return UNKNOWN
        state = owner.held.parts[-1] if owner.held.parts else None
        if not isinstance(state, tuple) or not state:
            return UNKNOWN
        self._set[id(owner.held)] = {}
        return self._hold(state, owner.path, self._folder_of(owner))

    @staticmethod
    def _folder_of(owner: Instance) -> str:
        return "constants" if owner.path.startswith("CONSTANTS.") else "data"

    def put(self, owner: Instance, name: str, value: Value) -> None:
        """Note an attribute that an object sets from its state."""
        self._set.setdefault(id(owner.held), {})[name] = value

    def constant(self, name: str) -> Value:
        """What the code calls ``CONSTANTS.c0`` and so on."""
        place = int(name[1:]) if name[1:].isdecimal() and name.isascii() and len(name) < 10 else -1
        if not 0 <= place < len(self._constants):
            raise UnreadableModel(f"the code names {quote(name)}, which is no constant")
        return self._hold(self._constants[place], f"CONSTANTS.{name}", "constants")

    def attribute(self, owner: Instance, name: str) -> Value:
        """What a module holds under a name, or its method."""
        known = self._set.get(id(owner.held))
        if known is not None and name in known:
            return known[name]
        for part in owner.held.parts:
            if isinstance(part, Container) and name in part.entries:
                held = part.entries[name]
                kind = self._library.find_class(class_of(owner))
                stated = kind.fields.get(name, "") if kind is not None else ""
                if held is None and "float" in stated:  # the walk over the pickle drops those
                    return UNKNOWN
                return self._hold(held, f"{owner.path}.{name}" if owner.path else name, "data")
        return Bound(owner, name)

    def _hold(self, held: Held, path: str, folder: str) -> Value:
        """What a pickle holds as a value of the program."""
        if isinstance(held, Tensor):
            return self._find_tensor(held, folder, path)
        if isinstance(held, tuple):
            return Sequence([self._hold(part, path, folder) for part in held], True)
        if isinstance(held, Container):
            if held.maker is not None and held.maker.module.startswith("__torch__"):
                return Instance(held, path)
            return self._hold_container(held, path, folder)
        return held if isinstance(held, int | str | None) else UNKNOWN

    def _hold_container(self, held: Container, path: str, folder: str) -> Value:
        """A list, with its type given by a call around it, or a dict."""
        if held.maker is not None and held.maker.module == "torch.jit._pickle":
            given = held.parts[0] if held.parts else None
            inner = given[0] if isinstance(given, tuple) and given else None
            if isinstance(inner, Container) and inner.maker is None:
                return self._hold_container(inner, path, folder)
            return UNKNOWN
        if held.maker is not None:
            return UNKNOWN
        if held.entries:
            return Record(
                "Dict",
                {key: self._hold(v, f"{path}.{key}", folder) for key, v in held.entries.items()},
            )
        return Sequence(
            [self._hold(v, f"{path}.{place}", folder) for place, v in enumerate(held.parts)]
        )


def class_of(owner: Instance) -> str:
    """The full name of an object's class."""
    return owner.held.maker.full if owner.held.maker is not None else ""
