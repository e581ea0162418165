"""Whether the parts of a requirement that somebody wrote fit each other."""

from __future__ import annotations

from collections import Counter

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.requirement.requirement import IRRequirement


def check_replaced(requirement: IRRequirement) -> IRRequirement:
    """The requirement, in which attention replaces only work that is there.

    ``InvalidInput`` names the place where it does not.
    """
    left = Counter({place: item.count for place, item in enumerate(requirement.work)})
    for index, attention in enumerate(requirement.attention):
        for part, replaced in enumerate(attention.replaces):
            place = f"requirement.attention[{index}].replaces[{part}]"
            if replaced.item not in left:
                raise InvalidInput(
                    f"{place}.item is {replaced.item}, and work has {len(left)} items from 0 on"
                )
            left[replaced.item] -= replaced.count * attention.count
            if left[replaced.item] < 0:
                raise InvalidInput(f"{place}.count replaces more than work[{replaced.item}] counts")
    return requirement
