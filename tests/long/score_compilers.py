"""Whether verdicts are what real compilers said: one line for each tool, and the kinds of error.

Usage: ``python -m tests.long.score_compilers FOLDER [--kinds] [--tool NAME] [--save FILE]``. FOLDER
holds ``models.tar.gz``; ``truth.csv``: case, toolchain, target, accepted, device, operations and
message_class of each answer; and ``devices.csv``: a catalogue of devices that name one toolchain
each, so that a verdict on one of them is the verdict on that toolchain.

The answers are a test of the coverage tables and never a source of them. So that no table is bent
to what it is held against, cases are divided by a hash of the operations in them: ``--kinds`` lists
what is wrong in the half that may be looked at, and the other half is only counted.

Ends with 0 when enough is right and little of the rest misleads, with 1 otherwise.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tarfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cyborg_rr import offline
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.words import FITTING
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

GOOD, WRONG = 0, 1
LEAST_RIGHT, MOST_FALSE, MOST_UNKNOWN = 0.95, 0.01, 0.03
ENDINGS = (".onnx", ".mlirbc", ".mlir")
TAKEN = ("yes", "limited")
RIGHT, FALSE_FIT, FALSE_NO, UNKNOWN, UNREAD = (
    "right",
    "falsely fits",
    "falsely refuses",
    "unknown",
    "unread",
)


class Answer(NamedTuple):
    """What a compiler said of a case, and what the service says."""

    tool: str
    case: str
    operations: str
    accepted: str
    message: str
    verdict: str
    reason: str

    @property
    def outcome(self) -> str:
        """Right, or the kind of mistake."""
        takes = self.accepted in TAKEN
        if self.verdict == UNREAD:
            return UNREAD if takes else RIGHT
        if self.verdict == UNKNOWN:
            return UNKNOWN
        if self.verdict in FITTING:
            return RIGHT if takes else FALSE_FIT
        return FALSE_NO if self.accepted == "yes" else RIGHT

    @property
    def is_looked_at(self) -> bool:
        """Whether the operations of the case are of the half that may be looked at."""
        return zlib.crc32(self.operations.encode()) % 2 == 0


def read_models(archive: Path) -> Iterator[tuple[str, Source]]:
    """Each case with its model."""
    with tarfile.open(archive) as packed:
        for member in packed:
            name = Path(member.name)
            file = packed.extractfile(member)
            if file is not None and name.suffix in ENDINGS:
                yield name.stem, Source(name.name, file.read())


def judge_all(folder: Path, tool: str) -> Iterator[Answer]:
    """Hold every answer of the folder against the verdict on that toolchain."""
    catalogue = offline.load_catalogue([folder / "devices.csv"])
    by_case: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "truth.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["device"] and row["accepted"] != "crash" and tool in row["toolchain"]:
                by_case[row["case"]].append(row)
    for case, source in read_models(folder / "models.tar.gz"):
        rows = by_case.get(case, [])
        found = judge(source, sorted({row["device"] for row in rows}), catalogue) if rows else {}
        for row in rows:
            verdict, reason = found[row["device"]]
            yield Answer(
                f"{row['toolchain']} {row['target']}", case, row["operations"], row["accepted"],
                row["message_class"], verdict, reason,
            )  # fmt: skip


def judge(
    source: Source, devices: Sequence[str], catalogue: offline.Catalogue
) -> Mapping[str, tuple[str, str]]:
    """The verdict and its first reason for each device."""
    try:
        requirement = analyse(source, AnalysisOptions())
    except CyborgError as error:
        return dict.fromkeys(devices, (UNREAD, str(error)))
    found = match(
        requirement, map(catalogue.represent_product, devices), coverage=catalogue.find_coverage
    )
    return {each.device_class: (each.verdict, next(iter(each.reasons), "")) for each in found}


def show(answers: Sequence[Answer]) -> None:
    """A line for each tool and for all, with the share of the half that is not looked at."""
    by_tool: dict[str, list[Answer]] = defaultdict(list)
    for each in answers:
        by_tool[each.tool].append(each)
    for tool, own in [*sorted(by_tool.items()), ("all", list(answers))]:
        unseen = [each for each in own if not each.is_looked_at]
        print(f"{tool:40} {_count(own)}; not looked at: {_count(unseen)}")


def _count(answers: Sequence[Answer]) -> str:
    counts = Counter(each.outcome for each in answers)
    right, total = counts.pop(RIGHT, 0), len(answers)
    rest = "".join(f", {counts[kind]} {kind}" for kind in sorted(counts))
    return f"{right}/{total} right ({right / max(1, total):.1%}){rest}"


def show_kinds(answers: Sequence[Answer]) -> None:
    """What is wrong in the half that may be looked at, the most common first."""
    kinds: Counter[tuple[str, str, str, str]] = Counter()
    for each in answers:
        if each.outcome != RIGHT and each.is_looked_at:
            said = each.message if each.outcome == FALSE_FIT else each.reason.partition("(")[0]
            kinds[each.tool, each.outcome, each.operations[:40], said[:90]] += 1
    for (tool, outcome, operations, said), number in sorted(
        kinds.items(), key=lambda item: (item[0][:2], -item[1], item[0])
    ):
        print(f"{number:4} {tool}: {outcome}: {operations}: {said}")


def save(answers: Sequence[Answer], file: Path) -> None:
    """Every answer with what came of it, so that two runs can be compared."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("outcome", "looked at", *Answer._fields))
        writer.writerows((each.outcome, each.is_looked_at, *each) for each in answers)


def is_enough(answers: Sequence[Answer]) -> bool:
    """Whether the shares are what they must be."""
    counts = Counter(each.outcome for each in answers)
    total = max(1, len(answers))
    return (
        counts[RIGHT] >= LEAST_RIGHT * total
        and counts[FALSE_FIT] <= MOST_FALSE * total
        and counts[UNKNOWN] <= MOST_UNKNOWN * total
    )


def main() -> int:
    """Judge all cases, or those of one tool."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", action="store_true", help="list what is wrong")
    parser.add_argument("--tool", default="", metavar="NAME", help="only this tool")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write every answer")
    arguments = parser.parse_args()
    answers = list(judge_all(arguments.folder, arguments.tool))
    show(answers)
    if arguments.kinds:
        show_kinds(answers)
    if arguments.save:
        save(answers, arguments.save)
    return GOOD if is_enough(answers) else WRONG


if __name__ == "__main__":
    sys.exit(main())
