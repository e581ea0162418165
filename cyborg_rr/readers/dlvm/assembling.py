"""From the text of a module to a graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Arguments, Block, Dialect, Graph, IRIdentity
from cyborg_rr.domain.graph.naming import list_names, quote, shorten
from cyborg_rr.readers.dlvm.marks import find_older
from cyborg_rr.readers.dlvm.module import Function, Module
from cyborg_rr.readers.dlvm.parsing import parse_module
from cyborg_rr.readers.dlvm.scope import Scope
from cyborg_rr.readers.dlvm.writing import write_function
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.reading.source import Source, decode

MAX_BYTES: Final = 1 << 26
"""Of a file: it holds no weights, so it is never large."""

_MAIN: Final = "@main"


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    module = parse_module(_decode(source))
    scope = Scope(module)
    entry = _find_entry(module)
    body = write_function(scope, entry, is_entry=True)
    return Graph(
        ir=IRIdentity(
            family, None, "text", producer="dlvm", dialects=(Dialect("stage", module.stage),)
        ),
        name=shorten(module.name) or source.name,
        body=body,
        arguments=Arguments(tuple(_group(entry, body))),
        weights_guessed=not any(each.kind == "parameter" for each in body.stored.values()),
        warnings=(*scope.warnings, *_list_unread(module, scope), *explain_unknown(scope.unknown)),
    )


def _decode(source: Source) -> str:
    if source.is_folder:
        raise UnreadableModel("a folder is no module of DLVM: give the .dl file")
    if len(source.data) > MAX_BYTES:
        raise UnreadableModel(f"the file has more than {MAX_BYTES} bytes")
    older = find_older(source.head)
    if older is not None:
        raise UnreadableModel(
            f"the module is of an older generation of DLVM ({older}), which is not read: print it "
            "with the dlopt of 2018 or later"
        )
    try:
        return decode(source.data)
    except UnicodeDecodeError as error:
        raise UnreadableModel(f"the file is no text at byte {error.start}") from error


def _find_entry(module: Module) -> Function:
    """``main``, else the last function that no other one calls."""
    defined = [each for each in module.functions.values() if each.blocks]
    if not defined:
        raise UnreadableModel("the module defines no function")
    main = module.functions.get(_MAIN)
    if main is not None and main.blocks:
        return main
    called = {
        instruction.word
        for function in defined
        for block in function.blocks
        for instruction in block.instructions
        if instruction.opcode == "apply" and instruction.word != function.name
    }
    free = [each for each in defined if each.name not in called]
    return (free or defined)[-1]


def _group(entry: Function, body: Block) -> Iterator[tuple[str, ...]]:
    """The tensors of each argument."""
    names = iter(body.inputs)
    for type_ in entry.type.arguments:
        yield tuple(next(names) for _ in range(type_.leaves))


def _list_unread(module: Module, scope: Scope) -> Iterator[str]:
    unread = [
        name for name, each in module.functions.items()
        if each.blocks and name not in scope.written
    ]  # fmt: skip
    if unread:
        names = list_names([quote(name) for name in unread], 3)
        yield f"functions that the model does not call were not read: {names}"
