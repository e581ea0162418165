"""A scene that every release can play: what the API shows of one of everything, to be compared.

``tests/data/api/first_release.json`` is what commit fb0174e (the first release) answered, written
with this file in its tree: ``python -m tests.api.released > first_release.json``.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.api.stage import Stage

FIRST = "2.100"
HOST = "compute-1"
MODEL = Path(__file__).parents[1] / "data" / "onnx" / "cnn.onnx"
LISTS = (
    "devices",
    "deployables",
    "attributes",
    "device_profiles",
    "accelerator_requests",
    "ir_requirements",
    "resource_representations",
)
_CHANGING = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", re.ASCII
)


def play(stage: Stage) -> dict[str, str]:
    """The answers at 2.100, by request; what differs in each run is numbered as it comes."""
    stage.add_host(HOST, devices=2)
    profile = {"name": "gpu", "groups": [{"resources:PGPU": "1", "trait:CUSTOM_TEST": "required"}]}
    _call(stage, "POST", "/v2/device_profiles", [profile])
    octets = {"Content-Type": "application/octet-stream"}
    model = stage.call(
        "POST", "/v2/ir_requirements", MODEL.read_bytes(), version=FIRST, headers=octets
    )
    bound, _ = stage.create_arqs("gpu")[0], stage.create_arqs("gpu")
    assert stage.bind([bound], HOST).status == 202
    wanted = {"ir_requirement": model.json["uuid"], "batch": 1}
    answers = {"POST matches": _call(stage, "POST", "/v2/matches", wanted)}
    for name in LISTS:
        answers[f"GET {name}"] = _call(stage, "GET", f"/v2/{name}")
        row = next(iter(json.loads(answers[f"GET {name}"]).values()))[0]
        key = row.get("device_class") if name == LISTS[-1] else row["uuid"]
        answers[f"GET one of {name}"] = _call(stage, "GET", f"/v2/{name}/{key}")
    numbers: dict[str, str] = {}
    return {
        request: _CHANGING.sub(lambda found: _number(numbers, found[0]), text)
        for request, text in answers.items()
    }


def _number(numbers: dict[str, str], text: str) -> str:
    return "<time>" if "T" in text else numbers.setdefault(text, f"<uuid {len(numbers)}>")


def _call(stage: Stage, method: str, path: str, body: Any = None) -> str:
    answer = stage.call(method, path, body, version=FIRST)
    assert answer.status in (200, 201), answer.body
    return answer.body.decode()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        json.dump(play(Stage(Path(directory))), sys.stdout, indent=1, sort_keys=True)
