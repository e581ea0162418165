"""How a file for several partitions divides its work among them, as far as it can be said."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.requirement.requirement import IRRequirement, Span


@dataclass(frozen=True, slots=True)
class Sharing:
    """Which share of the work one device does: at least, and as is expected."""

    least: float = 1.0
    expected: float = 1.0


UNSHARED = Sharing()


def find_sharing(requirement: IRRequirement) -> tuple[Sharing, tuple[str, ...]]:
    """What a file for several partitions says of the work of one of them, and in words.

    A file without collectives is the program of all devices, which a compiler has yet to divide;
    one that has them is, at least in parts, the program of each. Shardings say more.
    """
    parts = requirement.partitions
    if parts == 1:
        return UNSHARED, ()
    share = requirement.per_device
    total = requirement.compute.macs
    if share is not None and share.macs is not None and total:
        return _share_by_shardings(requirement, share.macs, total)
    least = f"the shortest time assumes that {parts} partitions share all work evenly"
    longest = "the longest that none is shared; communication that a compiler adds is not counted"
    if requirement.collectives:
        text = "the file has collectives, so its work is taken to be that of each device"
        return Sharing(1 / parts), (f"{text}; {least}, {longest}",)
    text = "the file has no collectives, so its work is taken to be divided by the compiler"
    return Sharing(1 / parts, 1 / parts), (f"{text}; {least}, {longest}",)


def _share_by_shardings(
    requirement: IRRequirement, macs: Span, total: int
) -> tuple[Sharing, tuple[str, ...]]:
    """The multiply-adds of a device stand for all of its work."""
    least, most = min(1.0, macs.least / total), min(1.0, macs.most / total)
    expected = most if requirement.collectives or macs.least == macs.most else least
    amount = f"{least:.1%}" if least == most else f"{least:.1%} to {most:.1%}"
    text = f"by the shardings in the file each device does {amount} of the multiply-adds"
    return Sharing(least, expected), (
        f"{text}; the longest time assumes that it does all, and communication that a compiler"
        " adds is not counted",
    )
