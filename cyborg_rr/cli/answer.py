"""The answer of ``match``: verdicts with all that they rest on, for programs and for people."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cyborg_rr import offline
from cyborg_rr.cli.rendering.fixes import find_options, find_replaced
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.rendering.requirements import render_summary, show_warnings
from cyborg_rr.cli.rendering.verdicts import (
    find_best,
    render_counts,
    show_verdict,
    show_verdicts,
)
from cyborg_rr.cli.shapes import make_command
from cyborg_rr.cli.untold import WHY, name_weights
from cyborg_rr.domain.words import OUTCOMES

SCHEMA_VERSION: Final = "1.0"

_SHOWN_WARNINGS: Final = 5
_SUMMARISED: Final = (
    "name", "sha256", "size_bytes", "ir", "reader", "inputs", "outputs", "element_types",
    "dynamic", "symbols", "bindings", "memory", "compute",
)  # fmt: skip
_NOT_IN_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_SUFFIXES: Final = re.compile(r"(?<=.)(?:\.[A-Za-z][A-Za-z0-9]*)+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out about one model.

    ``assumed`` has the sizes that nobody gave, as ``--input`` takes them; ``taken`` how each name
    that was no id of a device was understood. The candidates are those of the verdicts.
    """

    requirement: offline.IRRequirement
    verdicts: tuple[offline.Verdict, ...]
    candidates: tuple[offline.ResourceRepresentation, ...]
    catalogue: offline.Catalogue
    assumed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def assumptions(self) -> list[str]:
        """What was not asked for and is taken to be meant, in sentences."""
        sizes = ", ".join(each.replace("=", " = ", 1) for each in self.assumed)
        what = "this open" if len(self.assumed) == 1 else "these open"
        told = [f"{sizes}, since the model leaves {what} and no size was given"]
        return [*(told if sizes else []), *self.taken]

    def find_groups(self) -> list[dict[str, str]] | None:
        """The groups of a device profile for the best, where the model runs there."""
        best = self.verdicts[0] if self.verdicts else None
        if best is None or best.verdict not in ("fits", "fits if"):
            return None
        classes = {item.device_class: item for item in self.candidates}
        try:
            return offline.build_groups(best, classes[best.device_class])
        except offline.InvalidInput:  # more devices than a profile may ask for
            return None

    def render(self) -> dict[str, Any]:
        """The JSON object."""
        requirement = offline.render_document(self.requirement)
        counts = dict.fromkeys(OUTCOMES, 0)
        for verdict in self.verdicts:
            counts[verdict.verdict] += 1
        groups = self.find_groups()
        return {
            "schema_version": SCHEMA_VERSION,
            "model": {key: requirement[key] for key in _SUMMARISED},
            "warnings": requirement["warnings"],
            "assumptions": self.assumptions,
            "assumed_inputs": list(self.assumed),
            "counts": counts,
            "profile": groups and {"device_class": self.verdicts[0].device_class, "groups": groups},
            "catalogue": {
                "version": self.catalogue.version,
                "content_hash": self.catalogue.content_hash,
            },
            "verdicts": [offline.render_document(verdict) for verdict in self.verdicts],
        }


def show_answer(page: Page, answer: Answer, arguments: argparse.Namespace) -> None:
    """The model, what was assumed and the summary first; the next step last."""
    documents = [offline.render_document(verdict) for verdict in answer.verdicts]
    model = offline.render_document(answer.requirement)
    page.say(render_summary(model), hang=2)
    for assumption in answer.assumptions:
        page.say(f"ASSUMED {assumption}", hang=2, colour="fair")
    page.say()
    page.say(render_counts(documents), hang=2, colour="strong")
    if len(documents) == 1:
        show_verdict(page, documents[0])
    else:
        show_verdicts(page, documents, is_everything=arguments.all)
    show_warnings(page, list(answer.requirement.warnings), _SHOWN_WARNINGS)
    weights = name_weights(model, arguments)
    if weights:
        page.show_next(WHY, [*make_command("match", arguments.model, arguments), *weights])
    page.show_next(*_find_next(answer, documents, arguments))


def _find_next(
    answer: Answer, documents: Sequence[dict[str, Any]], arguments: argparse.Namespace
) -> tuple[str, list[str]]:
    """The step that brings most, and its command."""
    if len(documents) == 1 and documents[0].get("nearest_fix"):
        fix = documents[0]["nearest_fix"]
        options = find_options(fix)
        if options:
            words = make_command("match", arguments.model, arguments, left_out={find_replaced(fix)})
            return "With the nearest fix", [*words, *options]
    example = answer.assumed or answer.requirement.example_inputs
    if example:
        why = "With sizes of your own" if answer.assumed else "With sizes for what is open"
        return why, make_command("match", arguments.model, arguments, example)
    if len(documents) == 1 and documents[0].get("nearest_device"):
        left_out = {"device", "fleet", "host"}
        words = make_command("match", arguments.model, arguments, left_out=left_out)
        return "On the nearest device", [*words, "--device", documents[0]["nearest_device"]]
    best, groups = find_best(documents), answer.find_groups()
    is_inventory = arguments.fleet or arguments.host
    if best is not None and len(documents) > 1 and not is_inventory:
        words = make_command("match", arguments.model, arguments, left_out={"device"})
        return "All about the best", [*words, "--device", best["device_class"]]
    if groups is not None:
        return "For a service that has one", _make_profile_command(answer, arguments.model, groups)
    words = make_command("match", arguments.model, arguments)
    return "All reasons, for programs", [*words, "-f", "json"]


def _make_profile_command(answer: Answer, model: str, groups: list[dict[str, str]]) -> list[str]:
    """How the device profile is made with the client of the accelerator service.

    A file's suffixes tell nothing here; what follows a dot in the name of a folder is no suffix.
    """
    import json

    called = answer.requirement.name
    stem = called if os.path.isdir(model) else _SUFFIXES.sub("", called)
    name = _NOT_IN_NAME.sub("-", stem).strip("-")[:64] or "model"
    create = ["openstack", "accelerator", "device", "profile", "create"]
    return [*create, name, json.dumps(groups)]
