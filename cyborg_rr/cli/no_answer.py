"""What stands in the place of an answer: one line for people, an object for programs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cyborg_rr.processes.ending import REFUSED, tell_line


class NoAnswer(NamedTuple):
    """Why there is no answer, and the file that it is about where it is about one."""

    cause: str
    file: Path | None = None

    @classmethod
    def of(cls, error: Exception, file: Path | None = None) -> NoAnswer:
        """What an error says, on one line."""
        return cls(" ".join(str(error).split()), file)

    def render(self) -> dict[str, str]:
        """The JSON object."""
        where = {} if self.file is None else {"file": str(self.file)}
        return {**where, "error": self.cause}

    def tell(self) -> int:
        """Say it on standard error; the exit status that stands for it."""
        where = "" if self.file is None else f"{self.file}: "
        tell_line(f"cyborg-rr: {where}{self.cause}")
        return REFUSED
