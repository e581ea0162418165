"""What people are shown of made-up answers at three widths, kept as text and compared by a test.

``python -m tests.cli.golden`` writes the files anew; the difference is to be read like prose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path

from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.rendering.requirements import render_summary, show_requirement
from cyborg_rr.cli.rendering.verdicts import render_counts, show_verdict, show_verdicts
from tests.cli.documents import list_verdicts, make_document, make_fix, make_verdict

FOLDER = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 120)


def _show_ranking(page: Page, *, is_everything: bool = False) -> None:
    page.say(render_summary(make_document()), hang=2)
    page.say(render_counts(list_verdicts()), hang=2)
    show_verdicts(page, list_verdicts(), is_everything=is_everything)


def _show_one(page: Page) -> None:
    reasons = ["needs 1.11 GiB, maker has 0.90 GiB usable (nearest fix: a smaller batch or input)"]
    advice = {"nearest_fix": make_fix(), "nearest_device": "maker-large", "probability": 0.05}
    show_verdict(page, make_verdict("maker", "does not fit", reasons=reasons, **advice))
    show_verdict(page, make_verdict("maker"))


SHOWN: Mapping[str, Callable[[Page], None]] = {
    "ranking": _show_ranking,
    "ranking_in_full": lambda page: _show_ranking(page, is_everything=True),
    "one": _show_one,
    "requirement": lambda page: show_requirement(page, make_document()),
    "nothing": lambda page: page.say(render_counts([make_verdict("a", "does not fit")])),
    "command": lambda page: page.show_next(
        "Next", ["cyborg-rr", "match", "a folder/model.onnx", "--batch", "8", "--input", "s=128",
                 "--device", "maker-fast-1"]
    ),
}  # fmt: skip


def render(name: str, width: int) -> str:
    """What is shown now."""
    stream = StringIO()
    SHOWN[name](Page(stream, width))
    return stream.getvalue()


def find_golden(name: str, width: int) -> Path:
    """The file of what is to be shown."""
    return FOLDER / f"{name}_{width}.txt"


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for name in SHOWN:
        for width in WIDTHS:
            find_golden(name, width).write_text(render(name, width))


if __name__ == "__main__":
    main()
