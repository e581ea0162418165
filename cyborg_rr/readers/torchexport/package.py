"""The members of a torch.export package: where the program stands, and where its weights do.

Since 2.7 all stands under the name of the package: ``models/<model>.json``, and what it keeps in
``data/weights`` and ``data/constants``, each tensor a member of its own with a record that names it
(2.9 on) or all of them pickled together (2.7, 2.8). Until 2.6 four members lay at the top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.json_pieces import JsonText
from cyborg_rr.readers.formats.json_values import get_field, get_mapping, get_text
from cyborg_rr.readers.formats.zip import Archive
from cyborg_rr.readers.reading.source import Buffer
from cyborg_rr.readers.torchexport.marks import BEFORE
from cyborg_rr.readers.torchexport.pickled import refuse_pickled
from cyborg_rr.readers.torchexport.stated import StatedProgram, read_program

_STATE_BEFORE: Final = "serialized_state_dict.pt"
_MODEL: Final = re.compile(r"(?:(?P<root>[^/]+)/)?models/(?P<model>[^/]+)\.json")
_COMPILED: Final = re.compile(r"(?:^|/)data/aotinductor/")


@dataclass(frozen=True, slots=True)
class Package:
    """A program and its tensors.

    ``places`` has the member of each tensor by its name in the module, of tensors that share their
    memory the same one; ``sizes`` the bytes of the members that are there. ``storage_bytes`` is
    what all weights take together where members do not tell them apart, None where even that is
    not known. ``holds_weights`` says whether weights are in the package at all.
    """

    program: StatedProgram
    encoding: str
    others: tuple[str, ...]
    holds_weights: bool
    places: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    storage_bytes: int | None = None


def open_package(data: Buffer) -> Package:
    """The package in a file; ``UnreadableModel`` where there is no program in it."""
    archive = Archive(data)
    if BEFORE in archive.members:
        return _open_before(archive)
    found = [match for name in archive.members if (match := _MODEL.fullmatch(name))]
    if not found:
        if any(_COMPILED.search(name) for name in archive.members):
            raise UnreadableModel(
                "this package holds a model that AOTInductor compiled, and no program: give the "
                "package that torch.export.save wrote before it was compiled"
            )
        raise UnreadableModel("the archive holds no exported program (models/<model>.json)")
    chosen = next((match for match in found if match["model"] == "model"), found[0])
    root = f"{chosen['root']}/" if chosen["root"] else ""
    others = tuple(match["model"] for match in found if match is not chosen)
    return _open_new(archive, root, chosen["model"], others)


def _open_before(archive: Archive) -> Package:
    program = read_program(partial(open_json, archive, BEFORE))
    storage = _find_storage(archive, _STATE_BEFORE)
    return Package(program, "zip of before 2.7", (), storage is not None, storage_bytes=storage)


def _open_new(archive: Archive, root: str, model: str, others: tuple[str, ...]) -> Package:
    name = f"{root}models/{model}.json"
    program = read_program(partial(open_json, archive, name))
    places: dict[str, str] = {}
    pickled: dict[str, str] = {}
    for kind in ("weights", "constants"):
        record = f"{root}data/{kind}/{model}_{kind}_config.json"
        if record in archive.members:
            for tensor, place, is_pickled in _list_places(archive, record, f"{root}data/{kind}/"):
                places[tensor] = place
                if is_pickled:
                    pickled[tensor] = place
    if pickled:
        first = min(pickled)
        raise refuse_pickled(archive, pickled[first], first, len(pickled) - 1)
    sizes = {p: archive.members[p].size_bytes for p in places.values() if p in archive.members}
    storage = None if places else _find_storage(archive, f"{root}data/weights/{model}.pt")
    held = bool(places) or storage is not None
    return Package(program, "zip", others, held, places, sizes, storage)


def _list_places(archive: Archive, record: str, folder: str) -> Iterator[tuple[str, str, bool]]:
    """Which member each tensor of a record is, and whether its class is pickled with it.

    PayloadConfig of serde/schema.py; objects that are no tensors state no type.
    """
    config = get_field(open_json(archive, record).value(), "config", f"'{record}'")
    for name, payload in get_mapping(config, f"'{record}'").items():
        path = get_text(get_field(payload, "path_name", f"'{record}'"), f"a path in '{record}'")
        fields = get_mapping(payload, f"'{record}'")
        own = fields.get("use_pickle") is True and fields.get("tensor_meta") is not None
        yield name, folder + path, own


def _find_storage(archive: Archive, name: str) -> int | None:
    """Bytes of all memories in a checkpoint within the package; its pickle is not looked at."""
    if name not in archive.members:
        return None
    try:
        inner = archive.open(name)
    except UnreadableModel:
        return None
    return sum(
        member.size_bytes
        for place, member in inner.members.items()
        if re.fullmatch(r"[^/]+/data/\d+", place)
    )


def open_json(archive: Archive, name: str) -> JsonText:
    """The JSON that a member holds."""
    return JsonText(*archive.unpack(name), name)
