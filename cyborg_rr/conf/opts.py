"""All options in one place: registration for processes, listing for the sample generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oslo_config import cfg
from oslo_db import options as db_options
from oslo_log import log
from oslo_policy import opts as policy_opts

from cyborg_rr.conf import (
    agent,
    api,
    catalogue,
    cleaning,
    conductor,
    nova,
    placement,
    quota,
    readers,
    service,
)
from cyborg_rr.conf.mistakes import render_mistake
from cyborg_rr.domain.errors import InvalidInput

PROJECT = "cyborg_rr"
HELP_OF_CONFIG_FILE = "read this, not /etc/cyborg_rr/cyborg_rr.conf; may be given several times"
_GROUPS = (service, api, conductor, agent, cleaning, readers, catalogue, placement, nova, quota)


def make_config(
    arguments: Sequence[str],
    *,
    program: str | None = None,
    files: Sequence[str] | None = None,
    switches: Sequence[tuple[cfg.OptGroup, cfg.Opt]] = (),
    prepare: Callable[[cfg.ConfigOpts], None] = lambda _: None,
    **overrides: Any,
) -> cfg.ConfigOpts:
    """A configuration of its own, read from files and command line.

    ``switches`` are options that a flag of their name on the command line turns on as well.
    ``prepare`` is called before the command line is read. ``overrides`` such as
    ``database__connection`` replace an option (group, two underscores, name). Raises
    ``InvalidInput`` that names the option on a mistake.
    """
    try:
        return _make_config(arguments, program, files, switches, prepare, overrides)
    except (cfg.Error, ValueError) as error:
        raise InvalidInput(render_mistake(str(error))) from error


def _make_config(
    arguments: Sequence[str],
    program: str | None,
    files: Sequence[str] | None,
    switches: Sequence[tuple[cfg.OptGroup, cfg.Opt]],
    prepare: Callable[[cfg.ConfigOpts], None],
    overrides: Mapping[str, Any],
) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    conf.set_default(
        "default_log_levels", [*log.get_default_log_levels(), "alembic.runtime.migration=WARNING"]
    )
    db_options.set_defaults(conf)
    policy_opts.set_defaults(conf, policy_file="policy.yaml")
    for group in _GROUPS:
        group.register(conf)
    for _, option in switches:
        name = option.dest.replace("_", "-")
        conf.register_cli_opt(cfg.BoolOpt(name, default=False, help=option.help))
    prepare(conf)
    conf(
        list(arguments),
        project=PROJECT,
        prog=program,
        default_config_files=None if files is None else list(files),
    )
    for option_group, option in switches:
        if conf[option.dest]:
            conf.set_override(option.dest, True, group=option_group.name)
    for name, value in overrides.items():
        group_name, _, option_name = name.rpartition("__")
        conf.set_override(option_name, value, group=group_name or None)
    _read_all(conf)
    return conf


def _read_all(conf: cfg.ConfigOpts) -> None:
    """Read every option of ours once: a value that is no value shows at the start, by its name."""
    for module in _GROUPS:
        for group, options in module.list_opts():
            values = conf if group == "DEFAULT" else conf[str(group)]
            for option in options:
                _read(values, group, option.dest)


def _read(values: Any, group: object, name: str) -> None:
    try:
        getattr(values, name)
    except cfg.ConfigSourceValueError as error:
        raise ValueError(f"group [{group}]: {error}") from error


def list_opts() -> list[tuple[Any, list[cfg.Opt]]]:
    """Every option of this project, for oslo-config-generator."""
    return [entry for group in _GROUPS for entry in group.list_opts()]


def set_defaults() -> None:
    """Defaults of other libraries' options that this project changes."""
    policy_opts.set_defaults(cfg.CONF, policy_file="policy.yaml")
