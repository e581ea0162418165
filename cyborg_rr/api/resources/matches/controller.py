"""Matches: an IR requirement held against the inventory, and the device profile that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cyborg_rr import codec
from cyborg_rr.api.request.answer import Call, Reply
from cyborg_rr.api.request.path import Route, parse_uuid
from cyborg_rr.api.request.version import V2_100, V2_101, Version
from cyborg_rr.api.resources.matches import policies
from cyborg_rr.api.resources.matches.schemas import (
    COLLECTION,
    CREATE,
    CREATE_2_101,
    render_suggestion,
    render_verdict,
)
from cyborg_rr.api.services import Services
from cyborg_rr.catalogue.measurements import Measurements
from cyborg_rr.db import measurements, requirements
from cyborg_rr.db.engine import Session
from cyborg_rr.db.hardware import classes, devices
from cyborg_rr.db.hardware.classes import StoredClass
from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.matching.matching import match, rank
from cyborg_rr.domain.matching.options import HOST_DEVICES, MatchOptions
from cyborg_rr.domain.matching.profile import MAX_SUGGESTED_GROUPS, build_groups
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.checking import check_replaced
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import FITTING


class Matches:
    """Answers which devices can run a model; nothing is stored.

    Whoever passes ``devices_rule`` is told which devices a profile selects.
    """

    def __init__(self, services: Services, devices_rule: str) -> None:
        self._devices_rule = devices_rule
        self._database = services.database
        self._catalogue = services.catalogue
        self.routes = (Route("POST", COLLECTION, self.create, policies.CREATE, since=V2_100),)

    def create(self, call: Call) -> Reply:
        """The ranked verdicts, once for each device class, and the profile for the best."""
        document = call.read_json()
        (CREATE if call.version < V2_101 else CREATE_2_101).check(document)
        with self._database.reading() as session:
            requirement = self._find_requirement(call, session, document["ir_requirement"])
            every = {entry.name: entry for entry in classes.list_classes(session)}
            measured = self._catalogue.measure(measurements.load_measurements(session))
        stored = _choose_classes(every, document.get("device_classes"))
        representations = _parse_representations(stored)
        asked = [measured.add_to(each) for each in representations.values()]
        options = _read_options(document, call.version)
        free = {name: entry.free for name, entry in stored.items()}
        coverage, runtimes = self._catalogue.find_coverage, self._catalogue.runtimes
        verdicts: Sequence[Verdict]
        if call.version < V2_101:  # which shows neither what would help nor what is near
            ranked = rank(requirement, asked, options, free, coverage, runtimes)
            verdicts = [judgement.verdict for judgement in ranked]
        else:
            others = {name: entry for name, entry in every.items() if name not in stored}
            verdicts = match(
                requirement,
                asked,
                options,
                free,
                coverage,
                lambda: [measured.add_to(each) for each in _parse_representations(others).values()],
                runtimes=runtimes,
            )
        return Reply(
            200,
            {
                "matches": [
                    render_verdict(verdict, stored[verdict.device_class], call.version)
                    for verdict in verdicts[: document.get("limit")]
                ],
                "device_profile": self._suggest(call, requirement, verdicts, representations),
                **self._name_catalogue(measured, call.version),
            },
        )

    def _name_catalogue(self, measured: Measurements, version: Version) -> dict[str, Any]:
        """What the verdicts follow from: the same gives the same ones; from 2.101 on."""
        if version < V2_101:
            return {}
        catalogue = self._catalogue
        return {
            "catalogue": {
                "version": catalogue.name_version(measured),
                "content_hash": catalogue.content_hash,
            }
        }

    @staticmethod
    def _find_requirement(call: Call, session: Session, given: Any) -> IRRequirement:
        if not isinstance(given, str):
            return check_replaced(codec.parse(IRRequirement, given, "requirement"))
        uuid = parse_uuid("ir_requirement", given)
        found = requirements.find_requirement(session, uuid, call.caller.only_project)
        if found is None:
            raise NotFound("IR requirement", uuid)
        call.check_object(found.project_id)
        return codec.parse_stored(IRRequirement, found.document, f"IR requirement {uuid}")

    def _suggest(
        self,
        call: Call,
        requirement: IRRequirement,
        verdicts: Sequence[Verdict],
        representations: Mapping[str, ResourceRepresentation],
    ) -> dict[str, Any] | None:
        """The profile for the best verdict; None when nothing fits."""
        best = _find_best(verdicts)
        if best is None:
            return None
        groups = build_groups(best, representations[best.device_class])
        with self._database.reading() as session:
            selected = devices.list_selected(session, groups)
        return render_suggestion(
            requirement.name,
            best.device_class,
            groups,
            selected,
            shows_devices=call.passes(self._devices_rule),
        )


def _find_default(version: Version) -> str | None:
    """The runtime where none is asked for: from 2.101 on what usually runs such files."""
    return "compiled" if version < V2_101 else None


def _find_best(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The first that fits and has enough free devices, else the first that fits.

    One that needs more devices than a profile can ask for is passed over.
    """
    fitting = [
        verdict
        for verdict in verdicts
        if verdict.verdict in FITTING and 1 <= (verdict.devices_needed or 0) <= MAX_SUGGESTED_GROUPS
    ]
    ready = [item for item in fitting if (item.available or 0) >= (item.devices_needed or 0)]
    return next(iter(ready or fitting), None)


def _read_options(document: Mapping[str, Any], version: Version) -> MatchOptions:
    """What the caller chooses, as far as the document says it."""
    return MatchOptions(
        element_type=document.get("element_type"),
        runtime=document.get("runtime", _find_default(version)),
        precision_policy=document.get("precision_policy", "default"),
        batch=document.get("batch"),
        devices_limit=document.get("devices_limit", HOST_DEVICES),
        allow_fallback=document.get("allow_fallback", False),
        keep_io=document.get("keep_io", version < V2_101),
    )


def _choose_classes(
    stored: Mapping[str, StoredClass], wanted: Sequence[str] | None
) -> Mapping[str, StoredClass]:
    if wanted is None:
        return stored
    for name in wanted:
        if name not in stored:
            raise InvalidInput(f"device_classes: no device is of class {name!r}")
    return {name: stored[name] for name in wanted}


def _parse_representations(
    stored: Mapping[str, StoredClass],
) -> dict[str, ResourceRepresentation]:
    return {
        name: codec.parse_stored(ResourceRepresentation, entry.document, f"device class {name}")
        for name, entry in stored.items()
    }
