"""cyborg-rr-dbsync: bring the database's schema to this release."""

from __future__ import annotations

from cyborg_rr.conf.opts import HELP_OF_CONFIG_FILE, make_config
from cyborg_rr.processes.database import AT_ONCE, find_schema, upgrade_schema
from cyborg_rr.processes.dependencies import naming_dependencies
from cyborg_rr.processes.ending import OneLineParser, exit_on_mistake


def main() -> None:
    """Entry point of ``cyborg-rr-dbsync``."""
    exit_on_mistake(run)


@naming_dependencies()
def run(arguments: list[str] | None = None) -> int:
    """Upgrade the schema, or print where it stands."""
    parser = OneLineParser(prog="cyborg-rr-dbsync", description=__doc__)
    parser.add_argument("--config-file", action="append", metavar="FILE", help=HELP_OF_CONFIG_FILE)
    parser.add_argument(
        "action",
        choices=("upgrade", "version"),
        help="upgrade: bring the schema to this release; version: say where it stands",
    )
    options = parser.parse_args(arguments)
    upgrades = options.action == "upgrade"  # it may wait: servers are often started together
    conf = make_config(
        [],
        program="cyborg-rr-dbsync",
        files=options.config_file,
        **({} if upgrades else AT_ONCE),
    )
    schema = upgrade_schema(conf) if upgrades else find_schema(conf)
    print(f"schema {schema.found}, this release {schema.wanted}")
    return 0
