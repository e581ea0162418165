"""The operator's word on a device: taking it out of use and putting it back."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.conductor.deadline import check_time
from cyborg_rr.conductor.publishers import Publisher, tell_all
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import devices
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.stored import OperatorStatus, StoredDevice
from cyborg_rr.domain.requests import Mandate


class DeviceStatus:
    """Stores whether a device may be used, and tells the publishers."""

    def __init__(self, database: Database, publishers: Sequence[Publisher]) -> None:
        self._database = database
        self._publishers = publishers

    def set_status(self, device_uuid: str, status: str, mandate: Mandate) -> None:
        """Take a device out of use or put it back; publishers then reserve or free it outside."""
        if status not in tuple(OperatorStatus):
            raise InvalidInput(
                f"a device's status is {' or '.join(OperatorStatus)}, not {status!r}"
            )
        device = self._store(device_uuid, status, mandate)
        tell_all(self._publishers, device.hostname)

    @retry_on_deadlock
    def _store(self, device_uuid: str, status: str, mandate: Mandate) -> StoredDevice:
        with self._database.writing() as session:
            device = devices.set_device_status(session, device_uuid, status)
            check_time(mandate)
            return device
