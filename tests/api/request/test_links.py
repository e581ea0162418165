"""Links lead to where the service is: behind a mount point, a proxy, or a public endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import webob

from tests.api.stage import Stage


def get(stage: Stage, path: str, **headers: str) -> Any:
    """The root document or another, as JSON."""
    request = webob.Request.blank(path, headers={"X-Auth-Token": "admin", **headers})
    return request.get_response(stage.app).json


def test_links_keep_the_mount_point(stage: Stage) -> None:
    stage.add_host("compute-1")
    request = webob.Request.blank("/v2/devices", base_url="https://cloud:8774/accelerator")
    request.headers["X-Auth-Token"] = "admin"
    device = request.get_response(stage.app).json["devices"][0]
    wanted = f"https://cloud:8774/accelerator/v2/devices/{device['uuid']}"
    assert device["links"] == [{"href": wanted, "rel": "self"}]


def test_links_are_made_from_the_public_endpoint(tmp_path: Path) -> None:
    stage = Stage(tmp_path, api__public_endpoint="https://public/accelerator/")
    document = get(stage, "/")
    assert document["versions"][0]["links"][0]["href"] == "https://public/accelerator/v2"
    assert get(stage, "/v2")["links"][0]["href"] == "https://public/accelerator/v2/"


def test_forwarded_headers_count_only_when_the_operator_says_so(tmp_path: Path) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "public"}
    (tmp_path / "one").mkdir()
    document = get(Stage(tmp_path / "one"), "/", **headers)
    assert document["versions"][0]["links"][0]["href"] == "http://localhost/v2"
    (tmp_path / "two").mkdir()
    stage = Stage(tmp_path / "two")
    assert stage.app  # the layer registers its option
    stage.conf.set_override("enable_proxy_headers_parsing", True, group="oslo_middleware")
    assert get(stage, "/", **headers)["versions"][0]["links"][0]["href"] == "https://public/v2"


def test_a_device_class_with_odd_characters_has_a_working_link(stage: Stage) -> None:
    stage.add_host("compute-1")
    answer = stage.call("GET", "/v2/resource_representations", version="2.100")
    for entry in answer.json["resource_representations"]:
        path = entry["links"][0]["href"].removeprefix("http://localhost")
        assert stage.call("GET", path, version="2.100").json == entry


def test_origins_that_the_operator_names_may_share(tmp_path: Path) -> None:
    file = tmp_path / "cors.conf"
    file.write_text("[cors]\nallowed_origin = https://horizon\n")
    sharing = Stage(tmp_path, files=[str(file)])
    asked = {"Access-Control-Request-Method": "PATCH"}
    for origin, allowed in (("https://horizon", True), ("https://evil", False)):
        headers = {"Origin": origin, **asked}
        answer = sharing.call("OPTIONS", "/v2/devices", token=None, headers=headers)
        assert ("Access-Control-Allow-Origin" in answer.headers) == allowed
    answer = sharing.call("GET", "/v2/devices", headers={"Origin": "https://horizon"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://horizon"
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
    sharing.close()


def test_nobody_shares_by_default(stage: Stage) -> None:
    answer = stage.call("OPTIONS", "/v2/devices", headers={"Origin": "https://horizon"})
    assert answer.status == 405
    assert "Access-Control-Allow-Origin" not in answer.headers
