"""Which form a file is in, and the module in it: text, bytecode, or an export of JAX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from cyborg_rr.readers.formats.mlir.bytecode.header import MAGIC, parse_header
from cyborg_rr.readers.formats.mlir.structure import Module
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer, Source
from cyborg_rr.readers.stablehlo.exported import holds_export, read_exported

if TYPE_CHECKING:
    from cyborg_rr.readers.formats.mlir.bytecode.module import BytecodeFile

_DIALECTS: Final = frozenset({"stablehlo", "mhlo", "chlo", "vhlo"})
_PRODUCER: Final = "StableHLO"
_MARK: Final = "stablehlo_v"

Form = Literal["text", "bytecode", "portable artifact", "jax.export"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A module, and what its file says of who wrote it and for which StableHLO."""

    module: Module
    form: Form
    producer: str | None = None
    version: str | None = None
    platforms: tuple[str, ...] = ()


def names_stablehlo(data: Buffer) -> bool:
    """Whether bytecode is of one of our dialects."""
    from cyborg_rr.readers.formats.mlir.bytecode.sections import find_words

    _, producer = parse_header(bytes(data[:HEAD_BYTES]))
    return producer.lower().startswith(_MARK) or bool(_DIALECTS & find_words(data))


def load(source: Source) -> Loaded:
    """Read the module of a file in any form. Raises ``UnreadableModel``.

    What parses is loaded for the form that is there: of text and bytecode either is large.
    """
    data = source.data
    is_bytecode = data[: len(MAGIC)] == MAGIC
    if not is_bytecode and not holds_export(data):
        from cyborg_rr.readers.formats.mlir.text import parse_module

        return Loaded(parse_module(data), "text")
    from cyborg_rr.readers.formats.mlir.bytecode.module import parse_bytecode

    if is_bytecode:
        return _describe(parse_bytecode(data), "bytecode")
    exported = read_exported(data)
    loaded = _describe(parse_bytecode(data, exported.begin, exported.end), "jax.export")
    _name_arguments(loaded.module, exported.names)
    return replace(loaded, platforms=exported.platforms)


def _describe(file: BytecodeFile, form: Form) -> Loaded:
    if file.artifact is None:
        return Loaded(file.module, form, file.producer or None)
    kind: Form = "portable artifact" if form == "bytecode" else form
    return Loaded(file.module, kind, _PRODUCER, file.artifact)


def _name_arguments(module: Module, names: Sequence[str]) -> None:
    """Names from the tree of arguments, where the module has not kept those of the program.

    What JAX adds of its own, such as the number of the platform, comes first.
    """
    main = module.functions.get("main")
    listed = [argument for each in module.functions.values() for argument in each.arguments]
    if main is None or any(argument.location for argument in listed):
        return
    added = len(main.arguments) - len(names)
    if added < 0:
        return
    for argument, name in zip(main.arguments[added:], names, strict=True):
        argument.location = name
