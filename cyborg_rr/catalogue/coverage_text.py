"""Coverage tables as JSON text: header first, the rules of an operation once they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from cyborg_rr.catalogue.declared import require, require_keys
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.representation.coverage.calls import ANY_PLACE, OUTPUT
from cyborg_rr.domain.representation.coverage.conditions import (
    COMPARISONS,
    STANDINGS,
    AttributeAbsent,
    AttributeIs,
    AttributeSymmetric,
    Condition,
    OperandIs,
    RankIs,
    Unstated,
)
from cyborg_rr.domain.representation.coverage.rules import Rule, Types
from cyborg_rr.domain.representation.coverage.table import OTHERWISE, CoverageTable, Rules
from cyborg_rr.domain.words import ELEMENT_TYPES

_REQUIRED: Final = ("release", "date", "source", "otherwise", "sets")
_NAMING: Final = ("host", "unfolded")
_KEYS: Final = (*_REQUIRED, *_NAMING, "types", "rules", "corrects")
_RULE_KEYS: Final = ("since", "until", "inputs", "outputs", "where", "arch", "limit")
_QUESTIONS: Final = ("attribute", "rank", "unstated", *STANDINGS)
_MAX_PLACE: Final = 4096


@dataclass(frozen=True, slots=True)
class WrittenCoverage:
    """A table with the file that it stands in.

    One that ``corrects`` speaks only of the operations that it has, in another of that name.
    """

    table: CoverageTable
    file: str
    _sets: Mapping[str, Mapping[str, Any]]
    corrects: bool = False

    def list_operations(self) -> Iterator[tuple[str, str]]:
        """Operation set and name of each operation that has rules."""
        for dialect, operations in self._sets.items():
            for operation in operations:
                yield dialect, operation


def read_coverage(text: str, name: str, file: str) -> WrittenCoverage:
    """The table of that name; ``BadCatalogue`` names the file, the place and what is wrong there.

    Faults in the rules of an operation are found once these are asked for.
    """
    document = _load(text, file)
    with _Placed(file):
        require_keys(document, _KEYS, "table")
        for key in _REQUIRED:
            if key not in document:
                raise InvalidInput(f"{key} is missing")
    otherwise = _text(document["otherwise"], f"{file}: otherwise")
    require(otherwise, OTHERWISE, "fate of what is not taken", f"{file}: otherwise")
    sets = _mapping(document["sets"], f"{file}: sets")
    for dialect, operations in sets.items():
        _mapping(operations, f"{file}: sets.{dialect}")
    types = _mapping(document.get("types", {}), f"{file}: types")
    aliases = {
        alias: _element_types(names, f"{file}: types.{alias}", {}) for alias, names in types.items()
    }
    named = _mapping(document.get("rules", {}), f"{file}: rules")
    table = CoverageTable(
        name=name,
        release=_text(document["release"], f"{file}: release"),
        date=_text(document["date"], f"{file}: date"),
        source=_text(document["source"], f"{file}: source"),
        otherwise=cast(Any, otherwise),
        dialects=frozenset(sets),
        rules=WrittenRules(sets, aliases, named, file),
        **{key: _read_names(document.get(key, {}), f"{file}: {key}") for key in _NAMING},
    )
    corrects = document.get("corrects", False)
    if not isinstance(corrects, bool):
        raise BadCatalogue(f"{file}: corrects must be true or false")
    return WrittenCoverage(table, file, sets, corrects)


def correct_coverage(old: WrittenCoverage, new: WrittenCoverage) -> WrittenCoverage:
    """A table with the operations of another in the place of its own.

    ``BadCatalogue`` where they differ in what becomes of a call that no rule takes.
    """
    if old.table.otherwise != new.table.otherwise:
        raise BadCatalogue(
            f"{new.file}: otherwise: is {new.table.otherwise!r}, where the table that it corrects"
            f" says {old.table.otherwise!r}"
        )
    stated = frozenset(new.list_operations())
    table = replace(
        old.table,
        source=f"{old.table.source}; {new.table.source}",
        dialects=old.table.dialects | new.table.dialects,
        rules=_CorrectedRules(old.table.rules, new.table.rules, stated),
        host=_join_names(old.table.host, new.table.host, stated),
        unfolded=_join_names(old.table.unfolded, new.table.unfolded, frozenset()),
    )
    return replace(new, table=table, corrects=False)


def _join_names(
    old: Mapping[str, frozenset[str]],
    new: Mapping[str, frozenset[str]],
    stated: frozenset[tuple[str, str]],
) -> dict[str, frozenset[str]]:
    """The names of both by operation set, without those old ones that have rules now."""
    joined = {
        dialect: frozenset(name for name in names if (dialect, name) not in stated)
        for dialect, names in old.items()
    }
    return joined | {
        dialect: joined.get(dialect, frozenset()) | names for dialect, names in new.items()
    }


@dataclass(frozen=True, slots=True)
class _CorrectedRules:
    """The new rules of the operations that these state, the old ones of all others."""

    old: Rules
    new: Rules
    stated: frozenset[tuple[str, str]]

    def find(self, dialect: str, operation: str) -> tuple[Rule, ...]:
        """The rules of an operation, in order; empty where the table has none."""
        rules = self.new if (dialect, operation) in self.stated else self.old
        return rules.find(dialect, operation)


def _read_names(written: object, place: str) -> dict[str, frozenset[str]]:
    """Operations by operation set."""
    return {
        dialect: frozenset(_texts(names, f"{place}.{dialect}"))
        for dialect, names in _mapping(written, place).items()
    }


class WrittenRules:
    """The rules of a file; those of an operation are made once, when they are first asked for.

    ``named`` are lists of rules that operations have in common.
    """

    def __init__(
        self,
        sets: Mapping[str, Mapping[str, Any]],
        aliases: Mapping[str, frozenset[str]],
        named: Mapping[str, Any],
        file: str,
    ) -> None:
        self._sets = sets
        self._aliases = aliases
        self._named = named
        self._file = file
        self._made: dict[tuple[str, str], tuple[Rule, ...]] = {}

    def find(self, dialect: str, operation: str) -> tuple[Rule, ...]:
        """The rules of an operation, in order; empty where the table has none."""
        key = dialect, operation
        found = self._made.get(key)
        if found is None:
            rules = self._sets.get(dialect, {}).get(operation, ())
            place = f"{self._file}: sets.{dialect}.{operation}"
            if isinstance(rules, str):
                require(rules, self._named, "name for rules", place)
                rules = self._named[rules]
            found = tuple(
                self._read_rule(rule, f"{place}[{index}]")
                for index, rule in enumerate(_list(rules, place))
            )
            if len(self._made) < _MAX_PLACE or found:
                self._made[key] = found
        return found

    def _read_rule(self, rule: object, place: str) -> Rule:
        written = _mapping(rule, place)
        with _Placed(place):
            require_keys(written, _RULE_KEYS, "rule")
        since, until = (_find_version(written, key, place) for key in ("since", "until"))
        if since is not None and until is not None and until < since:
            raise BadCatalogue(f"{place}: since {since} is above until {until}")
        conditions = _list(written.get("where", ()), f"{place}.where")
        return Rule(
            since=since,
            until=until,
            inputs=self._read_types(written.get("inputs", {}), f"{place}.inputs"),
            outputs=self._read_types(written.get("outputs", {}), f"{place}.outputs"),
            where=tuple(
                _read_condition(each, f"{place}.where[{index}]")
                for index, each in enumerate(conditions)
            ),
            arch=_text(written.get("arch", ""), f"{place}.arch"),
            limit=_text(written.get("limit", ""), f"{place}.limit"),
        )

    def _read_types(self, written: object, place: str) -> Types:
        found = {}
        for where, types in _mapping(written, place).items():
            if where != ANY_PLACE:
                _check_place(where, place, outputs=False)
            found[where] = _element_types(types, f"{place}.{where}", self._aliases)
        return found


def _read_condition(written: object, place: str) -> Condition:
    """A condition from its list, such as ``["rank", "0", "at most", 4]``."""
    parts = _list(written, place)
    kind = _text(parts[0] if parts else None, place)
    require(kind, _QUESTIONS, "condition", place)
    if kind in STANDINGS:
        _check_length(parts, (2,), place)
        return OperandIs(_read_place(parts[1], place), cast(Any, kind))
    if kind == "unstated":
        _check_length(parts, (1,), place)
        return Unstated()
    if kind == "attribute" and parts[2:] == ["absent"]:
        return AttributeAbsent(_text(parts[1], place))
    if kind == "attribute" and parts[2:] == ["symmetric"]:
        return AttributeSymmetric(_text(parts[1], place))
    _check_length(parts, (4, 5) if kind == "attribute" else (4,), place)
    comparison = _text(parts[2], place)
    require(comparison, COMPARISONS, "comparison", place)
    value = _freeze(parts[3])
    if comparison in ("in", "not in") and not isinstance(value, tuple):
        raise BadCatalogue(f"{place}: what follows {comparison!r} must be a list")
    if kind == "rank":
        return RankIs(_read_place(parts[1], place), cast(Any, comparison), value)
    default = _freeze(parts[4]) if len(parts) > 4 else None
    return AttributeIs(_text(parts[1], place), cast(Any, comparison), value, default)


def _load(text: str, file: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_refuse_twins)
    except InvalidInput as error:
        raise BadCatalogue(f"{file}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise BadCatalogue(f"{file}: is not JSON: {error}") from None
    return _mapping(document, file)


def _refuse_twins(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twin = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InvalidInput(f"key {twin!r} stands twice in one object")
    return found


class _Placed:
    """Turns the refusal of a key into one of the file, with its place."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidInput):
            raise BadCatalogue(f"{self._place}: {error}") from None


def _element_types(
    written: object, place: str, aliases: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Element types, written one by one or as a name that the file gives to several."""
    if isinstance(written, str):
        require(written, aliases, "name for element types", place)
        return aliases[written]
    names = _texts(written, place)
    for name in names:
        require(name, ELEMENT_TYPES, "element type", place)
    return frozenset(names)


def _find_version(written: Mapping[str, Any], key: str, place: str) -> int | None:
    version = written.get(key)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise BadCatalogue(f"{place}.{key}: must be a whole number, not {version!r}")
    return version


def _read_place(written: object, place: str) -> str:
    where = _text(written, place)
    _check_place(where, place, outputs=True)
    return where


def _check_place(where: str, place: str, *, outputs: bool) -> None:
    number = where.removeprefix(OUTPUT) if outputs else where
    if not (number.isascii() and number.isdigit() and len(number) <= 4):
        raise BadCatalogue(f"{place}: {where!r} is no place of an operand such as 0")


def _check_length(parts: Sequence[object], lengths: Iterable[int], place: str) -> None:
    if len(parts) not in lengths:
        raise BadCatalogue(f"{place}: has {len(parts)} parts")


def _freeze(value: Any) -> object:
    return tuple(_freeze(each) for each in value) if isinstance(value, list) else value


def _mapping(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadCatalogue(f"{place}: must be an object")
    return value


def _list(value: object, place: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadCatalogue(f"{place}: must be a list")
    return list(value)


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise BadCatalogue(f"{place}: must be text, not {value!r}")
    return value


def _texts(value: object, place: str) -> list[str]:
    return [_text(each, place) for each in _list(value, place)]
