"""A folder of this machine as readers see it: what is in it, and nothing that it leads to."""

from __future__ import annotations

import errno
import mmap
import os
import re
import stat
from collections.abc import Mapping
from functools import cached_property

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAX_NAMES = 10_000
"""Files and folders of one folder; the largest checkpoints have a few hundred shards."""

MAX_DEPTH = 3
"""Folders within folders: a pipeline's parts, and the variables of one of them."""

_LINK_OF_CACHE = re.compile(r"(?:\.\./){2,4}blobs/[0-9a-f]{40,64}")
"""Where the Hugging Face cache keeps the files of a snapshot (huggingface_hub,
file_download.py): beside the snapshots, under the hash of their content."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
_SHOWN = 120


class Directory:
    """A folder on an open descriptor; see ``Folder``.

    Links are not followed, but for those of the Hugging Face cache, which lead to a file named by
    a hash. Files stay open, and mapped, until the process ends.
    """

    def __init__(self, descriptor: int, depth: int = 0) -> None:
        self._descriptor = descriptor
        self._depth = depth
        self._opened: dict[str, Buffer] = {}

    @cached_property
    def _entries(self) -> Mapping[str, os.stat_result]:
        found: dict[str, os.stat_result] = {}
        with os.scandir(self._descriptor) as entries:
            for entry in entries:
                if len(found) == MAX_NAMES:
                    raise UnreadableModel(f"the folder holds more than {MAX_NAMES} files")
                state = self._find_state(entry.name)
                if state is not None:
                    found[entry.name] = state
        return dict(sorted(found.items()))

    def _find_state(self, name: str) -> os.stat_result | None:
        """What is there under a name; None for a link that is not followed."""
        try:
            state = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
            if stat.S_ISLNK(state.st_mode):
                target = self._find_link(name)
                if target is None:
                    return None
                state = os.stat(target, dir_fd=self._descriptor, follow_symlinks=False)
        except OSError:
            return None
        return state

    def _find_link(self, name: str) -> str | None:
        target = os.readlink(name, dir_fd=self._descriptor)
        return target if _LINK_OF_CACHE.fullmatch(target) else None

    @cached_property
    def files(self) -> Mapping[str, int]:
        """See ``Folder.files``."""
        entries = self._entries.items()
        return {name: state.st_size for name, state in entries if stat.S_ISREG(state.st_mode)}

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """See ``Folder.folders``."""
        entries = self._entries.items()
        return tuple(name for name, state in entries if stat.S_ISDIR(state.st_mode))

    def open(self, name: str) -> Buffer:
        """See ``Folder.open``."""
        if name not in self._opened:
            if name not in self.files:
                raise UnreadableModel(f"there is no file {_show(name)} in the folder")
            self._opened[name] = self._map(name)
        return self._opened[name]

    def enter(self, name: str) -> Directory:
        """See ``Folder.enter``."""
        if name not in self.folders or self._depth == MAX_DEPTH:
            raise UnreadableModel(f"there is no folder {_show(name)} in the folder")
        try:
            descriptor = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=self._descriptor)
        except OSError as error:
            raise UnreadableModel(f"folder {_show(name)}: {error.strerror}") from error
        return Directory(descriptor, self._depth + 1)

    def _map(self, name: str) -> Buffer:
        try:
            descriptor = self._open(name)
        except OSError as error:
            raise UnreadableModel(f"file {_show(name)}: {error.strerror}") from error
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise UnreadableModel(f"{_show(name)} is not a regular file")
            return map_file(descriptor, state.st_size)
        finally:
            os.close(descriptor)

    def _open(self, name: str) -> int:
        try:
            return os.open(name, _FLAGS, dir_fd=self._descriptor)
        except OSError as error:
            target = self._find_link(name) if error.errno == errno.ELOOP else None
            if target is None:
                raise
            return os.open(target, _FLAGS, dir_fd=self._descriptor)


def map_file(descriptor: int, size_bytes: int) -> Buffer:
    """The bytes of an open file, read when they are looked at; an empty one cannot be mapped."""
    if size_bytes == 0:
        return b""
    try:
        return mmap.mmap(descriptor, size_bytes, access=mmap.ACCESS_READ)
    except OSError as error:  # more files or more address space than this process may have
        raise UnreadableModel(f"a file of {size_bytes} bytes: {error.strerror}") from error


def _show(name: str) -> str:
    return repr(printable(name.encode(errors="replace"))[:_SHOWN])
