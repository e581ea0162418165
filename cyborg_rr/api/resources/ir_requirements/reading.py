"""From an upload to its IR requirement: spooled to a nameless file, read by another process."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cyborg_rr.api.request.body import Body
from cyborg_rr.api.request.errors import Busy
from cyborg_rr.api.services import ReadingSettings
from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.sandbox import Limits, analyse_file


class ModelReader:
    """Reads uploads, a few at a time; whoever comes beyond that is told to come back."""

    def __init__(self, settings: ReadingSettings) -> None:
        self._slots = threading.BoundedSemaphore(settings.concurrent)
        self._concurrent = settings.concurrent
        self._spool = settings.spool_directory
        self._limits = Limits(
            memory_bytes=settings.memory_bytes,
            cpu_seconds=settings.cpu_seconds,
            wall_seconds=settings.wall_seconds,
            file_bytes=settings.max_file_bytes,
            cpu_option="[readers] cpu_seconds",
        )

    def read(self, body: Body, name: str, options: AnalysisOptions) -> IRRequirement:
        """What the uploaded model asks for.

        The spooled file has no name, so nothing of it is left whatever happens to this process.
        Raises ``Busy``, ``BodyTooLarge`` or ``UnreadableModel``.
        """
        with self._slot(), tempfile.TemporaryFile(dir=self._spool) as file:
            _, sha256 = body.copy_to(file, self._limits.file_bytes)
            path = Path(f"/proc/self/fd/{file.fileno()}")
            try:
                known = replace(options, sha256=sha256)
                return analyse_file(path, known, self._limits, name, alone=True)
            except UnreadableModel as error:
                raise UnreadableModel(f"{name}: {error}") from error
            except InvalidInput as error:
                raise InvalidInput(f"{name}: {error}") from error

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise Busy(f"{self._concurrent} model files are being read already; try again soon")
        try:
            yield
        finally:
            self._slots.release()
