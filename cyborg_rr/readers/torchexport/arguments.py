"""The arguments of a node, taken out of their unions: names of values, and what is stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sys import intern

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.dialects.aten.arguments import Arguments, Symbol
from cyborg_rr.readers.formats.json_values import get_field, get_list, get_mapping, get_text
from cyborg_rr.readers.torchexport.values import What, find_element_type_of, get_choice, get_name


def parse_arguments(values: object, what: What) -> Arguments:
    """The named arguments of a node; what is None is left out, as a default is."""
    found = Arguments()
    for place, value in enumerate(get_list(values, what)):
        record = get_mapping(value, what)
        name = record.get("name")
        if not isinstance(name, str) or not name or name in found.order:
            name = f"#{place}"
        name = intern(name)
        kind, inner = get_choice(get_field(record, "arg", what), what)
        found.order.append(name)
        _add(found, name, kind, inner, what)
    return found


def _add(found: Arguments, name: str, kind: str, value: object, what: What) -> None:
    if kind == "as_none":
        return
    if kind in _TENSORS:
        found.tensors[name] = _TENSORS[kind](value, what)
    elif kind == "as_graph":
        graph = get_mapping(get_field(value, "graph", what), what)
        found.graphs += ((get_name(value, what), graph),)
    elif kind in _PLAIN:
        found.plain[name] = _PLAIN[kind](value, what)


def list_outputs(values: object, what: What) -> tuple[str, ...]:
    """Names of tensors that a node yields, an absent one empty, and then of its other results."""
    tensors: list[str] = []
    others: list[str] = []
    for value in get_list(values, what):
        kind, inner = get_choice(value, what)
        if kind in _TENSORS:
            tensors.extend(_TENSORS[kind](inner, what))
        elif kind in ("as_sym_int", "as_sym_bool", "as_sym_float"):
            symbol = _symbol(inner, what)
            if isinstance(symbol, Symbol):
                others.append(symbol.name)
        elif kind == "as_none":
            tensors.append("")
    return tuple(tensors + others)


def _one(value: object, what: What) -> tuple[str, ...]:
    return (get_name(value, what),)


def _many(value: object, what: What) -> tuple[str, ...]:
    return tuple(get_name(item, what) for item in get_list(value, what))


def _optional(value: object, what: What) -> tuple[str, ...]:
    kind, inner = get_choice(value, what)
    return (get_name(inner, what),) if kind == "as_tensor" else ("",)


def _optionals(value: object, what: What) -> tuple[str, ...]:
    return tuple(name for item in get_list(value, what) for name in _optional(item, what))


def _nested(value: object, what: What) -> tuple[str, ...]:
    return tuple(name for item in get_list(value, what) for name in _many(item, what))


def _symbol(value: object, what: What) -> object:
    """A Sym...Argument: the name of a value, or a number."""
    kind, inner = get_choice(value, what)
    return Symbol(get_text(inner, what)) if kind == "as_name" else _scalar(inner, what)


def _symbols(value: object, what: What) -> object:
    return tuple(_symbol(item, what) for item in get_list(value, what))


def _scalar(value: object, what: What) -> object:
    """A number, a truth value or a text."""
    if isinstance(value, int) and not -(1 << 64) < value < 1 << 64:
        raise UnreadableModel(f"{what} is a number of more than 64 bits")
    if isinstance(value, bool | int | float | str):
        return _NUMBERS.get(value, value) if isinstance(value, str) else value
    raise UnreadableModel(f"{what} is not what it says")


def _scalars(value: object, what: What) -> object:
    return tuple(_scalar(item, what) for item in get_list(value, what))


def _element_type(value: object, _: What) -> object:
    return find_element_type_of(value) or ""


_NUMBERS: Mapping[str, float] = {
    "Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan"),
}  # fmt: skip
"""How numbers are written that JSON has no form for."""

_TENSORS: Mapping[str, Callable[[object, What], tuple[str, ...]]] = {
    "as_tensor": _one, "as_tensors": _many, "as_optional_tensor": _optional,
    "as_optional_tensors": _optionals, "as_nested_tensors": _nested,
}  # fmt: skip
_PLAIN: Mapping[str, Callable[[object, What], object]] = {
    "as_int": _scalar, "as_float": _scalar, "as_bool": _scalar, "as_string": _scalar,
    "as_ints": _scalars, "as_floats": _scalars, "as_bools": _scalars, "as_strings": _scalars,
    "as_sym_int": _symbol, "as_sym_float": _symbol, "as_sym_bool": _symbol,
    "as_sym_ints": _symbols, "as_sym_floats": _symbols, "as_sym_bools": _symbols,
    "as_scalar_type": _element_type,
}  # fmt: skip
