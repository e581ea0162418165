"""How a command ends: its status, and one line where the user made a mistake."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from cyborg_rr.domain.errors import CyborgError

REFUSED = 2
UNAVAILABLE = 1
INTERRUPTED = 130


def exit_on_mistake(
    run: Callable[[], int], unavailable: tuple[type[Exception], ...] = ()
) -> NoReturn:
    """Run a process; a mistake of configuration or input ends it with one line and status 2.

    An error of ``unavailable``, such as a database that does not answer, ends it with 1: whoever
    supervises the process should try again.
    """
    try:
        status = run()
    except CyborgError as error:
        print(f"{Path(sys.argv[0]).name}: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(REFUSED)
    except unavailable as error:
        line = " ".join(str(error).split())[:500]
        print(f"{Path(sys.argv[0]).name}: cannot start: {line}", file=sys.stderr)
        sys.exit(UNAVAILABLE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; there is nobody to tell
        sys.exit(1)
    sys.exit(status)
