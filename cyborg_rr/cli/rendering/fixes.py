"""The nearest fix of a verdict for people: as options of ``match``, where it is one."""

from __future__ import annotations

from typing import Any, Final

from cyborg_rr.domain.matching.certainty import render_likely
from cyborg_rr.domain.matching.verdict import FixKind

_OPTIONS: Final[dict[FixKind, str]] = {
    "runtime": "--runtime",
    "devices_limit": "--devices",
    "batch": "--batch",
    "input": "--input",
    "element_type": "--dtype",
    "allow_fallback": "--allow-fallback",
}


def find_options(fix: dict[str, Any]) -> list[str]:
    """The words of a command line that make the change; none where no option does."""
    option = _OPTIONS.get(fix["kind"])
    if option is None:
        return []
    if fix["kind"] == "allow_fallback":
        return [option]
    return [word for value in fix["values"] for word in (option, value)]


def find_replaced(fix: dict[str, Any]) -> str:
    """The name, as the parser has it, of the option that the change replaces."""
    return _OPTIONS.get(fix["kind"], "").removeprefix("--").replace("-", "_")


def render_fix(fix: dict[str, Any]) -> str:
    """What to do, how to say it, and what is answered then."""
    options = " ".join(find_options(fix))
    how = f" ({options})" if options else ""
    with_what = f" ({'; '.join(fix['changes'])})" if fix["changes"] else ""
    likely = fix.get("probability")
    share = "" if likely is None else f", {render_likely(likely)}"
    return f"{fix['text']}{how}: {fix['verdict']}{share}{with_what}"
