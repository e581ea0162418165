"""A private RabbitMQ node: own name, cookie, ports and database, on the loopback interface only."""

import base64
import json
import urllib.request
from collections.abc import Mapping

from tests.servers.server import Place, Program, find_program, free_ports

_ONLY_HERE = "inet_dist_use_interface {127,0,0,1}"
_WAIT_ASLEEP = "+sbwt none +sbwtdcpu none +sbwtdio none"
"""Erlang's schedulers otherwise wait for work by looking for it, on cores that tests want."""


class RabbitMq:
    """Started from the system's rabbitmq-server package, with nothing of its configuration."""

    name = "rabbitmq"
    refuses_root = True

    def find(self) -> None:
        """See Server.find."""
        self._server()
        find_program("epmd")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        """See Server.prepare."""
        amqp, management, distribution, epmd = map(str, free_ports(4))
        directory = place.directory
        with place.own():
            cookie = directory / "home" / ".erlang.cookie"
            cookie.write_text(directory.parent.name)
            cookie.chmod(0o400)
            (directory / "plugins").write_text("[rabbitmq_management].\n")
            (directory / "rabbitmq.conf").write_text(
                f"listeners.tcp.local = 127.0.0.1:{amqp}\n"
                "management.tcp.ip = 127.0.0.1\n"
                f"management.tcp.port = {management}\n"
                "log.console = true\n"
                "log.console.level = warning\n"
                "vm_memory_high_watermark.relative = 0.8\n"
            )
        settings = {
            "HOME": directory / "home",
            "ERL_EPMD_PORT": epmd,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": directory / "rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": directory / "plugins",
            "RABBITMQ_NODENAME": "cyborg_rr_tests@localhost",
            "RABBITMQ_DIST_PORT": distribution,
            "RABBITMQ_BASE": directory,
            "RABBITMQ_MNESIA_BASE": directory / "mnesia",
            "RABBITMQ_LOG_BASE": directory / "log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_GENERATED_CONFIG_DIR": directory / "generated",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel {_ONLY_HERE} {_WAIT_ASLEEP}",
            "LC_ALL": "C.UTF-8",
        }
        environment = [f"{name}={value}" for name, value in settings.items()]
        programs = [
            Program(
                "epmd",
                [find_program("epmd"), "-port", epmd, "-address", "127.0.0.1"],
            ),
            # The data is thrown away, so the node need not spend seconds on closing it well.
            Program("rabbitmq", ["/usr/bin/env", *environment, self._server()], "SIGKILL"),
        ]
        return {"amqp": amqp, "management": management}, programs

    def check(self, address: Mapping[str, str]) -> None:
        """See Server.check."""
        self._ask(address, "GET", "health/checks/port-listener/" + address["amqp"])

    def create(self, address: Mapping[str, str], vhost: str) -> str:
        """Create an empty virtual host and return its oslo.messaging URL."""
        self._ask(address, "PUT", f"vhosts/{vhost}")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._ask(address, "PUT", f"permissions/{vhost}/guest", everything)
        return f"rabbit://guest:guest@127.0.0.1:{address['amqp']}/{vhost}"

    def drop(self, address: Mapping[str, str], vhost: str) -> None:
        """Delete a virtual host with its queues and connections."""
        self._ask(address, "DELETE", f"vhosts/{vhost}")

    def _ask(
        self,
        address: Mapping[str, str],
        method: str,
        path: str,
        body: Mapping[str, str] | None = None,
    ) -> None:
        """Send one request to the management interface; urllib raises on a refusal."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{address['management']}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Basic " + base64.b64encode(b"guest:guest").decode(),
                "Content-Type": "application/json",
            },
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=10) as answer:
            answer.read()

    def _server(self) -> str:
        """Find the server itself, not the wrapper on PATH that insists on a certain user."""
        return find_program("rabbitmq-server", "/usr/lib/rabbitmq/bin")
