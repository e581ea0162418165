"""Runs the functional tests that openstacksdk and openstackclient bring, unmodified.

``python -m tests.long.client_suites`` starts a private Keystone and the service with simulated
hardware, and ends with 0 when all passed. It needs the extra ``suites``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.clients.service import running
from tests.servers.keystone import Keystone
from tests.servers.realm import Credentials, Realm
from tests.servers.server import address_of, close_run, open_run

PACKAGES = (
    "openstack.tests.functional.accelerator.v2",
    "openstackclient.tests.functional.accelerator.v2",
)


def main() -> int:
    """Start everything and run the tests."""
    if importlib.util.find_spec("oslotest") is None:
        print("It needs the extra 'suites': pip install -e '.[test,suites]'", file=sys.stderr)
        return 2
    run = open_run()
    try:
        keystone = Keystone()
        realm = keystone.create(address_of(keystone), "suites")
        with running(realm, run):
            (run / "clouds.yaml").write_text(json.dumps({"clouds": _make_clouds(realm)}))
            return max(_run_tests(run, package) for package in PACKAGES)
    finally:
        close_run(run)


def _make_clouds(realm: Realm) -> dict[str, Any]:
    """The clouds that the tests name, each a user of the realm."""
    users = {
        "devstack": realm.credentials("member"),
        "devstack-alt": realm.credentials("member", "foreign"),
        "devstack-admin": realm.credentials("admin"),
        "devstack-system-admin": realm.credentials("admin", "system"),
    }
    return {name: _make_cloud(realm, user) for name, user in users.items()}


def _make_cloud(realm: Realm, user: Credentials) -> dict[str, Any]:
    version = {"accelerator_default_microversion": "2.3"}
    return {"auth": user.render_options(), "region_name": realm.name, **version}


def _run_tests(directory: Path, package: str) -> int:
    """The tests look for ``clouds.yaml`` where they are, and for ``openstack`` on the path."""
    found = importlib.util.find_spec(package)
    folders = [] if found is None else found.submodule_search_locations or []
    modules = sorted(path.stem for folder in folders for path in Path(folder).glob("test_*.py"))
    print(f"{package}: {', '.join(modules)}", flush=True)
    programs = str(Path(sys.executable).parent)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "testtools.run"]
        + [f"{package}.{module}" for module in modules],
        cwd=directory,
        env={
            **os.environ,
            "PATH": os.pathsep.join((programs, os.environ.get("PATH", ""))),
            "OS_TEST_TIMEOUT": "300",
            "OS_LOG_CAPTURE": "1",
        },
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
