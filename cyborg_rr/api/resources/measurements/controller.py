"""Measurements: list, show, store, delete."""

from __future__ import annotations

from cyborg_rr import codec
from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, is_uuid_like, list_route
from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.measurements import policies
from cyborg_rr.api.resources.measurements.schemas import (
    COLLECTION,
    CREATE,
    render_created,
    render_shown,
    render_summary,
)
from cyborg_rr.api.services import Services
from cyborg_rr.catalogue.measurements import parse_measurement
from cyborg_rr.db import measurements
from cyborg_rr.db.engine import Session
from cyborg_rr.db.hardware import classes
from cyborg_rr.db.measurements import StoredMeasurement
from cyborg_rr.db.retry import retry_on_deadlock, retry_on_race
from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.representation.measured.checking import list_drifts, refuse_outliers
from cyborg_rr.domain.representation.measured.fitting import fit_runtime
from cyborg_rr.domain.representation.measured.measurement import Measurement
from cyborg_rr.domain.representation.representation import ResourceRepresentation

NOUN = "measurement"
LISTED = ListOf(
    COLLECTION,
    measurements.list_measurements,
    render_summary,
    filters=(Filter("device_class"), Filter("runtime")),
)


class Measurements:
    """What runtimes were measured to do on devices: matches are estimated by them."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._catalogue = services.catalogue
        item = f"{COLLECTION}/{{uuid}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST, since=V2_101),
            Route("GET", item, self.show, policies.SHOW, since=V2_101),
            Route("POST", COLLECTION, self.create, policies.CREATE, since=V2_101),
            Route("DELETE", item, self.delete, policies.DELETE, since=V2_101),
        )

    def show(self, call: Call) -> Reply:
        """One measurement."""
        uuid = call.path["uuid"]
        found = None
        if is_uuid_like(uuid):
            with self._database.reading() as session:
                found = measurements.find_measurement(session, uuid)
        if found is None:
            raise NotFound(NOUN, uuid[:100])
        return Reply(200, render_shown(*found, call))

    def create(self, call: Call) -> Reply:
        """Store one that can be; the same one again is the one that is stored."""
        document = call.read_json()
        CREATE.check(document)
        stated = document["measurement"]
        with self._database.reading() as session:
            representation = self._find_device(session, stated)
        measurement = parse_measurement(stated, NOUN, representation)
        stored, drifts, is_new = self._store(measurement)
        return Reply(
            201 if is_new else 200,
            render_created(stored, drifts, call),
            {"Location": call.links.item(COLLECTION, stored.uuid)},
        )

    def _find_device(self, session: Session, stated: dict[str, object]) -> ResourceRepresentation:
        """The device that was measured, of the inventory or at least of the catalogue."""
        name = stated.get("device_class")
        if not isinstance(name, str):
            raise InvalidInput("measurement.device_class must be text")
        for stored in classes.list_classes(session, name[:256]):
            place = f"device class {stored.name}"
            return codec.parse_stored(ResourceRepresentation, stored.document, place)
        if name in {product.id for product in self._catalogue.products}:
            return self._catalogue.represent_product(name)
        raise InvalidInput(f"measurement.device_class: no device is of class {name[:255]!r}")

    @retry_on_race
    def _store(self, measurement: Measurement) -> tuple[StoredMeasurement, list[str], bool]:
        with self._database.writing() as session:
            same = measurements.find_same(session, measurement)
            if same is not None:
                return same, [], False
            drifts = self._judge(session, measurement)
            return measurements.create_measurement(session, measurement), drifts, True

    @staticmethod
    def _judge(session: Session, measurement: Measurement) -> list[str]:
        """Which constants drifted from those of the class and runtime; outliers are refused."""
        if not measurement.operators:
            return []
        place = (measurement.device_class, measurement.runtime)
        known = [
            each
            for each in measurements.load_measurements(session)
            if (each.device_class, each.runtime) == place and each.operators
        ]
        if not known:
            return []
        new, old = fit_runtime([measurement]), fit_runtime(known)
        refuse_outliers(new, old)
        return list_drifts(new, old)

    def delete(self, call: Call) -> Reply:
        """Delete one; what it said is not estimated by any more."""
        uuid = call.path["uuid"]
        if not is_uuid_like(uuid) or not self._remove(uuid):
            raise NotFound(NOUN, uuid[:100])
        return Reply(204)

    @retry_on_deadlock
    def _remove(self, uuid: str) -> bool:
        with self._database.writing() as session:
            return measurements.delete_measurement(session, uuid)
