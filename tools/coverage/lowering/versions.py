"""What need not be asked again of a later version of an operation set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

_ENOUGH = 4
"""So many calls of an operation answered as in the version before: so are all its calls."""


class Question(NamedTuple):
    """What a model is about: the operation, the version of its set, and all else of the model."""

    operation: str
    version: int
    rest: str


class Versions:
    """Answers by question, and which versions of an operation a tool handles alike."""

    def __init__(self) -> None:
        self._answers: dict[str, dict[int, str]] = defaultdict(dict)
        self._same: Counter[tuple[str, int]] = Counter()
        self._differ: set[tuple[str, int]] = set()

    def keep(self, question: Question, answer: str) -> None:
        """Note an answer, and whether it is that of the version before."""
        known = self._answers[question.rest]
        if question.version in known:
            return
        before = self._find_before(question)
        known[question.version] = answer
        state = question.operation, question.version
        if before is not None and before == answer:
            self._same[state] += 1
        elif before is not None:
            self._differ.add(state)

    def find(self, question: Question) -> str | None:
        """The answer that follows from others; None where it has to be asked."""
        state = question.operation, question.version
        if state in self._differ or self._same[state] < _ENOUGH:
            return None
        return self._find_before(question)

    def choose(self, questions: Mapping[str, Question]) -> list[str]:
        """Those to ask now, by key: of a version that is still open not more than will tell."""
        asked: Counter[tuple[str, int]] = Counter()
        chosen = []
        for key, question in questions.items():
            state = question.operation, question.version
            is_new = self._find_before(question) is None or state in self._differ
            if is_new or self._same[state] + asked[state] < _ENOUGH:
                asked[state] += not is_new
                chosen.append(key)
        return chosen

    def _find_before(self, question: Question) -> str | None:
        known = self._answers[question.rest]
        before = [version for version in known if version < question.version]
        return known[max(before)] if before else None
