"""A private MariaDB that listens on a socket of its own and on no port.

Nobody asks for TLS, for which PyMySQL reads all certificates of the machine at each connect: 20 ms
of a core, many times what most statements of a test take.
"""

from collections.abc import Mapping
from typing import Any

from tests.servers.server import Place, Program, find_program


class MariaDb:
    """Started from the system's mariadb-server package, with nothing of its configuration."""

    name = "mariadb"
    refuses_root = True

    def find(self) -> None:
        """See Server.find."""
        find_program("mariadbd")
        find_program("mariadb-install-db")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        """See Server.prepare."""
        socket = str(place.directory / "socket")
        with place.own():
            (place.directory / "data").mkdir()
        data = f"--datadir={place.directory / 'data'}"
        place.run(
            [
                find_program("mariadb-install-db"),
                "--no-defaults",
                data,
                "--auth-root-authentication-method=normal",
                "--skip-name-resolve",
                "--skip-test-db",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-log-file-size=8M",
            ]
        )
        server = [
            find_program("mariadbd"),
            "--no-defaults",
            data,
            f"--socket={socket}",
            f"--pid-file={place.directory / 'pid'}",
            f"--tmpdir={place.directory}",
            "--skip-networking",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=8M",
            "--performance-schema=OFF",
            "--max-connections=300",
        ]
        return {"socket": socket}, [Program("mariadbd", server)]

    def check(self, address: Mapping[str, str]) -> None:
        """See Server.check."""
        self.execute(address, "SELECT 1")

    def execute(self, address: Mapping[str, str], *statements: str) -> None:
        """Run statements as the administrator."""
        with self._connect(address) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def create(self, address: Mapping[str, str], database: str) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        self.execute(address, f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        options = f"charset=utf8mb4&ssl_disabled=true&unix_socket={address['socket']}"
        return f"mysql+pymysql://root@localhost/{database}?{options}"

    def drop(self, address: Mapping[str, str], database: str) -> None:
        """Drop a database, closing what a test left connected to it."""
        with self._connect(address) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = %s", (database,)
            )
            for (number,) in cursor.fetchall():
                cursor.execute(f"KILL SOFT CONNECTION {int(number)}")
            cursor.execute(f"DROP DATABASE {database}")

    def _connect(self, address: Mapping[str, str]) -> Any:
        import pymysql

        return pymysql.connect(
            unix_socket=address["socket"], user="root", autocommit=True, ssl_disabled=True
        )
