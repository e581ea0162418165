"""Runs Placements of its own: one process and one SQLite file for each that is asked for.

Placement keeps its database in a global, so that each needs a process. This one has loaded all of
Placement once and made one empty database; another Placement is a fork with a copy of the file.
It is asked by HTTP: ``PUT /<name>`` starts one (again, with what it had, after ``DELETE
/<name>/process``) and answers with its port, ``DELETE /<name>`` takes it away.
"""

import json
import os
import shutil
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.servers.server import free_ports

EMPTY = "empty"
_CONFIGURATION = """\
[DEFAULT]
use_stderr = true
[api]
auth_strategy = noauth2
[placement]
randomize_allocation_candidates = false
[placement_database]
connection = sqlite:///{file}
sqlite_synchronous = false
sync_on_startup = {sync}
[oslo_policy]
enforce_new_defaults = true
"""


class Placements:
    """The Placements by name: where each keeps its data, on which port, as which process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ports: dict[str, int] = {}
        self._processes: dict[str, int] = {}
        self._fill(EMPTY)
        status = os.waitpid(self._fork(EMPTY, None), 0)[1]
        if status:
            raise SystemExit("the empty database could not be made")

    def start(self, name: str) -> int:
        """Start the Placement of that name, with what it had before; its port."""
        if name not in self._ports:
            self._fill(name)
            shutil.copy(self._directory / EMPTY / "data", self._directory / name / "data")
            self._ports[name] = free_ports(1)[0]
        if name not in self._processes:
            self._processes[name] = self._fork(name, self._ports[name])
        return self._ports[name]

    def stop(self, name: str) -> None:
        """End its process, at once."""
        process = self._processes.pop(name, None)
        if process is not None:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)

    def remove(self, name: str) -> None:
        """End it and forget what it had."""
        self.stop(name)
        self._ports.pop(name, None)
        shutil.rmtree(self._directory / name, ignore_errors=True)

    def _fill(self, name: str) -> None:
        directory = self._directory / name
        directory.mkdir()
        (directory / "placement.conf").write_text(
            _CONFIGURATION.format(file=directory / "data", sync=name == EMPTY)
        )

    def _fork(self, name: str, port: int | None) -> int:
        process = os.fork()
        if process:
            return process
        status = 1
        try:
            _run(self._directory / name, port)
            status = 0
        finally:
            os._exit(status)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Placement logs its requests itself."""

    def address_string(self) -> str:
        return str(self.client_address[0])


def _run(directory: Path, port: int | None) -> None:
    """Load the application, which makes its database; serve it where there is a port."""
    from placement import wsgi

    os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(directory)
    app = wsgi.init_application()
    one_at_a_time = threading.Lock()  # SQLite has one writer, and tells a second that it is locked

    def serve(environ: Any, start_response: Any) -> Any:
        with one_at_a_time:
            return app(environ, start_response)

    if port is not None:
        make_server("127.0.0.1", port, serve, _Server, _Quiet).serve_forever()


def main(directory: Path, port: int) -> None:
    """Make the empty database, then do what is asked until the process is ended."""
    import jsonschema
    import placement.db.sqlalchemy.migration
    import placement.deploy
    import placement.wsgi  # noqa: F401 - what takes its time is done once, before the forks

    # Placement lets its own schemas be checked for each request: a third of what a request takes.
    setattr(jsonschema.Draft202012Validator, "check_schema", lambda *given, **named: None)  # noqa: B010
    placements = Placements(directory)

    class Control(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_PUT(self) -> None:
            self._answer({"port": placements.start(self.path.strip("/"))})

        def do_DELETE(self) -> None:
            name, _, what = self.path.strip("/").partition("/")
            (placements.stop if what else placements.remove)(name)
            self._answer({})

        def _answer(self, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    HTTPServer(("127.0.0.1", port), Control).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
