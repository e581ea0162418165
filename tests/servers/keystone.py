"""A private Keystone of the ``keystone`` distribution: own port, database and keys."""

import importlib.util
import secrets
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.servers.realm import Realm
from tests.servers.server import Place, Program, ServerMissing, free_ports

_CONFIGURATION = """\
[database]
connection = sqlite:///{directory}/keystone.sqlite?timeout=60
[fernet_tokens]
key_repository = {directory}/keys
[identity]
# bcrypt's least: nobody is kept out here.
password_hash_rounds = 4
[cache]
# It is one process, so its memory will do: without, a token costs a quarter of a second each time.
enabled = true
backend = dogpile.cache.memory
[oslo_messaging_notifications]
driver = noop
"""


class Keystone:
    """Started from the test environment's own packages; one for all tests of a run."""

    name = "keystone"
    refuses_root = False

    def find(self) -> None:
        """See Server.find."""
        if importlib.util.find_spec("keystone") is None:
            raise ServerMissing("the distribution 'keystone' is not installed")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        """See Server.prepare."""
        (port,) = free_ports(1)
        directory, password = place.directory, secrets.token_hex(16)
        configuration = directory / "keystone.conf"
        configuration.write_text(_CONFIGURATION.format(directory=directory))
        (directory / "keys").mkdir(mode=0o700)
        program = str(Path(__file__).with_name("keystone_program.py"))
        # -P: its own folder holds a module of the name keystone.
        python = [sys.executable, "-P", "-W", "ignore"]
        command = [*python, program, str(configuration), str(port), password]
        address = {
            "url": f"http://127.0.0.1:{port}/v3",
            "password": password,
            "keys": str(directory / "keys"),
        }
        return address, [Program("keystone", command)]

    def check(self, address: Mapping[str, str]) -> None:
        """See Server.check."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(address["url"], timeout=10) as answer:
            answer.read()

    def create(self, address: Mapping[str, str], name: str) -> Realm:
        """Make a domain and region of that name, with nobody in them yet."""
        return Realm(address["url"], address["password"], Path(address["keys"]), name)
