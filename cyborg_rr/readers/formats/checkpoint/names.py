"""The tensors within a saved value by their names, weights apart from the rest.

A training checkpoint keeps more than weights: optimizer states, averages, states of generators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.checkpoint.values import Container, Storage, Tensor, Value

MAX_DEPTH: Final = 256
"""A module within a module takes four of it, where modules were saved whole."""

MAX_NAME_LENGTH: Final = 1024
MAX_TENSORS: Final = 200_000

_OPTIMIZER: Final = re.compile(r"(?:^|_)(?:optim|optimizers?)(?:[A-Z_]|$)|^opt_state")
_OPTIMIZER_KEYS: Final = frozenset({"state", "param_groups"})
"""torch/optim/optimizer.py, ``Optimizer.state_dict``."""

_WEIGHTS: Final = (
    "state_dict", "model_state_dict", "model", "model_state", "module", "net", "network",
    "params", "weights", "generator",
)  # fmt: skip
"""Where trainers keep the weights, the surest first; of the others one may be an average."""

_OF_MODULES: Final = frozenset({"_parameters", "_buffers", "_modules"})
"""Attributes of torch.nn.Module, which have no part in the names of its state."""


@dataclass(slots=True)
class Named:
    """Tensors by name: weights, those of optimizers, and others by the key that they lie under."""

    weights: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[str, Tensor] = field(default_factory=dict)
    others: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    storages: dict[str, int] = field(default_factory=dict)


def list_tensors(value: Value) -> Named:
    """All tensors of a saved value."""
    named = Named()
    groups: dict[str, dict[str, Tensor]] = {}
    for path, tensor, in_optimizer in _walk(value, named.storages):
        group = groups.setdefault(path.partition(".")[0], {})
        _put(named.optimizer if in_optimizer else group, path, tensor)
    chosen = _find_weights(value, groups)
    for key, group in groups.items():
        if chosen is None:
            named.weights.update(group)
        elif key == chosen:
            named.weights = {path.removeprefix(f"{key}."): group[path] for path in group}
        elif group:
            named.others[key] = group
    return named


def _find_weights(value: Value, groups: Mapping[str, Mapping[str, Tensor]]) -> str | None:
    """The key that the weights lie under, where the value is a training checkpoint."""
    entries: Mapping[str | int, Value] = value.entries if isinstance(value, Container) else {}
    found = (key for key in _WEIGHTS if groups.get(key) and isinstance(entries.get(key), Container))
    return next(found, None)


def _put(named: dict[str, Tensor], path: str, tensor: Tensor) -> None:
    name = path or "tensor"
    while name in named:
        name = f"{name}#{len(named)}"
    named[name] = tensor


def _walk(value: Value, storages: dict[str, int]) -> Iterator[tuple[str, Tensor, bool]]:
    """Tensors with their paths, each container once; storages that are met are put down."""
    seen: set[int] = set()
    waiting: list[tuple[str, str, Value, int, bool]] = [("", "", value, 0, False)]
    count = 0
    while waiting:
        prefix, key, value, depth, in_optimizer = waiting.pop()
        storage = value.storage if isinstance(value, Tensor) else value
        if isinstance(storage, Storage):
            _note(storage, storages)
        if not isinstance(value, Tensor | Container | tuple) or id(value) in seen:
            continue
        path = f"{prefix}.{key}" if prefix and key else prefix or key
        if len(path) > MAX_NAME_LENGTH:
            raise UnreadableModel(f"a tensor's name has more than {MAX_NAME_LENGTH} characters")
        if depth > MAX_DEPTH:
            raise UnreadableModel(f"the saved value is nested more than {MAX_DEPTH} deep")
        if isinstance(value, Tensor):
            count += 1
            if count > MAX_TENSORS:
                raise UnreadableModel(f"there are more than {MAX_TENSORS} tensors")
            yield path, value, in_optimizer
            continue
        seen.add(id(value))
        in_optimizer = in_optimizer or _is_optimizer(value) or _OPTIMIZER.search(key) is not None
        children = list(_list_children(value))
        waiting += [(path, k, v, depth + 1, in_optimizer) for k, v in reversed(children)]


def _list_children(value: Container | tuple[Value, ...]) -> Iterator[tuple[str, Value]]:
    """What is within, with the key that it adds to the path."""
    if isinstance(value, tuple):
        yield from (("", each) for each in value)
        return
    for key, each in value.entries.items():
        yield "" if key in _OF_MODULES else str(key), each
    plain = value.maker is None and not value.entries
    for place, each in enumerate(value.parts):
        yield str(place) if plain else "", each


def _is_optimizer(value: Value) -> bool:
    return isinstance(value, Container) and value.entries.keys() >= _OPTIMIZER_KEYS


def _note(storage: Storage, storages: dict[str, int]) -> None:
    if storages.setdefault(storage.key, storage.size_bytes) != storage.size_bytes:
        raise UnreadableModel("a storage is stated with two sizes")
