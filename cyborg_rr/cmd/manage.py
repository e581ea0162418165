"""cyborg-rr-manage: find and mend what is wrong; look after hosts.

It opens the database that the configuration names; no other process need
run. Only "heal" calls agents, over the message bus.

  audit
      everything that is wrong: stuck binds, attach handles without owner or
      not clean, conductors and hosts that are silent, hosts that are refused
      or differ, what Placement does not offer. Status 1 when anything is
      found, else 0
  heal
      mend what can be mended safely, also while conductors run, and say for
      each finding what was done or why not. Status 1 when anything is left
  host list
      all hosts: which machine each is, what it has, what holds it
  host show NAME
      one host, with what it leaves out and who was refused in its name
  host adopt NAME [--id ID] [--unseen]
      the machine with that id is the host from now on, also while requests
      hold its devices: names, uuids and requests stay. For a reinstalled
      machine, whose agent made a new id and is refused; without --id it is
      the one that was refused last. With the id that the host has, its next
      agent is taken whatever it says of earlier runs, as after a restored
      database. Any other id is adopted only with --unseen: until an agent
      has it, the one of now is refused
  host remove NAME
      forget a host with its devices; refused while any of them is in use or
      is not clean. Stop its agent first, or its next report brings it back.
      With --gone no release and no clean is waited for: for a machine that
      will never answer again. What a request holds still refuses it
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Iterator

from prettytable import PrettyTable

from cyborg_rr.cmd import findings
from cyborg_rr.conf.opts import HELP_OF_CONFIG_FILE, make_config
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.hosts import StoredHost
from cyborg_rr.domain.printing import name_count, render_printable
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.processes.database import AT_ONCE
from cyborg_rr.processes.dependencies import naming_dependencies
from cyborg_rr.processes.ending import OneLineParser, exit_on_mistake
from cyborg_rr.processes.hosts import Hosts, open_hosts


def main() -> None:
    """Entry point of ``cyborg-rr-manage``."""
    exit_on_mistake(run)


@naming_dependencies()
def run(arguments: list[str] | None = None) -> int:
    """Do one thing and print what came of it."""
    options = _make_parser().parse_args(arguments)
    conf = make_config([], program="cyborg-rr-manage", files=options.config_file, **AT_ONCE)
    if options.noun in findings.COMMANDS:
        return findings.run(conf, options)
    for line in _act(open_hosts(conf), options):
        print(render_printable(line))
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="cyborg-rr-manage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config-file", action="append", metavar="FILE", help=HELP_OF_CONFIG_FILE)
    nouns = parser.add_subparsers(dest="noun", metavar="COMMAND", required=True)
    findings.add_parsers(nouns)
    of_hosts = nouns.add_parser("host", help="what to do with hosts")
    actions = of_hosts.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="all hosts")
    for action, text in (
        ("show", "one host"),
        ("adopt", "take another machine as the host"),
        ("remove", "forget a host"),
    ):
        chosen = actions.add_parser(action, help=text)
        chosen.add_argument("name", help="the host's name")
        if action == "adopt":
            chosen.add_argument("--id", help="the id that its agent has now; the last refused")
            chosen.add_argument("--unseen", action="store_true", help="nobody has shown the id yet")
        if action == "remove":
            chosen.add_argument("--gone", action="store_true", help="the machine never comes back")
    return parser


def _act(hosts: Hosts, options: argparse.Namespace) -> Iterator[str]:
    match options.action:
        case "list":
            yield from _render_table(hosts.list_hosts())
        case "show":
            yield from _render_host(hosts.get_host(options.name))
        case "adopt":
            host_id = _choose_id(hosts.get_host(options.name), options.id, options.unseen)
            hosts.adopt(options.name, host_id)
            yield f"host {options.name} is the machine with id {host_id} from its next report on"
        case "remove":
            hosts.remove(options.name, Mandate(), is_gone=options.gone)
            yield f"host {options.name} is forgotten"


def _choose_id(host: StoredHost, text: str | None, is_unseen: bool) -> str:
    """The id to adopt; ``InvalidInput`` for one that no agent has shown, or where there is none."""
    host_id = host.refused_id if text is None else _parse_id(text)
    if host_id is None:
        raise InvalidInput(f"nobody was refused in the name of host {host.name}: say the --id")
    if is_unseen or host_id in (host.refused_id, host.known.id):
        return host_id
    shown = f"{host.refused_id} was refused last" if host.refused_id else "nobody was refused"
    raise InvalidInput(
        f"no agent has shown the id {host_id} as host {host.name} ({shown}, the host has"
        f" {host.known.id or 'none'}): if you mean it, say --unseen"
    )


def _parse_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise InvalidInput(f"--id {text!r} is not a host id, which is a UUID") from None


def _render_table(hosts: list[StoredHost]) -> Iterator[str]:
    """What fits a terminal of 80 columns; ``show`` tells the rest."""
    table = PrettyTable(["name", "id", "devices", "held", "trouble"])
    table.align = "l"
    for host in hosts:
        known = host.known
        row = [render_printable(known.name), known.id or "-", host.devices, host.held]
        table.add_row([*row, _name_trouble(host)])
    yield from table.get_string().splitlines()


def _name_trouble(host: StoredHost) -> str:
    """In a word; who is refused is also lost in a while, and that does not say why."""
    if host.refused_at is not None:
        return "refused"
    return "-" if host.lost_at is None else "lost"


def _render_host(host: StoredHost) -> Iterator[str]:
    known = host.known
    yield f"name      {known.name}"
    yield f"id        {known.id or 'none yet: its agent is of the first release'}"
    yield f"node      {known.node or '-'}"
    yield f"agent     {known.agent}"
    yield f"devices   {host.devices}"
    yield f"held      {name_count(host.held, 'attach handle')} in use or not clean"
    for thing in host.left_out:
        yield f"left out  {thing.name}: {thing.trouble.text} ({thing.trouble.code})"
    if host.lost_at is not None:
        yield f"lost      {host.lost_at.isoformat(' ', 'seconds')} UTC: {host.lost_reason}"
    if host.refused_at is not None:
        yield f"refused   {host.refused_at.isoformat(' ', 'seconds')} UTC: {host.refused_reason}"
