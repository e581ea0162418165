"""Whether the runtime that the user named runs models of a family on any of some devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.matching.running.choosing import Runners
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.toolchain import Toolchain


def check_runtime(
    runners: Runners, family: str, representations: Iterable[ResourceRepresentation]
) -> None:
    """``InvalidInput`` with those that do, where no chain on any device ends in what it runs.

    Where no chain is known at all, verdicts say that.
    """
    if runners.named is None:
        return
    kinds = {tuple(map(id, entry.toolchains)): entry.toolchains for entry in representations}
    ends = [end for toolchains in kinds.values() for end in list_ends(family, toolchains)]
    if ends and not any(map(runners.may_run, ends)):
        able = ", ".join(name_runtimes(ends))
        raise InvalidInput(
            f"the runtime {runners.named} runs no {family} models on any of these devices"
            + (f"; what does: {able}" if able else "")
        )


def list_ends(family: str, toolchains: Sequence[Toolchain]) -> list[Toolchain]:
    """The last toolchains of all chains that begin with models of a family."""
    reached, found = [family], []
    for form in reached:  # which grows
        taking = [each for each in toolchains if any(form == taken.family for taken in each.takes)]
        found += [each for each in taking if each.target is not None]
        made = dict.fromkeys(each.yields_ir for each in taking if each.yields_ir is not None)
        reached += [each for each in made if each not in reached]
    return found


def name_runtimes(ends: Iterable[Toolchain]) -> list[str]:
    """The runtimes of some last toolchains, as users name them."""
    return sorted({end.runtime for end in ends if end.runtime})
