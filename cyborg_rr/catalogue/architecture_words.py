"""Which names of architectures may stand in catalogue files; a wrong one rules devices out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from cyborg_rr.catalogue.declared import find_alike, hint_at, require
from cyborg_rr.domain.representation.architectures import normalise_architecture
from cyborg_rr.domain.words import render_nearest

_HINT = hint_at("architectures")
_NUMBERED = re.compile(r"(\D+)\d", re.ASCII)


@dataclass(frozen=True)
class ArchitectureWords:
    """Names that are declared, those that products have, and target families by their starts."""

    declared: Collection[str]
    of_products: Collection[str]
    prefixes: Mapping[str, str]

    def require_known(self, name: str | None, place: str, target: str | None = None) -> None:
        """A fact may be stated of what is declared or is a product's; empty stands for any.

        ``target`` is the family that the architecture must be of, None for any.
        """
        if not name:
            return
        if normalise_architecture(name) not in self._known:
            require(name, self.mentioned, "architecture", place, _HINT)
        self._require_start(name, () if target is None else (target,), place)

    def require_of_product(self, name: str, targets: Collection[str], place: str) -> None:
        """A product may have a new one unless it is called like those that are known.

        ``targets`` are the families that its toolchains compile for.
        """
        own = normalise_architecture(name)
        if own not in self._normalised and (self._has_known_start(own) or self._is_slip(own)):
            require(name, self.declared, "architecture", place, _HINT)
        self._require_start(name, targets, place)

    def _require_start(self, name: str, targets: Collection[str], place: str) -> None:
        """Where all families have starts of their own, a name with another is never met."""
        own = normalise_architecture(name)
        starts = [start for start, family in self.prefixes.items() if family in targets]
        if set(targets) <= set(self.prefixes.values()) and not self._begins(own, starts):
            what = f"architecture of {', '.join(sorted(targets))}"
            where = f"; they begin with {' or '.join(starts)} (others: architecture_prefixes)"
            own_names = [each for each in self.declared if self._begins(each.lower(), starts)]
            require(name, (), what, place, render_nearest(name, own_names) + where)

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """All of them, as they are written, that messages may offer."""
        return tuple(dict.fromkeys((*self.declared, *self.of_products)))

    @cached_property
    def stems(self) -> frozenset[str]:
        """What stands before the first digit of those that have one."""
        found = (_NUMBERED.match(name) for name in self.mentioned)
        return frozenset(match[1] for match in found if match)

    @cached_property
    def _normalised(self) -> frozenset[str]:
        return frozenset(map(normalise_architecture, self.declared))

    @cached_property
    def _known(self) -> frozenset[str]:
        return self._normalised | set(map(normalise_architecture, self.of_products))

    def _has_known_start(self, own: str) -> bool:
        starts = (_NUMBERED.match(name) for name in self._normalised)
        return self._begins(own, [*self.prefixes, *(match[1] for match in starts if match)])

    def _is_slip(self, own: str) -> bool:
        written = [n for n in self.mentioned if normalise_architecture(n) in self._normalised]
        return bool(find_alike(own, [*self._normalised, *written]))

    def _begins(self, own: str, starts: Collection[str]) -> bool:
        return not starts or any(own.startswith(start.lower()) for start in starts)
