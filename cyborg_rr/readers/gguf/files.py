"""Which files of a folder are one model: a single one, or the parts of one that was split.

llama.cpp (tools/gguf-split) names parts ``NAME-00001-of-00003.gguf`` and writes into each which it
is (``split.no`` from 0), how many there are, and how many tensors they hold together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.gguf.header import Header, read_header
from cyborg_rr.readers.gguf.marks import SUFFIX
from cyborg_rr.readers.reading.source import Folder, Source

MAX_PARTS = 1000
"""Parts of one model; the largest have some dozens."""

_PART = re.compile(r"(.+)-([0-9]{5})-of-([0-9]{5})(?:\.gguf)?", re.DOTALL)
_PROJECTOR = "mmproj"
_SHOWN = 6


def list_models(names: Collection[str]) -> list[str]:
    """The GGUF files of a folder that a model begins with: of a split one the lowest part.

    A projector beside a language model is no model of its own; its name says that it is one
    (llama.cpp, convert_hf_to_gguf.py).
    """
    first: dict[tuple[str, str], str] = {}
    for name in sorted(name for name in names if name.endswith(SUFFIX)):
        part = _PART.fullmatch(name)
        first.setdefault((part[1], part[3]) if part else (name, ""), name)
    models = [name for name in first.values() if _PROJECTOR not in name.lower()]
    return models or list(first.values())


def list_projectors(names: Collection[str]) -> list[str]:
    """The files of a folder that are projectors by their names."""
    return [name for name in names if name.endswith(SUFFIX) and _PROJECTOR in name.lower()]


def read_files(source: Source) -> list[Header]:
    """The headers of all files of the model, in order."""
    if not source.is_folder:
        return _read_parts(source.name, read_header(source.data), source.folder)
    folder = source.folder
    models = list_models(source.files)
    if folder is None or not models:
        raise UnreadableModel("the folder holds no GGUF file")
    if len(models) > 1:
        raise UnreadableModel(
            f"the folder holds {len(models)} models: give one of {list_names(models, _SHOWN)}"
        )
    return _read_parts(models[0], read_header(folder.open(models[0])), folder)


def _read_parts(name: str, header: Header, folder: Folder | None) -> list[Header]:
    count = header.metadata.find_count("split.count") or 1
    if count == 1:
        return [header]
    if count > MAX_PARTS:
        raise UnreadableModel(f"it is a part of a model in more than {MAX_PARTS} files")
    number = header.metadata.find_count("split.no")
    match = _PART.fullmatch(name)
    if match is None or number is None or (int(match[2]), int(match[3])) != (number + 1, count):
        raise UnreadableModel(
            f"it is one of the {count} files of a split model, and is not called NAME-0000N-of-"
            f"{count:05}.gguf any more: give the folder that holds all under their own names"
        )
    names = [f"{match[1]}-{place + 1:05}-of-{count:05}{SUFFIX}" for place in range(count)]
    there = folder.files if folder is not None else {}
    missing = [other for other in names if other not in there and other != names[number]]
    if folder is None or missing:
        raise UnreadableModel(
            f"it is file {number + 1} of {count} of a split model, and {len(missing)} are not "
            f"beside it: {list_names(missing, _SHOWN)}"
        )
    parts = [
        header if place == number else _read_part(folder, other, place, count)
        for place, other in enumerate(names)
    ]
    _check_together(parts)
    return parts


def _read_part(folder: Folder, name: str, place: int, count: int) -> Header:
    try:
        header = read_header(folder.open(name))
    except UnreadableModel as error:
        raise UnreadableModel(f"{quote(name)}: {error}") from error
    find = header.metadata.find_count
    if (find("split.no"), find("split.count")) != (place, count):
        raise UnreadableModel(f"{quote(name)} does not say that it is file {place + 1} of {count}")
    return header


def _check_together(parts: Sequence[Header]) -> None:
    """Whether the parts hold as many tensors as they state, and each of them once."""
    held: dict[str, int] = defaultdict(int)
    for part in parts:
        for tensor in part.tensors:
            held[tensor.name] += 1
    twice = [name for name, count in held.items() if count > 1]
    if twice:
        raise UnreadableModel(f"several files of the split model hold {list_names(twice, _SHOWN)}")
    stated = parts[0].metadata.find_count("split.tensors.count")
    if stated is not None and stated != len(held):
        raise UnreadableModel(
            f"the files of the split model hold {len(held)} tensors and state {stated}"
        )
