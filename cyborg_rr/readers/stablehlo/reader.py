"""StableHLO (also MHLO and CHLO) as MLIR text: one module with functions, turned into a graph."""

from __future__ import annotations

import re
from collections import Counter
from typing import NoReturn

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity
from cyborg_rr.readers.formats.mlir.bytecode import MAGIC, parse_header
from cyborg_rr.readers.formats.mlir.structure import Function, Module
from cyborg_rr.readers.formats.mlir.text import parse_module
from cyborg_rr.readers.kit.unknown import MAX_LISTED_NAMES, explain_unknown
from cyborg_rr.readers.reading.source import HEAD_BYTES, Source
from cyborg_rr.readers.stablehlo.arguments import EntryArgument, list_entry_arguments
from cyborg_rr.readers.stablehlo.calls import check_calls, list_operations
from cyborg_rr.readers.stablehlo.functions import Lowering

_START = re.compile(
    rb"(?:[ \t\r\n\xef\xbb\xbf]++|//[^\n]*+\n)*+"
    rb'(?:(?:builtin\.)?module\s*+(?:@|attributes\b|\{)|"builtin\.module"|"?func\.func\b|func\s++(?:private\s++|public\s++)?+@'
    rb"|[#!][A-Za-z_][A-Za-z0-9_.]*+\s*+=|ml_program\.global\b|sdy\.mesh\b)"
)
_OPERATION = re.compile(rb'(?:=|[\n{])[ \t\r\n]*+"?([a-z_]+)\.[a-z_]')
_OURS = frozenset({b"stablehlo", b"mhlo", b"chlo", b"vhlo"})
_NEUTRAL = frozenset({b"func", b"builtin", b"sdy", b"shape", b"ml_program", b"jax", b"sym_name"})
_HELPFUL = frozenset({"func", "cf", "sdy", "shape", "ml_program"})
"""Dialects that may stand in a module of ours and make it no other one's."""
_MAX_REPLICAS = 2**31
_MANY_ARGUMENTS = 8


class StablehloReader:
    """Reads StableHLO text; recognises StableHLO bytecode too and says how to convert it."""

    family = "stablehlo"

    def recognises(self, source: Source) -> bool:
        """Whether the file is MLIR whose operations are StableHLO's, MHLO's or CHLO's."""
        head = source.head
        if head.startswith(MAGIC):
            _, producer = parse_header(head)
            return (
                producer.lower().startswith("stablehlo") or b"stablehlo" in head or b"vhlo" in head
            )
        if _START.match(head) is None or b"\0" in head[:4096]:
            return False
        dialects = {match[1] for match in _OPERATION.finditer(head)} - _NEUTRAL
        if dialects & _OURS:
            return True
        return not dialects and (
            b"module" in head or b"func" in head or source.size_bytes > HEAD_BYTES
        )

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``."""
        if source.data[: len(MAGIC)] == MAGIC:
            _refuse_bytecode(source.head)
        module = parse_module(source.data)
        identity = _identify(module)
        entry = _find_entry(module)
        check_calls(module, entry)
        replicas = _read_count(module, "mhlo.num_replicas")
        partitions = _read_count(module, "mhlo.num_partitions")
        arguments = list_entry_arguments(module, entry)
        lowering = Lowering(module, replicas * partitions)
        body = lowering.lower(entry, arguments)
        stored = [tensor for tensor in body.stored.values() if tensor.kind == "parameter"]
        return Graph(
            ir=identity,
            name=module.name or source.name,
            body=body,
            completeness="partial" if lowering.unknown else "full",
            replicas=replicas,
            partitions=partitions,
            warnings=tuple(_list_warnings(module, arguments, lowering.unknown, bool(stored))),
        )


def _refuse_bytecode(head: bytes) -> NoReturn:
    version, producer = parse_header(head)
    what = "an unknown producer"
    if producer.lower().startswith("stablehlo_v"):
        what = f"portable artifact {producer[len('stablehlo_v') :]}"
    elif producer:
        what = f"written by {producer}"
    stated = "" if version is None else f", bytecode version {version}"
    raise UnreadableModel(
        f"StableHLO bytecode ({what}{stated}) is not read yet: export the text form "
        "(as_text() or str() of the module, or stablehlo-translate --deserialize)"
    )


def _find_entry(module: Module) -> Function:
    """The function ``main``, else the first public one that has a body."""
    defined = [function for function in module.functions.values() if function.body is not None]
    main = module.functions.get("main")
    if main is not None and main.body is not None:
        return main
    public = [function for function in defined if function.public]
    if not public:
        raise UnreadableModel("the module has no public function with a body")
    return public[0]


def _read_count(module: Module, key: str) -> int:
    count = module.attributes.get(key, 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count < _MAX_REPLICAS:
        raise UnreadableModel(f"the module attribute {key} is not a positive number")
    return count


def _identify(module: Module) -> IRIdentity:
    """Dialects by use; the text form states neither a version nor who wrote it."""
    used: dict[str, None] = {}
    for function in module.functions.values():
        for operation in list_operations(function.body or []):
            dialect, _, rest = operation.name.partition(".")
            if rest:
                used.setdefault(dialect[:64])
    ours = {"stablehlo", "mhlo", "chlo"}
    foreign = [dialect for dialect in used if dialect not in ours | _HELPFUL]
    if foreign and not ours & used.keys():
        raise UnreadableModel(
            f"the module holds operations of the dialect {foreign[0]!r}, not of StableHLO"
        )
    dialects = tuple(Dialect(dialect, None) for dialect in sorted(used))
    return IRIdentity("stablehlo", None, "text", dialects=dialects)


def _list_warnings(
    module: Module, arguments: list[EntryArgument], unknown: Counter[str], has_parameters: bool
) -> list[str]:
    warnings = []
    reasons = Counter(argument.weight for argument in arguments if argument.weight is not None)
    if reasons:
        why = ", ".join(repr(reason) for reason, _ in reasons.most_common(MAX_LISTED_NAMES))
        warnings.append(
            f"{reasons.total()} of {len(arguments)} arguments were taken as weights, "
            f"since the file names them so ({why})"
        )
    elif not has_parameters and len(arguments) >= _MANY_ARGUMENTS:
        warnings.append(
            f"the file does not say which of its {len(arguments)} arguments are weights: "
            "all count as inputs (export with debug information to keep their names)"
        )
    return warnings + explain_unknown(unknown)
