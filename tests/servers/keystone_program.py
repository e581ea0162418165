"""Makes an empty Keystone and serves it. Arguments: configuration file, port, password.

The commands are ``keystone-manage``'s own; each runs in a fork of this process, so that Keystone is
imported once and not four times.
"""

import grp
import os
import pwd
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

REGION = "RegionOne"


class _Server(WSGIServer):
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: Keystone's own log goes to standard error."""


def _manage(configuration: str, *words: str) -> None:
    """Run one command of keystone-manage; ends this program where it fails."""
    from keystone.cmd import cli

    child = os.fork()
    if child == 0:
        status = 1
        try:
            cli.main(["keystone-manage", "--config-file", configuration, *words])
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"keystone-manage {words[0]} failed")


def main(configuration: str, port: str, password: str) -> None:
    """Make it and serve it, until a signal ends the process."""
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    from keystone.server import wsgi

    url = f"http://127.0.0.1:{port}/v3"
    _manage(configuration, "db_sync")
    user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    owner = [f"--keystone-user={user}", f"--keystone-group={group}"]
    _manage(configuration, "fernet_setup", *owner)
    urls = [f"--bootstrap-{kind}-url={url}" for kind in ("public", "internal", "admin")]
    named = [f"--bootstrap-password={password}", f"--bootstrap-region-id={REGION}"]
    _manage(configuration, "bootstrap", *urls, *named)
    del sys.argv[1:]  # Keystone would read them
    application = wsgi.initialize_public_application()
    make_server("127.0.0.1", int(port), application, _Server, _Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
