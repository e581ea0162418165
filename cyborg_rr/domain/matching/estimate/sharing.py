"""How a file for several partitions divides its work among them, as far as it can be said."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.requirement.requirement import IRRequirement


@dataclass(frozen=True, slots=True)
class Sharing:
    """Among how many partitions a file divides its work, and whether the expected time does so."""

    partitions: int = 1
    is_expected: bool = False


UNSHARED = Sharing()


def find_sharing(requirement: IRRequirement) -> tuple[Sharing, tuple[str, ...]]:
    """What a file for several partitions says of the work of one of them, and in words.

    A file without collectives is the program of all devices, which a compiler has yet to divide;
    one that has them is, at least in parts, the program of each.
    """
    parts = requirement.partitions
    if parts == 1:
        return UNSHARED, ()
    least = f"the shortest time assumes that {parts} partitions share all work evenly"
    longest = "the longest that none is shared; communication that a compiler adds is not counted"
    if requirement.collectives:
        text = "the file has collectives, so its work is taken to be that of each device"
        return Sharing(parts), (f"{text}; {least}, {longest}",)
    text = "the file has no collectives, so its work is taken to be divided by the compiler"
    return Sharing(parts, True), (f"{text}; {least}, {longest}",)
