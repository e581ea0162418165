"""Runs the API tests of cyborg-tempest-plugin, unmodified, against a private Keystone and service.

``python -m tests.long.tempest`` ends with 0 when all passed, with the new defaults of policies and
with the old ones. Arguments are names of modules of ``cyborg_tempest_plugin.tests.api``; without
any, all are run. It needs the extra ``suites``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.clients.service import running
from tests.servers.keystone import Keystone
from tests.servers.realm import Realm
from tests.servers.server import address_of, close_run, open_run

PACKAGE = "cyborg_tempest_plugin.tests.api"

CONFIGURATION = """\
[DEFAULT]
log_file = {directory}/tempest.log
[oslo_concurrency]
lock_path = {directory}
[identity]
auth_version = v3
uri_v3 = {url}
region = {region}
v3_endpoint_type = public
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
admin_username = admin
admin_password = {password}
admin_project_name = admin
admin_domain_name = Default
admin_system = all
[service_available]
cyborg = true
cinder = false
glance = false
neutron = false
nova = false
swift = false
[cyborg_policy]
enforce_new_defaults = {new_defaults}
"""


def main(modules: Sequence[str]) -> int:
    """Start everything; run the tests with the new defaults of policies and with the old ones."""
    if importlib.util.find_spec("cyborg_tempest_plugin") is None:
        print("It needs the extra 'suites': pip install -e '.[test,suites]'", file=sys.stderr)
        return 2
    run = open_run()
    try:
        keystone = Keystone()
        address = address_of(keystone)
        realm = keystone.create(address, "tempest")
        with running(realm, run):
            return max(
                _run_tests(run, realm, address["password"], modules or _list_modules(), new)
                for new in (True, False)
            )
    finally:
        close_run(run)


def _list_modules() -> list[str]:
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    folders = found.submodule_search_locations or []
    return sorted(path.stem for folder in folders for path in Path(folder).glob("test_*.py"))


def _run_tests(
    directory: Path, realm: Realm, password: str, modules: Sequence[str], new_defaults: bool
) -> int:
    file = directory / "tempest.conf"
    file.write_text(
        CONFIGURATION.format(
            directory=directory,
            url=realm.url,
            region=realm.name,
            password=password,
            new_defaults=new_defaults,
        )
    )
    print(f"With enforce_new_defaults = {new_defaults}", flush=True)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "testtools.run"]
        + [f"{PACKAGE}.{module}" for module in modules],
        env={**os.environ, "TEMPEST_CONFIG_DIR": str(directory), "TEMPEST_CONFIG": file.name},
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
