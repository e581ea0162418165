"""The forms as readers take them, with what is bound and what the exporters' own counters say."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.weights import state_weights
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.options import parse_options, parse_weights
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.forms.table import Bound, Form, Model
from tests.readers.samples import DATA

FORMS = DATA / "forms"
TRUTH: Final[Mapping[Model, Mapping[str, int]]] = json.loads((FORMS / "truth.json").read_text())
WEIGHTS: Final[Mapping[Model, str]] = {"encoder": "0-36", "decoder": "0-19", "cnn": "0-10"}
"""Which arguments are weights where the file does not say so."""

PICTURE, PICTURE_LAST, TOKENS = (1, 3, 32, 32), (1, 32, 32, 3), (1, 16)

_BOUND: Final[Mapping[Bound, Mapping[Model, tuple[str, ...]]]] = {
    "": {},
    "dimensions": {
        **dict.fromkeys(("encoder", "decoder"), ("batch=1", "sequence=16")), "cnn": ("batch=1",),
    },
    "inputs": {
        "encoder": ("input_ids=1x16", "token_type_ids=1x16"), "decoder": ("input_ids=1x16",),
    },
}  # fmt: skip


@cache
def unpack(model: Model, name: str) -> Source:
    """A form as it is given to readers; large files lie packed in the tree."""
    path = FORMS / model / name
    if path.is_dir():
        return Source(name, folder=_load(path), is_folder=True)
    return Source(name, _read(path if path.exists() else path.with_name(f"{name}.xz")))


def _load(path: Path) -> MemoryFolder:
    entries = sorted(path.iterdir())
    files = {entry.name.removesuffix(".xz"): _read(entry) for entry in entries if entry.is_file()}
    return MemoryFolder(files, {each.name: _load(each) for each in entries if each.is_dir()})


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    return lzma.decompress(content) if path.suffix == ".xz" else content


def find_form_reader(form: Form) -> Reader:
    """The reader of its family."""
    return dict(list_readers())[form.family]


def is_read(form: Form) -> bool:
    """Whether a reader of this tree takes the form."""
    reader = dict(list_readers()).get(form.family)
    return reader is not None and reader.recognises(unpack(form.models[0], form.name))


def find_picture(form: Form) -> tuple[int, ...]:
    """The shape of the picture in a form."""
    return PICTURE_LAST if form.has_channels_last else PICTURE


@cache
def require(form: Form, model: Model) -> IRRequirement:
    """What the form of a model asks for, with open sizes bound."""
    bound = _BOUND[form.bound].get(model, ())
    if form.bound == "inputs" and model == "cnn":
        bound = (f"image={'x'.join(map(str, find_picture(form)))}",)
    weights = None if form.has_weights_named else WEIGHTS[model]
    options = parse_options(None, bound, weights)
    return analyse_by(find_form_reader(form), unpack(model, form.name), options)


def read(form: Form, model: Model) -> Graph:
    """The graph that the form's reader makes."""
    graph = find_form_reader(form).read(unpack(model, form.name))
    return graph if form.has_weights_named else state_weights(graph, parse_weights(WEIGHTS[model]))
