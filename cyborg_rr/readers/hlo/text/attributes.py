"""Attributes of instructions in HLO text: those that steer types and work, in neutral form.

The forms are those that ``HloInstruction::ExtraAttributesToString`` writes and
``hlo_parser.cc`` reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import chain, islice

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.hlo.backend_config import read_backend_config
from cyborg_rr.readers.hlo.module import AttributeForm, Key
from cyborg_rr.readers.reading.printing import printable

MAX_NUMBERS = 65536
MAX_SHARDING = 1 << 20
MAX_AXES = 64
MAX_GROUP = 2**31

Forms = dict[str, AttributeForm]

_NUMBER = re.compile(rb"-?+[0-9]++")
_NAME = re.compile(rb"[^\s{},%]++")
_WINDOW_PART = re.compile(rb"(?<![a-z_])([a-z_]++)=([0-9x_\-]++)")
_GROUP = re.compile(rb"\{([^{}]*+)\}")
_AXIS = re.compile(rb"'([^']*+)'=([0-9]{1,10}+)")
_USED = re.compile(rb"'([^']*+)'(?::\([0-9]{1,10}+\)([0-9]{1,10}+))?")
_OP_NAME = re.compile(rb'\bop_name="((?:[^"\\]|\\.)*+)"')
_LETTERS = {"b": "N", "f": "C", "i": "I", "o": "O"}


def read_numbers(text: bytes) -> tuple[int, ...]:
    """All whole numbers in a text, each of 64 bits."""
    found = [match[0] for match in islice(_NUMBER.finditer(text), MAX_NUMBERS + 1)]
    if len(found) > MAX_NUMBERS:
        raise UnreadableModel(f"an attribute has more than {MAX_NUMBERS} numbers")
    if any(len(word) > 20 for word in found):
        raise UnreadableModel("an attribute has a number of more than 64 bits")
    return tuple(map(int, found))


def _numbers(name: str, text: bytes, forms: Forms) -> None:
    forms[name] = read_numbers(text)


def _number(name: str, text: bytes, forms: Forms) -> None:
    found = read_numbers(text)
    if found:
        forms[name] = found[0]


def _dimension(name: str, text: bytes, forms: Forms) -> None:
    forms["dimensions"] = read_numbers(text)


def _word(name: str, text: bytes, forms: Forms) -> None:
    forms[name] = printable(text[:4096].strip(b'"'))


def _sharding(name: str, text: bytes, forms: Forms) -> None:
    forms[name] = printable(text[:MAX_SHARDING])


def _window(name: str, text: bytes, forms: Forms) -> None:
    """``{size=3x3 stride=2x2 pad=0_1x0_1 lhs_dilate=.. rhs_dilate=.. rhs_reversal=..}``."""
    for part in _WINDOW_PART.finditer(text):
        forms[f"window_{part[1].decode()}"] = read_numbers(part[2].replace(b"_", b" "))


def _labels(name: str, text: bytes, forms: Forms) -> None:
    """``b01f_01io->b01f``: what each dimension of data, kernel and result is."""
    data, _, rest = printable(text[:256]).partition("_")
    kernel, _, result = rest.partition("->")
    for which, labels in (("data", data), ("kernel", kernel), ("result", result)):
        forms[f"{which}_layout"] = "".join(_LETTERS.get(letter, letter) for letter in labels)


def _slice(name: str, text: bytes, forms: Forms) -> None:
    """``{[0:8], [2:9:2]}``."""
    spans = [read_numbers(span) for span in text.split(b"]") if b":" in span]
    if not all(2 <= len(span) <= 3 for span in spans):
        raise UnreadableModel("a slice has a range that is not start:limit:stride")
    forms["starts"] = tuple(span[0] for span in spans)
    forms["limits"] = tuple(span[1] for span in spans)
    forms["strides"] = tuple(span[2] if len(span) == 3 else 1 for span in spans)


def _padding(name: str, text: bytes, forms: Forms) -> None:
    """``0_1x2_3_1``: before, after and, where it is not 0, between."""
    parts = [read_numbers(part.replace(b"_", b" ")) for part in text.split(b"x")]
    if not all(2 <= len(part) <= 3 for part in parts):
        raise UnreadableModel("a padding is not low_high_interior")
    forms["low"] = tuple(part[0] for part in parts)
    forms["high"] = tuple(part[1] for part in parts)
    forms["interior"] = tuple(part[2] if len(part) == 3 else 0 for part in parts)


def _groups(name: str, text: bytes, forms: Forms) -> None:
    """Groups, and how many are in one: ``{{0,1},{2,3}}``, ``[2,2]<=[4]`` or, by the axes of a mesh,
    ``mesh['a'=2,'b'=4] {'b'}``.
    """
    if text.startswith(b"mesh"):
        size = _count_group(text)
    elif text.startswith(b"["):
        found = read_numbers(text.partition(b"]")[0])
        size = found[-1] if found else 0
    else:
        size = max((len(read_numbers(group[1])) for group in _GROUP.finditer(text)), default=0)
    if size > 0:
        forms["group_size"] = size


def _count_group(text: bytes) -> int:
    """How many devices the axes in braces span; a part of an axis is ``'b':(2)2``."""
    axes, _, used = text.partition(b"]")
    sizes = {match[1]: int(match[2]) for match in _AXIS.finditer(axes)}
    found = [int(match[2] or sizes.get(match[1], 0)) for match in _USED.finditer(used)]
    size = math.prod(found[:MAX_AXES])
    return size if size < MAX_GROUP else 0


def _config(name: str, text: bytes, forms: Forms) -> None:
    forms.update(read_backend_config(text))


_FORMS: Mapping[bytes, Callable[[str, bytes, Forms], None]] = {
    b"backend_config": _config,
    b"batch_group_count": _number,
    b"collapsed_slice_dims": _numbers,
    b"custom_call_target": _word,
    b"dim_labels": _labels,
    b"dimensions": _dimension,
    b"direction": _word,
    b"dynamic_slice_sizes": _numbers,
    b"feature_group_count": _number,
    b"feature_index": _number,
    b"fft_length": _numbers,
    b"fft_type": _word,
    b"index": _number,
    b"index_vector_dim": _number,
    b"iota_dimension": _dimension,
    b"k": _number,
    b"lhs_batch_dims": _numbers,
    b"lhs_contracting_dims": _numbers,
    b"offset_dims": _numbers,
    b"operand_batching_dims": _numbers,
    b"padding": _padding,
    b"replica_groups": _groups,
    b"rhs_batch_dims": _numbers,
    b"rhs_contracting_dims": _numbers,
    b"sharding": _sharding,
    b"slice": _slice,
    b"slice_sizes": _numbers,
    b"source_target_pairs": _numbers,
    b"window": _window,
}

_CALLED = (
    b"calls", b"to_apply", b"body", b"condition", b"true_computation", b"false_computation",
    b"branch_computations", b"select", b"scatter", b"called_computations",
)  # fmt: skip
"""Attributes that name computations, in the order of the protobuf."""

KEPT = frozenset(chain(_FORMS, _CALLED)) - {b"backend_config"}
"""Names of attributes that are worth keeping while a line is read, however long they are."""


def convert(texts: Mapping[bytes, bytes]) -> Forms:
    """The attributes that are known, in neutral form."""
    forms: Forms = {}
    for name, text in texts.items():
        form = _FORMS.get(name)
        if form is not None:
            form(name.decode(), text, forms)
    return forms


def list_called(texts: Mapping[bytes, bytes]) -> tuple[Key, ...]:
    """The computations that an instruction calls."""
    names: list[Key] = []
    for attribute in _CALLED:
        if attribute in texts:
            names.extend(printable(name) for name in _NAME.findall(texts[attribute]))
    return tuple(names)


def find_label(metadata: bytes) -> str:
    """What the program that was compiled calls a value."""
    found = _OP_NAME.search(metadata)
    return "" if found is None else printable(found[1][:4096]).replace("\\'", "'")
