"""Meshes and shardings of the dialect sdy, written as in their text (shardy, ir/bytecode.td)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from cyborg_rr.readers.formats.mlir.bytecode.entries import AttributeRule, EntryCursor, Rules
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Symbol, Value

_REDUCTIONS: Final = 3
"""The kind of sharding that states how unreduced values are put together."""


def _body(value: Value) -> str:
    """What an attribute within another looks like there."""
    if isinstance(value, Symbol):
        return f"@{value}"
    if isinstance(value, str):
        return value
    return value.body if isinstance(value, DialectAttribute) else "?"


def _list(parts: Iterable[str]) -> str:
    return f"[{', '.join(parts)}]"


def _bodies(cursor: EntryCursor) -> list[str]:
    """The texts of a list of attributes, counted since each may stand in many lists."""
    bodies = [_body(value) for value in cursor.attributes()]
    cursor.entries.spend(sum(map(len, bodies)), cursor)
    return bodies


def _rule(name: str, render: Callable[[EntryCursor], str]) -> AttributeRule:
    def read(cursor: EntryCursor) -> DialectAttribute:
        return DialectAttribute(f"sdy.{name}", render(cursor))

    return read


def _manual_axes(cursor: EntryCursor) -> str:
    return ", ".join(f'"{name}"' for name in _bodies(cursor))


def _mesh_axis(cursor: EntryCursor) -> str:
    name = cursor.string()
    return f'"{name}"={cursor.signed()}'


def _mesh(cursor: EntryCursor) -> str:
    axes, devices = _bodies(cursor), cursor.integers()
    ids = f", device_ids={list(devices)}" if devices else ""
    return f"{_list(axes)}{ids}"


def _sub_axis(cursor: EntryCursor) -> str:
    return f"({cursor.signed()}){cursor.signed()}"


def _axis(cursor: EntryCursor) -> str:
    name, part = cursor.string(), cursor.optional_attribute()
    return f'"{name}"' if part is None else f'"{name}":{_body(part)}'


def _dimension(cursor: EntryCursor) -> str:
    axes, is_closed = _bodies(cursor), bool(cursor.byte())
    priority, has_priority = cursor.flagged()
    parts = axes if is_closed else [*axes, "?"]
    return f"{{{', '.join(parts)}}}" + (f"p{priority}" if has_priority else "")


def _tensor(kind: int) -> Callable[[EntryCursor], str]:
    def render(cursor: EntryCursor) -> str:
        mesh = cursor.attribute()
        named = isinstance(mesh, Symbol)
        parts = [_body(mesh) if named else f"mesh<{_body(mesh)}>", _list(_bodies(cursor))]
        cursor.entries.spend(len(parts[0]), cursor)
        words = ("replicated", "unreduced")[: 1 if kind == 1 else 2]
        for word in words:
            axes = _bodies(cursor)
            if axes:
                parts.append(f"{word}={{{', '.join(axes)}}}")
        if kind == _REDUCTIONS:
            cursor.signed()
        return ", ".join(parts)

    return render


def _per_value(cursor: EntryCursor) -> str:
    return _list(f"<{body}>" for body in _bodies(cursor))


def _axes(cursor: EntryCursor) -> str:
    return f"{{{', '.join(_bodies(cursor))}}}"


def _lists_of_axes(cursor: EntryCursor) -> str:
    return _list(_bodies(cursor))


def _exchange(cursor: EntryCursor) -> str:
    axes = _axes(cursor)
    return f"{axes}: {cursor.signed()}->{cursor.signed()}"


def _passed_over(cursor: EntryCursor) -> str:
    cursor.pass_over()
    return ""


SDY: Final = Rules(
    {
        0: _rule("manual_axes", _manual_axes),
        1: _rule("mesh_axis", _mesh_axis),
        2: _rule("mesh", _mesh),
        3: _rule("sub_axis_info", _sub_axis),
        4: _rule("axis_ref", _axis),
        5: _rule("dimension_sharding", _dimension),
        6: _rule("sharding", _tensor(1)),
        7: _rule("sharding_per_value", _per_value),
        **{code: _rule("sharding_rule", _passed_over) for code in (8, 9, 10)},
        11: _rule("axis_ref_list", _axes),
        12: _rule("list_of_axis_ref_lists", _lists_of_axes),
        13: _rule("all_to_all_param", _exchange),
        14: _rule("all_to_all_param_list", _lists_of_axes),
        15: _rule("sharding", _tensor(2)),
        16: _rule("sharding_per_value", _per_value),
        17: _rule("sharding", _tensor(_REDUCTIONS)),
    },
    {},
)
