"""A private PostgreSQL that listens on a socket of its own and on no port."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.servers.server import Place, Program, find_program


class PostgreSql:
    """Started from the system's newest postgresql package, with nothing of its configuration."""

    name = "postgresql"
    refuses_root = True

    def find(self) -> None:
        """See Server.find."""
        self._program("initdb")
        self._program("postgres")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        """See Server.prepare."""
        data = str(place.directory / "data")
        place.run(
            [
                self._program("initdb"),
                "--pgdata",
                data,
                "--username=cyborg_rr",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ]
        )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(place.directory),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "300",
        }
        server = [self._program("postgres"), "-D", data]
        server += [f"--{name}={value}" for name, value in settings.items()]
        # SIGINT is the "fast" shutdown: clients are disconnected instead of waited for.
        return {"host": str(place.directory)}, [Program("postgres", server, "SIGINT")]

    def check(self, address: Mapping[str, str]) -> None:
        """See Server.check."""
        self.execute(address, "SELECT 1")

    def execute(self, address: Mapping[str, str], *statements: str) -> None:
        """Run statements as the administrator, each in a transaction of its own."""
        import psycopg2

        with closing(
            psycopg2.connect(host=address["host"], user="cyborg_rr", dbname="postgres")
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def create(self, address: Mapping[str, str], database: str) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        self.execute(address, f"CREATE DATABASE {database}")
        return f"postgresql+psycopg2://cyborg_rr@/{database}?host={address['host']}"

    def drop(self, address: Mapping[str, str], database: str) -> None:
        """Drop a database, closing what a test left connected to it."""
        self.execute(address, f"DROP DATABASE {database} WITH (FORCE)")

    def _program(self, name: str) -> str:
        folders = sorted(
            Path("/usr/lib/postgresql").glob("*/bin"),
            key=lambda folder: int(folder.parent.name),
            reverse=True,
        )
        return find_program(name, *map(str, folders))
