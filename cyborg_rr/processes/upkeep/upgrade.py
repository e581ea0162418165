"""What is looked at before an upgrade; oslo.upgradecheck runs it and shows what came of it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_upgradecheck import upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from cyborg_rr import codec
from cyborg_rr.api.layers import make_enforcer
from cyborg_rr.conductor.publishing.wiring import check_placement
from cyborg_rr.conf.opts import make_config
from cyborg_rr.conf.placement import GROUP
from cyborg_rr.db import schema
from cyborg_rr.db.auditing import readiness
from cyborg_rr.db.engine import Database, Session, ping
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.printing import name_count
from cyborg_rr.domain.representation.measured.measurement import Measurement
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.outside.calling import OutsideTrouble
from cyborg_rr.processes.conductor import read_placement

PLACEMENT = GROUP.name
NAMED = 5
"""How many of many things are named in one line."""

MAX_TEXT_LENGTH = 500
"""Of what somebody else's software says."""

SOUND = Result(Code.SUCCESS)
_OPTIONS_LOG = "oslo_config.cfg"
"""Where oslo.config tells of options that are set under deprecated names."""

_UNREADABLE = (ValueError, TypeError, AttributeError, OSError, cfg.Error)
"""What oslo.policy raises for a file that is no object of rules, or that it may not read."""

_POLICY_LOG = "oslo_policy"
"""Where oslo.policy tells of rules that it cannot read, and takes for "nobody may"."""


class Checks(upgradecheck.UpgradeCommands):
    """The checks, in order; each is made whatever the others say."""

    def __init__(self) -> None:
        self.conf: cfg.ConfigOpts | None = None
        self.told_of_options: Sequence[str] = ()

    @cached_property
    def _database(self) -> Database:
        return Database(self._get_conf().database)

    def _get_conf(self) -> cfg.ConfigOpts:
        if self.conf is None:
            raise ValueError("the checks have no configuration yet")
        return self.conf

    def check_database(self) -> Result:
        """It answers."""
        try:
            with self._database.reading() as session:
                ping(session)
        except (CyborgError, db_exception.DBError) as error:
            return _fail(f"the database cannot be used: {error}")
        return SOUND

    def check_schema(self) -> Result:
        """It is at the newest revision that this release knows."""
        found, wanted = self._find_versions()
        if found == wanted:
            return SOUND
        if found is None and self.check_database() is not SOUND:
            return _warn("not looked at: the database cannot be used")
        if found is None:
            return _fail("there is no schema: run cyborg-rr-dbsync upgrade")
        try:
            schema.check_version(self._database.engine)
        except CyborgError:
            return _fail(f"it is at {found}, not {wanted}: run cyborg-rr-dbsync upgrade")
        return _fail(f"it is at {found}, which is of a later release than this one ({wanted})")

    def _find_versions(self) -> tuple[str | None, str | None]:
        wanted = schema.find_head()
        try:
            return schema.find_version(self._database.engine), wanted
        except (CyborgError, db_exception.DBError):
            return None, wanted

    def _look(self, look: Callable[[Session], Result]) -> Result:
        """What comes of a look at the tables, where they are those of this release."""
        found, wanted = self._find_versions()
        if found != wanted:
            return _warn("not looked at: the schema is not that of this release")
        with self._database.reading() as session:
            return look(session)

    def check_documents(self) -> Result:
        """This release can read what is stored."""
        return self._look(_check_documents)

    def check_collations(self) -> Result:
        """Texts are compared to the letter."""
        return self._look(_check_collations)

    def check_agents(self) -> Result:
        """Every host's agent says which machine it is."""
        return self._look(_check_agents)

    def check_policy(self) -> Result:
        """The policy file can be read, and all its rules count."""
        return _check_policy(self._get_conf())

    def check_options(self) -> Result:
        """Nothing is set under a name that is deprecated."""
        if self.told_of_options:
            return _warn(_name_some("deprecated options", self.told_of_options))
        return SOUND

    def check_placement(self) -> Result:
        """Where it is configured, it answers, and takes the service's credentials."""
        conf = self._get_conf()
        try:
            check_placement(conf, PLACEMENT, read_placement(conf))
        except (OutsideTrouble, CyborgError) as error:
            return _fail(f"Placement cannot be used: {error}")
        return SOUND

    _upgrade_checks = (
        ("Database", check_database),
        ("Schema", check_schema),
        ("Stored documents", check_documents),
        ("Texts compared to the letter", check_collations),
        ("Policy file", check_policy),
        ("Agents", check_agents),
        ("Configuration", check_options),
        ("Placement", check_placement),
    )


def check_upgrade(arguments: Sequence[str], program: str) -> int:
    """Run the command ``upgrade check``; its exit status. ``InvalidInput`` for a wrong option."""
    checks = Checks()
    with _noting(_OPTIONS_LOG) as told:
        checks.conf = make_config(
            arguments,
            program=program,
            database__max_retries=0,  # it is looked at now, and not waited for
            prepare=lambda conf: upgradecheck.register_cli_options(conf, checks),
        )
        _read_everything(checks.conf)
    checks.told_of_options = sorted(each.removeprefix("Deprecated: ") for each in told)
    upgradecheck.CONF = checks.conf  # where that library looks for --json
    return int(upgradecheck.run(checks.conf))


@contextmanager
def _noting(name: str, level: int = logging.WARNING) -> Iterator[set[str]]:
    """The messages of a library while the block runs, of that level; none is printed."""
    told: set[str] = set()
    handler = logging.Handler(level)
    handler.emit = lambda record: told.add(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(name)
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagates


def _read_everything(conf: cfg.ConfigOpts) -> None:
    """Every option of ours and of the libraries: what is deprecated is told when it is read."""
    for name in conf:
        value = conf[name]
        if isinstance(value, Mapping):
            for option in value:
                value[option]


def _check_documents(session: Session) -> Result:
    faults = []
    stored: tuple[tuple[str, type, Iterable[tuple[str, Any]]], ...] = (
        ("device class", ResourceRepresentation, readiness.stream_representations(session)),
        ("IR requirement", IRRequirement, readiness.stream_requirements(session)),
        ("measurement", Measurement, readiness.stream_measurements(session)),
    )
    for noun, kind, documents in stored:
        for key, document in documents:
            try:
                codec.parse_stored(kind, document, f"{noun} {key}")
            except CyborgError as error:
                faults.append(str(error))
    return _fail(_name_some("documents", faults)) if faults else SOUND


def _check_collations(session: Session) -> Result:
    folding = readiness.list_folding_columns(session)
    if not folding:
        return SOUND
    return _fail(
        f"{_name_some('columns that fold case or pad blanks', folding)}: convert their tables as"
        " revision 0004 does"
    )


def _check_agents(session: Session) -> Result:
    count, names = readiness.list_first_agents(session, NAMED)
    if count == 0:
        return SOUND
    more = "" if count <= len(names) else ", ..."
    return _warn(
        f"{name_count(count, 'host')} with agents of the first release, which clean nothing and do"
        f" not say which machine they are: {', '.join(names)}{more}"
    )


def _check_policy(conf: cfg.ConfigOpts) -> Result:
    try:
        with (
            warnings.catch_warnings(record=True) as told,
            _noting(_POLICY_LOG, logging.ERROR) as faults,
        ):
            warnings.simplefilter("always")
            enforcer = make_enforcer(conf)
        with _noting(_POLICY_LOG) as more_faults:
            enforcer.check_rules()
    except _UNREADABLE as error:
        return _fail(f"the policy file cannot be read: {error}")
    if faults | more_faults:
        return _fail(" ".join(sorted(faults | more_faults)))
    unknown = sorted(enforcer.file_rules.keys() - enforcer.registered_rules.keys())
    if unknown:
        return _warn(f"{_name_some('rules that nothing asks for', unknown)}")
    legacy = [str(each.message) for each in told if "olicy" in str(each.message)]
    return _warn(_name_some("legacy rules", legacy)) if legacy else SOUND


def _name_some(what: str, names: Sequence[str]) -> str:
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{what}: {', '.join(names[:NAMED])}{more}"


def _warn(text: str) -> Result:
    return Result(Code.WARNING, _shorten(text))


def _fail(text: str) -> Result:
    return Result(Code.FAILURE, _shorten(text))


def _shorten(text: str) -> str:
    return " ".join(text.split())[:MAX_TEXT_LENGTH]
