"""What ``tests.long.residue`` concludes from what it counts."""

from __future__ import annotations

import pytest

from tests.long.residue import CLEAN, FOUND, UNKNOWN, judge

SEEN = {"words": 8, "pattern": 8}


@pytest.mark.parametrize(
    ("check", "found", "status"),
    [
        (SEEN, {"words": 8, "pattern": 0, "other": 0}, CLEAN),
        (SEEN, {"words": 8, "pattern": 0, "other": 3}, CLEAN),
        (SEEN, {"words": 8, "pattern": 1, "other": 0}, FOUND),
        (SEEN, {"words": 0, "pattern": 0, "other": 0}, UNKNOWN),
        ({"words": 8, "pattern": 7}, {"words": 8, "pattern": 0, "other": 0}, UNKNOWN),
        ({"words": 0, "pattern": 0}, {"words": 8, "pattern": 0, "other": 0}, UNKNOWN),
    ],
)
def test_only_a_scan_that_finds_what_is_there_says_that_nothing_is(
    check: dict[str, int], found: dict[str, int], status: int
) -> None:
    assert judge(check, found)[0] == status
