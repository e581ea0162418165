"""The ledger's record of what is not clean, as the use cases of the agent change it."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.agent.ledger import Ledger, unclean
from cyborg_rr.agent.ledger import claims as rows
from cyborg_rr.agent.ledger.unclean import UncleanRow
from cyborg_rr.domain.errors import HandleInUse
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Claim


class UncleanLog:
    """What the hosts of one ledger have let go of; each change is synced to disk."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def let_go(self, hostname: str, claims: Sequence[Claim]) -> None:
        """End claims: what they held is dirty from now on, in the same transaction.

        A binding that is over already stays so. What a binding that this ledger has no claim of may
        have held is dirty too (the claim may have been lost), unless somebody else has it.
        """
        with self._ledger.changing(hostname) as (connection, host_id):
            held = {item.binding_id: item for item in rows.list_claims(connection, host_id)}
            for asked in claims:
                if rows.is_buried(connection, asked.binding_id):
                    continue
                claim = held.pop(asked.binding_id, None)
                others = [*held.values(), *unclean.list_unclean_claims(connection, host_id)]
                rows.delete_claim(connection, asked.binding_id)
                rows.bury(connection, [asked.binding_id])
                if claim is not None:
                    unclean.insert_row(connection, host_id, claim)
                elif not any(unclean.is_same_handle(asked, other) for other in others):
                    unclean.insert_row(connection, host_id, asked)

    def note_dirty(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Note what a conductor wants cleaned under new bindings; a known binding changes nothing.

        Raises ``HandleInUse`` for what somebody holds.
        """
        with self._ledger.changing(hostname) as (connection, host_id):
            held = rows.list_claims(connection, host_id)
            known = {row.claim.binding_id for row in unclean.list_rows(connection, host_id)}
            for claim in claims:
                if claim.binding_id in known:
                    continue
                _check_nobodys(claim, held)
                rows.bury(connection, [claim.binding_id])
                unclean.insert_row(connection, host_id, claim)

    def complete(self, hostname: str, claims: Sequence[Claim]) -> None:
        """Write what a look says of the hardware of what is not clean."""
        with self._ledger.changing(hostname) as (connection, _):
            for claim in claims:
                unclean.update_claim(connection, claim)

    def list_all(self, hostname: str) -> list[UncleanRow]:
        """The rows of a host, oldest first."""
        with self._ledger.changing(hostname) as (connection, host_id):
            return unclean.list_rows(connection, host_id)

    def list_with_claims(self, hostname: str) -> tuple[list[Claim], list[UncleanRow]]:
        """The claims of a host and its rows, at one moment."""
        with self._ledger.changing(hostname) as (connection, host_id):
            return rows.list_claims(connection, host_id), unclean.list_rows(connection, host_id)

    def finish(self, hostname: str, binding_id: str, method: str) -> None:
        """The handle is clean."""
        with self._ledger.changing(hostname) as (connection, _):
            unclean.finish_clean(connection, binding_id, method)

    def fail(self, hostname: str, binding_id: str, code: str, reason: str) -> None:
        """The handle could not be cleaned."""
        with self._ledger.changing(hostname) as (connection, _):
            unclean.fail_clean(connection, binding_id, code, reason)

    def retry(self, hostname: str, binding_ids: Sequence[str]) -> None:
        """What could not be cleaned is to be cleaned again."""
        with self._ledger.changing(hostname) as (connection, _):
            for binding_id in binding_ids:
                unclean.retry_clean(connection, binding_id)

    def forget(self, hostname: str, binding_ids: Sequence[str]) -> None:
        """An operator says that these are clean."""
        with self._ledger.changing(hostname) as (connection, _):
            unclean.delete_rows(connection, binding_ids)

    def forget_told(self, hostname: str, told: Cleanings) -> None:
        """A conductor knows which are clean."""
        if told.cleaned:
            with self._ledger.changing(hostname) as (connection, _):
                unclean.delete_told(connection, [item.binding_id for item in told.cleaned])


def _check_nobodys(claim: Claim, held: Sequence[Claim]) -> None:
    for other in held:
        if unclean.is_same_handle(claim, other):
            raise HandleInUse(
                f"the host cannot clean {claim.handle.key}: it has given it to accelerator request"
                f" {other.arq_uuid}"
            )
