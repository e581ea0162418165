"""The host's own durable record: who it is, who holds what of it, and what it learnt."""

from cyborg_rr.agent.ledger.ledger import Ledger

__all__ = ["Ledger"]
