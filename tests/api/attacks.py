"""Requests of callers who mean harm, by what they try; none of them may have an effect.

``<own>`` and the like stand for what ``tests/api/test_attacks.py`` has put there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from tests.api.stage import NEWEST
from tests.fakes.keystone import FOREIGN_PROJECT, PROJECT

UUID = "99999999-2222-3333-4444-555555555555"
ARQS = "/v2/accelerator_requests"
PROFILES = "/v2/device_profiles"
REQUIREMENTS = "/v2/ir_requirements"


@dataclass(frozen=True)
class Attack:
    """A request, and the status that it must be answered with; bytes are sent as they are."""

    method: str
    path: str
    status: int
    body: Any = None
    token: str = "member"
    service: bool = False
    version: str | None = NEWEST
    headers: Mapping[str, str] = field(default_factory=dict)


def add(path: str, value: Any) -> dict[str, Any]:
    """An operation of a bind."""
    return {"path": path, "op": "add", "value": value}


BIND = [
    add("/hostname", "compute-1"),
    add("/device_rp_uuid", "<provider>"),
    add("/instance_uuid", UUID),
]
UNBIND = [{"path": "/hostname", "op": "remove"}]


def patch(body: Any, status: int = 400, **changes: Any) -> Attack:
    """A call as Nova makes it."""
    return replace(Attack("PATCH", ARQS, status, body, service=True), **changes)


OTHERS_REQUESTS = [
    Attack("GET", f"{ARQS}/<foreign>", 404),
    Attack("DELETE", f"{ARQS}/<foreign>", 404),
    Attack("DELETE", f"{ARQS}/<foreign>,<foreign-bound>", 404, service=True),
    Attack("DELETE", f"{ARQS}?arqs=<foreign>", 404),
    Attack("DELETE", f"{ARQS}?arqs=<foreign-bound>", 404, service=True),
    Attack("DELETE", f"{ARQS}?instance=<foreign-instance>", 204, service=True),
    patch({"<foreign>": BIND}, 404),
    patch({"<own>": BIND, "<foreign>": BIND}, 404),
    patch({"<bound>": UNBIND, "<foreign-bound>": UNBIND}, 404),
    patch({"<own>": BIND, "<foreign-bound>": UNBIND}, 404),
    Attack("GET", f"{ARQS}?instance=<foreign-instance>", 200),
    Attack("GET", f"{ARQS}?instance=<foreign-instance>&bind_state=resolved", 200),
    Attack("GET", f"{ARQS}?project_id={FOREIGN_PROJECT}", 200),
    Attack("GET", f"{ARQS}?marker=<foreign>", 400),
    Attack("GET", f"{REQUIREMENTS}/<foreign-requirement>", 404),
    Attack("DELETE", f"{REQUIREMENTS}/<foreign-requirement>", 404),
    Attack("GET", f"{REQUIREMENTS}?marker=<foreign-requirement>", 400),
    Attack("POST", "/v2/matches", 404, {"ir_requirement": "<foreign-requirement>"}),
    Attack("GET", f"/v2/usages?project_id={FOREIGN_PROJECT}", 403),
    patch({"<own>": [*BIND, add("/project_id", FOREIGN_PROJECT)]}, 403),
    patch({"<own>": [*BIND, add("/project_id", PROJECT)]}, 406, token="admin", version="2.0"),
    patch({"<bound>": [{"path": "/project_id", "op": "remove"}]}, 403),
]
"""I7: what belongs to another project, by each way there is to name it."""

NO_SERVICE = [
    patch({"<own>": BIND}, 403, service=False),
    patch({"<bound>": UNBIND}, 403, service=False),
    patch({"<own>": BIND}, 403, service=False, token="admin"),
    patch({"<bound>": UNBIND}, 403, service=False, token="service"),
    patch({"<bound>": UNBIND}, 403, token="reader"),
    patch({"<bound>": UNBIND}, 403, service=False, headers={"X-Service-Roles": "service"}),
    Attack("DELETE", f"{ARQS}/<bound>", 403),
    Attack("DELETE", f"{ARQS}?arqs=<own>,<bound>", 403),
    Attack("DELETE", f"{ARQS}?instance=<instance>", 403),
    Attack("DELETE", f"{ARQS}?instance=<instance>", 403, token="admin"),
]
"""I8: what only another service may do, without its token."""

VALUES: list[Any] = [None, "", 1, True, 1.5, [], {}, ["compute-1"], {"a": 1}]
PATHS = [
    "",
    "/",
    "hostname",
    "//hostname",
    "/hostname/",
    "/hostname/..",
    "/~1hostname",
    "/~0hostname",
]
PATHS += ["/HOSTNAME", "/state", "/attach_handle_uuid", "/__class__", "/uuid", "/hostname\n", "/-"]
PATHS += ["/instance_uuid/0", "/../hostname", "/host\u200bname", "/\uff48ostname", "/%68ostname"]
NO_UUIDS = [f"{UUID}\n", f" {UUID}", f"{{{UUID}}}", f"urn:uuid:{UUID}", UUID.replace("9", "\u0669")]
NO_UUIDS += [UUID.replace("9", "\uff19"), UUID[:-1], f"{UUID}0", "../../etc/passwd", "' OR '1'='1"]

JSON_PATCHES = [
    *(patch({"<own>": [*BIND, add(path, "x")]}) for path in PATHS),
    *(patch({"<own>": [add("/hostname", value), *BIND[1:]]}) for value in [*VALUES, "x" * 256]),
    *(
        patch({"<own>": [BIND[0], add("/device_rp_uuid", v), BIND[2]]})
        for v in [*VALUES, *NO_UUIDS]
    ),
    *(patch({"<own>": [*BIND[:2], add("/instance_uuid", v)]}) for v in [*VALUES, *NO_UUIDS]),
    *(patch({uuid: BIND}) for uuid in [*NO_UUIDS, "", "__class__", "<own>,<foreign>"]),
    *(patch({"<own>": value}) for value in [*VALUES, [None], [[]], ["add"], [*BIND, "x"]]),
    *(
        patch({"<own>": [{**BIND[0], "op": op}, *BIND[1:]]})
        for op in ("replace", "move", "copy", "test", "ADD", "add ", "remove", "", None, ["add"])
    ),
    patch({"<own>": [*BIND, BIND[0]]}),
    patch({"<own>": BIND * 6}),
    patch({"<own>": [*BIND, *UNBIND]}),
    patch({}),
    patch([]),
    patch([{"<own>": BIND}]),
]
"""Operations that are none, or of what is no part of a request."""

TEXTS = {
    "deep": b"[" * 26 + b"]" * 26,
    "very deep": b'{"a":' * 100_000,
    "a key twice": b'{"name": "x", "name": "y"}',
    "an escaped key twice": b'{"name": "x", "n\\u0061me": "y"}',
    "NaN": b'{"name": NaN}',
    "infinity": b'[{"name": -Infinity}]',
    "beyond floats": b'{"batch": 1e999}',
    "beyond 64 bits": b'{"deployable_id": 9223372036854775808}',
    "many digits": b'{"deployable_id": ' + b"9" * 5000 + b"}",
    "half a character": b'{"reason": "\\ud800"}',
    "NUL": b'{"reason": "a\\u0000b"}',
    "UTF-16": '{"reason": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"reason": "x"}',
    "overlong UTF-8": b'{"reason": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"reason": "\xed\xa0\x80"}',
    "two documents": b'{"reason": "x"}{"reason": "y"}',
    "a comment": b'{"reason": "x" /* y */}',
    "single quotes": b"{'reason': 'x'}",
    "a tag": b'!!python/object/apply:os.system ["true"]',
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaa">]><x>&a;</x>',
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    "no end": b'{"reason": "',
    "a number": b"1",
    "a text": b'"x"',
    "null": b"null",
}
"""What is no JSON, what parsers disagree on, and what no operation takes."""

WRITES = [
    ("POST", PROFILES),
    ("PATCH", f"{PROFILES}/<profile>"),
    ("POST", ARQS),
    ("PATCH", ARQS),
    ("PATCH", f"{ARQS}/<own>"),
    ("PATCH", "/v2/deployables/<deployable>/program"),
    ("POST", "/v2/attributes"),
    ("POST", REQUIREMENTS),
    ("POST", "/v2/matches"),
    ("POST", "/v2/measurements"),
    ("PATCH", "/v2/attach_handles/<handle>"),
    ("POST", "/v2/devices/<device>/disable"),
]
"""Every operation that reads JSON."""

BODIES = [
    Attack(method, path, 400, text, token="admin", service=True)
    for method, path in WRITES
    for text in TEXTS.values()
]
TYPES = ["text/plain", "application/jsonx", "application/json, text/plain", "text/xml", "\xff"]
BODY_TYPES = [
    Attack("POST", ARQS, 415, b'{"device_profile_name": "x"}', headers={"Content-Type": kind})
    for kind in TYPES
] + [
    Attack("POST", ARQS, 413, b" " * 1_048_577),
    patch(b" " * 1_048_577, 413),
]

QUERIES = [
    "limit=0",
    "limit=-1",
    "limit=1e3",
    "limit=99999999999999999999",
    "limit=%D9%A1",
    "limit=",
]
QUERIES += ["limit=1&limit=-1", "limit=0x10", "limit=1_0", "limit=+1", "limit=%001", "limit=NaN"]
QUERIES += [
    "sort_dir=up",
    "sort_dir=ASC",
    "sort_dir=desc%20--",
    "sort_key=nope",
    "sort_key=__class__",
]
QUERIES += ["sort_key=id%3BDROP%20TABLE%20devices", "sort_key=(SELECT%201)", "sort_key=id%2Cuuid"]
QUERIES += [
    "sort_key=metadata",
    "sort_key=document",
    "marker=%27%20OR%201%3D1%20--%20",
    "marker=%25",
]
QUERIES += ["marker=_", "nope=1", "%00=1", "uuid%5B%5D=1", "name__like=%25", "a=%ff", "a=%ed%a0%80"]
QUERIES += ["limit=1;marker=2", "&".join(["limit=1"] * 1001), "marker=" + "a" * 10_000]
LISTS = ["device_profiles", "accelerator_requests", "devices", "deployables", "attributes", "hosts"]
LISTS += ["agents", "attach_handles", "ir_requirements", "resource_representations", "usages"]
QUERY_STRINGS = [
    Attack("GET", f"/v2/{listed}?{query}", 400, token="admin")
    for listed in LISTS
    for query in QUERIES
    if not (listed == "usages" and query.startswith("marker"))  # which may be any project
] + [
    Attack("GET", f"/v2/devices?filters.field={name}&filters.value=x", 400, token="admin")
    for name in ("__class__", "uuid", "id;--", "hostname%00", "")
]
"""SQL, and what is no number, name or direction."""

PATTERNS = ["%25", "_", "%2A", ".%2A", "compute-_", "compute-%25", "%27", "%22", "%5C", "COMPUTE-1"]
PATTERNS += ["compute-1%20", "compute%E2%80%8B-1", "%EF%BD%83ompute-1", "1%3D1", "compute-1%27--"]
MATCHING_NOTHING = [
    Attack("GET", f"/v2/{listed}?{name}={pattern}", 200, token="admin")
    for listed, name in (
        ("devices", "hostname"),
        ("devices", "vendor"),
        ("deployables", "name"),
        ("attributes", "key"),
        ("attach_handles", "hostname"),
        ("device_profiles", "name"),
        ("accelerator_requests", "hostname"),
        ("accelerator_requests", "device_profile_name"),
    )
    for pattern in PATTERNS
]
"""Values that would match more than themselves, were they patterns or SQL."""

NAMES: list[Any] = ["", " ", "x y", "x\n", "x\x1b[31m", "x\u202e", "\uff38", "é", "e\u0301", "../x"]
NAMES += ["a,b", "%", "=1+1", "@x", "<b>", "' OR 1=1", "x" * 256, 1, None, True, [], {}, ["x"]]
GROUPS: list[Any] = [
    *VALUES,
    [],
    [None],
    [{}] * 65,
    [{1: "x"}],
    *([{f"resources:{name}": "1"}] for name in ("VCPU", "", "CUSTOM_a", "CUSTOM_\u0391", "PGPU;x")),
    *(
        [{"resources:PGPU": v}]
        for v in ("\u0661", "\uff11", "1_0", "0x1", "1e1", "1.0", "", "1025")
    ),
    *([{"resources:PGPU": v}] for v in (1.0, True, None, [], 10**6, "9" * 4000)),
    *(
        [{f"trait:{name}": "required"}]
        for name in ("HW_X", "CUSTOM_x", "CUSTOM_É", "CUSTOM_A B", "")
    ),
    *([{"trait:CUSTOM_A": value}] for value in ("Required", "in:", "!", "", None)),
    [{"resources:PGPU": "1", "resources: PGPU": "1"}],
    [{"accel:x": "x" * 4097}],
    [{f"accel:{'x' * 600}": "x"}],
    [{"x": "y"}, {"resources:PGPU": "1"}],
    [{"hw:cpu_policy": "dedicated"}],
    [{"resources:PGPU": "1024", **{f"accel:{n}": "x" * 4000 for n in range(2)}}],
]
PROFILE_BODIES = [
    *(
        Attack("POST", PROFILES, 400, [{"name": name, "groups": [{}]}], token="admin")
        for name in NAMES
    ),
    *(Attack("PATCH", f"{PROFILES}/<profile>", 400, {"name": n}, token="admin") for n in NAMES),
    *(Attack("POST", PROFILES, 400, [{"name": "x", "groups": g}], token="admin") for g in GROUPS),
    *(Attack("PATCH", f"{PROFILES}/<profile>", 400, {"groups": g}, token="admin") for g in GROUPS),
    Attack("POST", PROFILES, 409, [{"name": "<profile-name>", "groups": [{}]}], token="admin"),
    Attack("PATCH", f"{PROFILES}/<profile>", 400, {"id": 1}, token="admin"),
    Attack("PATCH", f"{PROFILES}/<profile>", 400, {"uuid": UUID, "name": "y"}, token="admin"),
    Attack("DELETE", f"{PROFILES}?value=" + "," * 60_000, 404, token="admin"),
]
"""Names, traits, resource classes and amounts that would reach Placement, Nova or a log."""

IMAGES = ["file:///etc/passwd", "file:///dev/zero", "http://169.254.169.254/", "gopher://x", "../x"]
PROGRAM = "/v2/deployables/<deployable>/program"
IMAGE = {"path": "/program", "op": "replace"}
FETCHES = [
    *(
        Attack("PATCH", PROGRAM, 400, [{**IMAGE, "value": [{"image_uuid": image}]}], token="admin")
        for image in [*IMAGES, *NO_UUIDS]
    ),
    Attack("PATCH", PROGRAM, 409, [{**IMAGE, "value": [{"image_uuid": UUID}]}], token="admin"),
    Attack("POST", "/v2/matches", 400, {"ir_requirement": "file:///etc/passwd"}),
    Attack("POST", REQUIREMENTS, 400, {"name": "x", "url": "http://169.254.169.254/"}),
]
"""What would have us open a file or a connection: nothing takes a URL, and nothing is fetched."""

VERSIONS = ["", " ", ",", "accelerator", "compute 2.1", "accelerator 2", "accelerator 2.1.0"]
VERSIONS += ["accelerator -2.1", "accelerator +2.1", "accelerator 2.\xd9\xa1", "accelerator 2.1e0"]
VERSIONS += [
    "accelerator 9" + "9" * 9 + ".1",
    "x" * 50_000,
    "latest latest",
]
VERSIONS += ["accelerator 3.0", "accelerator 1.9", "accelerator 2.102", "accelerator NaN.1"]
HOSTS = [
    "evil>; rel=next, <http://x",
    "a b",
    "x@y",
    "x/y",
    "x?y",
    "x#y",
    "a:b:c",
    "[::1",
    "x:y",
    "\xff",
]
HOSTS += ["x" * 300, "x, y", '"x"', "x\\y", "[x]"]
HEADERS = [
    *(
        Attack("GET", ARQS, 406, version=None, headers={"OpenStack-API-Version": version})
        for version in VERSIONS
    ),
    *(Attack("GET", f"{PROFILES}?limit=1", 400, headers={"Host": host}) for host in HOSTS),
    Attack("GET", ARQS, 406, headers={"Accept": "text/html"}),
    Attack("GET", ARQS, 406, headers={"Accept": "application/json;q=0"}),
    Attack("GET", ARQS, 406, headers={"Accept": "a/b," * 10_000}),
    Attack("GET", "/", 406, headers={"Accept": "a/b," * 10_000}),
    Attack("GET", "/v2/devices", 403, token="reader", headers={"X-Roles": "admin"}),
    Attack("GET", "/v2/devices", 403, token="roleless", headers={"X-Is-Admin-Project": "True"}),
]

TRAVERSALS = [
    "/v2/../etc/passwd",
    "/v2/devices/../hosts",
    "/v2//devices",
    "/v2/v2/devices",
    "/V2/devices",
]
TRAVERSALS += [
    "/v2/devices;x=1",
    "/v2/devices/..%2fhosts",
    "/v2/devices/%00",
    "/v2/devices/x\r\nA: b",
]
TRAVERSALS += [
    "/v2/hosts/..",
    "/v2/hosts/compute-1/..",
    "/v2/hosts/compute-1%20",
    "/v2/hosts/COMPUTE-1",
]
TRAVERSALS += [
    "/v2/hosts/%",
    "/v2/agents/_",
    f"/v2/agents/{'a' * 50_000}",
    "/v2/\u202e",
    "/v2/devices\x00",
]
TRAVERSALS += [f"/v2/devices/{uuid}" for uuid in NO_UUIDS]
URLS = [
    Attack(method, path.encode().decode("latin-1"), 404, token="admin")
    for path in TRAVERSALS
    for method in ("GET",)
] + [
    Attack("DELETE", f"/v2/hosts/{quote(name)}", 404, token="admin")
    for name in ("..", "compute-", "compute-%", "compute_1", "COMPUTE-1", "compute-1 ", "x" * 300)
]

ATTACKS: Mapping[str, list[Attack]] = {
    "what belongs to another project": OTHERS_REQUESTS,
    "what only a service may do": NO_SERVICE,
    "JSON patches": JSON_PATCHES,
    "bodies": BODIES,
    "types and lengths of bodies": BODY_TYPES,
    "query strings": QUERY_STRINGS,
    "values that match more": MATCHING_NOTHING,
    "profiles": PROFILE_BODIES,
    "files and URLs": FETCHES,
    "headers": HEADERS,
    "paths": URLS,
}


def fill(attack: Attack, names: Mapping[str, str]) -> Attack:
    """The attack with what the names in angle brackets stand for."""

    def put(text: str) -> str:
        for name, value in names.items():
            text = text.replace(f"<{name}>", value)
        return text

    body = attack.body
    if not isinstance(body, bytes) and body is not None:
        body = put(json.dumps(body)).encode()
    return replace(attack, path=put(attack.path), body=body)
