"""What tests have in Keystone: a domain with projects and users, a region with services."""

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

PROJECTS = ("demo", "foreign", "service")
PASSWORD = "secret"


@dataclass(frozen=True)
class Credentials:
    """How a user asks for a token; ``scope`` is a project, ``system``, ``domain`` or none."""

    auth_url: str
    username: str
    domain: str
    scope: str | None

    def render_environment(self) -> dict[str, str]:
        """As variables that openstacksdk and the ``openstack`` command read."""
        return {f"OS_{name.upper()}": value for name, value in self.render_options().items()}

    def render_options(self) -> dict[str, str]:
        """As the options of keystoneauth's ``password``."""
        options = {
            "auth_url": self.auth_url,
            "username": self.username,
            "password": PASSWORD,
            "user_domain_name": self.domain,
        }
        if self.scope == "system":
            return {**options, "system_scope": "all"}
        if self.scope == "domain":
            return {**options, "domain_name": self.domain}
        if self.scope is not None:
            options |= {"project_name": self.scope, "project_domain_name": self.domain}
        return options


@dataclass
class Realm:
    """Makes users, tokens and endpoints as tests ask for them.

    Its domain and its region have its ``name``. A user has one role, and is named for it.
    """

    url: str
    password: str
    keys: Path
    name: str
    projects: dict[str, str] = field(default_factory=dict)
    _session: requests.Session = field(default_factory=requests.Session)
    _users: dict[str, str] = field(default_factory=dict)
    _granted: set[tuple[str, str]] = field(default_factory=set)
    _roles: dict[str, str] = field(default_factory=dict)
    _services: dict[str, str] = field(default_factory=dict)
    _endpoints: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _domain: str = ""

    def __post_init__(self) -> None:
        self._session.trust_env = False
        everywhere: dict[str, Any] = {"system": {"all": True}}
        administrator = {"name": "admin", "domain": {"id": "default"}, "password": self.password}
        self._session.headers["X-Auth-Token"] = self._issue(administrator, everywhere)
        for role in self._call("GET", "roles")["roles"]:
            self._roles[role["name"]] = role["id"]
        self._domain = self._create("domain", name=self.name)
        self._create("region", id=self.name)
        for project in PROJECTS:
            self.projects[project] = self._create("project", name=project, domain_id=self._domain)
        self.add_endpoint("identity", self.url)

    def add_endpoint(self, service_type: str, url: str, region: str | None = None) -> str:
        """Put a service into the catalogue, in this region or a new one; the endpoint's id.

        What was there of that type in that region is taken away.
        """
        if region is not None:
            self._create("region", id=region)
        if service_type not in self._services:
            name = f"{service_type}-{self.name}"
            self._services[service_type] = self._create("service", type=service_type, name=name)
        held = self._endpoints.setdefault((service_type, region or self.name), [])
        while held:
            self._call("DELETE", f"endpoints/{held.pop()}")
        for interface in ("admin", "internal", "public"):
            where = {"url": url, "interface": interface, "region_id": region or self.name}
            service = self._services[service_type]
            held.append(self._create("endpoint", service_id=service, **where))
        return held[-1]

    def credentials(self, role: str | None, scope: str | None = "demo") -> Credentials:
        """A user with that role there (None: a user without any), who is made when first asked for.

        Keystone adds what the role implies: an admin is a manager, member and reader too.
        """
        name = role or "roleless"
        if name not in self._users:
            self._users[name] = self._create(
                "user", name=name, password=PASSWORD, domain_id=self._domain
            )
        if role is not None and scope is not None and (name, scope) not in self._granted:
            self._grant(self._users[name], role, scope)
            self._granted.add((name, scope))
        return Credentials(self.url, name, self.name, scope)

    def token(self, role: str | None, scope: str | None = "demo") -> str:
        """A new token of such a user."""
        user = self.credentials(role, scope)
        identity = {"name": user.username, "domain": {"id": self._domain}, "password": PASSWORD}
        return self._issue(identity, self._scope(scope))

    def register_limit(self, endpoint: str, name: str, value: int) -> str:
        """What every project may have that has no limit of its own; the limit's id."""
        wanted = {**self._limited(endpoint), "resource_name": name, "default_limit": value}
        made = self._call("POST", "registered_limits", json={"registered_limits": [wanted]})
        return str(made["registered_limits"][0]["id"])

    def limit_project(self, endpoint: str, project_id: str, name: str, value: int) -> str:
        """What one project may have, in place of what is registered; the limit's id."""
        where = {**self._limited(endpoint), "project_id": project_id}
        wanted = {**where, "resource_name": name, "resource_limit": value}
        made = self._call("POST", "limits", json={"limits": [wanted]})
        return str(made["limits"][0]["id"])

    def set_project_limit(self, limit: str, value: int) -> None:
        """Change what one project may have."""
        self._call("PATCH", f"limits/{limit}", json={"limit": {"resource_limit": value}})

    def _limited(self, endpoint: str) -> dict[str, str]:
        """What Keystone registers limits for: the service and the region of an endpoint."""
        found = self._call("GET", f"endpoints/{endpoint}")["endpoint"]
        return {"service_id": found["service_id"], "region_id": found["region_id"]}

    def restrict(self, role: str, *rules: dict[str, str]) -> str:
        """A token of an application credential that may do only what those access rules say."""
        headers = {"X-Auth-Token": self.token(role)}
        wanted = {"name": secrets.token_hex(8), "roles": [{"name": role}], "access_rules": rules}
        made = self._call(
            "POST",
            f"users/{self._users[role]}/application_credentials",
            headers=headers,
            json={"application_credential": wanted},
        )["application_credential"]
        credential = {"id": made["id"], "secret": made["secret"]}
        methods = {"methods": ["application_credential"], "application_credential": credential}
        return self._log_in({"identity": methods})

    def describe(self, token: str) -> dict[str, Any]:
        """What Keystone says of a token, with the catalogue."""
        headers = {"X-Subject-Token": token}
        described: dict[str, Any] = self._call("GET", "auth/tokens", headers=headers)["token"]
        return described

    def revoke(self, token: str) -> None:
        """As its user or an administrator does."""
        self._call("DELETE", "auth/tokens", headers={"X-Subject-Token": token})

    def expire(self, token: str, seconds: float = 3600) -> str:
        """The same token as it is so long after its end: Keystone's own keys say so."""
        import msgpack
        from cryptography.fernet import Fernet

        newest = max(self.keys.iterdir(), key=lambda path: int(path.name))
        fernet = Fernet(newest.read_bytes())
        padded = token + "=" * (-len(token) % 4)
        payload = msgpack.unpackb(fernet.decrypt(padded.encode()))
        ended = time.time() - seconds
        # Of all that a token holds only its end is a number with a fraction.
        aged = [ended if isinstance(value, float) else value for value in payload]
        made = fernet.encrypt_at_time(msgpack.packb(aged), int(ended) - 3600)
        return made.rstrip(b"=").decode()

    def _scope(self, scope: str | None) -> dict[str, Any] | str:
        if scope is None:
            return "unscoped"
        if scope == "system":
            return {"system": {"all": True}}
        if scope == "domain":
            return {"domain": {"id": self._domain}}
        return {"project": {"id": self.projects[scope]}}

    def _grant(self, user: str, role: str, scope: str) -> None:
        places = {"system": "system", "domain": f"domains/{self._domain}"}
        place = places[scope] if scope in places else f"projects/{self.projects[scope]}"
        self._call("PUT", f"{place}/users/{user}/roles/{self._roles[role]}")

    def _issue(self, user: dict[str, Any], scope: dict[str, Any] | str) -> str:
        identity = {"methods": ["password"], "password": {"user": user}}
        return self._log_in({"identity": identity, "scope": scope})

    def _log_in(self, auth: dict[str, Any]) -> str:
        answer = self._session.post(f"{self.url}/auth/tokens", json={"auth": auth}, timeout=60)
        answer.raise_for_status()
        return str(answer.headers["X-Subject-Token"])

    def _create(self, kind: str, **fields: str) -> str:
        return str(self._call("POST", f"{kind}s", json={kind: fields})[kind]["id"])

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._session.request(method, f"{self.url}/{path}", timeout=60, **arguments)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None
