"""Keystone's unified limits, read through oslo.limit."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from openstack.exceptions import SDKException
from oslo_limit import limit

from cyborg_rr.domain.quota import parse_class
from cyborg_rr.outside.calling import Caller, Code, OutsideTrouble
from cyborg_rr.outside.limits.identity import Identity

RENEW_SECONDS = 300.0
"""How long it is taken for known which endpoint is ours: one that was made anew has new limits."""

_making = threading.Lock()
"""oslo.limit keeps its options and its connection in its module; one enforcer is made at a time."""


class UnifiedLimits:
    """Asks Keystone; ``endpoint`` are the options by which oslo.limit finds our own endpoint."""

    def __init__(self, caller: Caller, endpoint: Mapping[str, str | None]) -> None:
        self._service = caller.service
        self._identity = Identity(caller)
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._enforcer: Any = None
        self._made_at = 0.0

    def list_registered(self) -> Mapping[str, int]:
        """See ``LimitService.list_registered``; it is looked up here which endpoint is ours."""
        with self._lock:
            if self._enforcer is None or time.monotonic() - self._made_at > RENEW_SECONDS:
                self._enforcer = self._make_enforcer()
                self._made_at = time.monotonic()
        return _read(self._enforcer.get_registered_limits(None))

    def list_of_project(self, project_id: str) -> Mapping[str, int]:
        """See ``LimitService.list_of_project``."""
        return _read(self._enforcer.get_project_limits(project_id, None))

    def list_of_all(self) -> Mapping[str, Mapping[str, int]]:
        """See ``LimitService.list_of_all``; oslo.limit has no question for that."""
        endpoint = self._identity.endpoint
        own: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for each in self._identity.limits(
            service_id=endpoint.service_id, region_id=endpoint.region_id
        ):
            if each.project_id is not None:
                own[each.project_id].append((each.resource_name, each.resource_limit))
        return {project_id: _read(limits) for project_id, limits in own.items()}

    def _make_enforcer(self) -> Any:
        """``OutsideTrouble`` also where Keystone has no such endpoint, or a model we cannot use."""
        module: Any = limit
        try:
            with _making:
                module._SDK_CONNECTION = self._identity
                for name, value in self._endpoint.items():
                    module.CONF.set_override(name, value, group="oslo_limit")
                enforcer = limit.Enforcer(_count_nothing, cache=False)
        except (ValueError, SDKException) as error:
            raise OutsideTrouble(self._service, Code.INVALID, str(error)) from error
        if enforcer.model.name != "flat":
            text = f"its enforcement model {enforcer.model.name} cannot be used, only flat"
            raise OutsideTrouble(self._service, Code.INVALID, text)
        return enforcer


def _count_nothing(_project_id: str | None, names: Iterable[str]) -> dict[str, int]:
    """oslo.limit would count before the claim begins; we count inside it, under a lock."""
    return dict.fromkeys(names, 0)


def _read(limits: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Those that are limits of accelerators, by resource class."""
    pairs = ((parse_class(name), value) for name, value in limits)
    return {name: value for name, value in pairs if name is not None}
