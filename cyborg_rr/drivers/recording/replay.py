"""A recording put on disk again, so that drivers look at it as they look at a machine.

The file comes from somebody else: nothing in it is run, nothing is written outside of the directory
that it is given, and whoever reads there follows no link out of it (``Sysfs``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.drivers.recording.files import CONFIG, HEX, LINK
from cyborg_rr.drivers.simulated.plain_yaml import load_plain_yaml
from cyborg_rr.drivers.sysfs import render_safe

MAX_FILE_BYTES = 32 << 20
"""Twice what the values of a recording may have in all."""

MAX_ENTRIES = 500_000


@dataclass(frozen=True, slots=True)
class Replay:
    """What a recording says: directories with their entries, NVIDIA's answers by address."""

    entries: Mapping[str, Mapping[str, str]]
    nvml: Mapping[str, Mapping[str, Any]]


def load_replay(file: Path) -> Replay:
    """What a file of ``cyborg-rr record`` says; ``InvalidInput`` says what is wrong with it."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(f"{file} is larger than {MAX_FILE_BYTES} bytes")
    return parse_replay(data, str(file))


def parse_replay(data: bytes, source: str) -> Replay:
    """See ``load_replay``."""
    try:
        document = load_plain_yaml(data, source)
    except BadCatalogue as error:
        raise InvalidInput(str(error)) from None
    if not isinstance(document, dict) or not isinstance(document.get("entries"), dict):
        raise InvalidInput(f"{source} is no recording: it has no entries")
    entries = document["entries"]
    for path, found in entries.items():
        _check_directory(path, found, source)
    if sum(map(len, entries.values())) > MAX_ENTRIES:
        raise InvalidInput(f"{source} has more than {MAX_ENTRIES} entries")
    nvml = document.get("nvml", {})
    if not isinstance(nvml, dict) or not all(isinstance(said, dict) for said in nvml.values()):
        raise InvalidInput(f"{source}: nvml is not made of answers by address")
    return Replay(entries, nvml)


def _check_directory(path: object, found: object, source: str) -> None:
    """That what stands there can be written below a directory of ours, and only there."""
    if not isinstance(path, str) or not all(map(_is_name, path.split("/"))):
        raise InvalidInput(f"{source}: {_quote(path)} is no directory of a tree")
    if not isinstance(found, dict):
        raise InvalidInput(f"{source}: {_quote(path)} has no entries")
    for name, value in found.items():
        if not isinstance(name, str) or not _is_name(name):
            raise InvalidInput(f"{source}: {_quote(name)} in {_quote(path)} is no name")
        if not isinstance(value, str) or "\0" in value:
            raise InvalidInput(f"{source}: {_quote(f'{path}/{name}')} is not text in quotes")


def _is_name(part: str) -> bool:
    return part not in ("", ".", "..") and not {"/", "\0"} & set(part)


def _quote(value: object) -> str:
    return repr(render_safe(str(value)))


def write_tree(entries: Mapping[str, Mapping[str, str]], root: Path) -> Path:
    """Make the files and links below ``root``; each text ends with a line end, as in sysfs.

    Links come last, so that nothing is written through one. ``InvalidInput`` for what no file
    system takes: a name twice, or one that is too long.
    """
    try:
        for directory in entries:
            (root / directory).mkdir(parents=True, exist_ok=True)
        for path, value in _list_values(entries, root):
            if not value.startswith(LINK):
                path.write_bytes(_read_content(path.name, value))
        for path, value in _list_values(entries, root):
            if value.startswith(LINK):
                path.symlink_to(value.removeprefix(LINK))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the recording cannot be put on disk: {error}") from None
    return root


def _list_values(
    entries: Mapping[str, Mapping[str, str]], root: Path
) -> Iterator[tuple[Path, str]]:
    for directory, found in entries.items():
        for name, value in found.items():
            yield root / directory / name, value


def _read_content(name: str, value: str) -> bytes:
    if name == CONFIG and value.startswith(HEX):
        return bytes.fromhex(value.removeprefix(HEX))
    return f"{value}\n".encode()
