"""Files that a verb writes: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cyborg_rr.domain.errors import InvalidInput


def write_whole(output: Path, text: str, *, may_replace: bool) -> None:
    """A whole file or none, for this user's eyes."""
    try:
        file, name = tempfile.mkstemp(prefix=f".{output.name}-", dir=output.parent)
        try:
            with os.fdopen(file, "w") as opened:
                opened.write(text)
            (os.replace if may_replace else os.link)(name, output)
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError:
        raise InvalidInput(f"{output} is there already; --overwrite replaces it") from None
    except OSError as error:
        raise InvalidInput(f"{output} cannot be written: {error.strerror}") from None
