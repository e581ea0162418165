"""The bus in memory, one for each test."""

from __future__ import annotations

import uuid
from typing import Any

from oslo_config import cfg

from cyborg_rr.rpc.transport import make_transport, oslo_messaging


def make_memory_bus(conf: cfg.ConfigOpts, exchange: str = "") -> Any:
    """A bus in this process, with nobody else on it but those who name the same exchange.

    oslo.messaging keeps one bus in memory for the whole process, divided by exchange: without one
    of its own a test would be answered by a service that other tests share.
    """
    conf.register_opts(oslo_messaging.transport._transport_opts)
    conf.set_override("control_exchange", exchange or f"test-{uuid.uuid4().hex}")
    return make_transport(conf, "fake://")
