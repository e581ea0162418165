"""The policy as oslo.policy's command line tools want it: made without arguments."""

from __future__ import annotations

import sys

from oslo_config import cfg
from oslo_policy import opts
from oslo_policy.policy import Enforcer

from cyborg_rr.api.layers import make_enforcer
from cyborg_rr.conf.opts import POLICY_DEFAULTS, PROJECT

_OWN_ARGUMENTS = ("namespace", "output-file")
"""Those of the tools, each with a value, which are no options of a service."""


def get_enforcer() -> Enforcer:
    """The rules with the operator's policy file over them, for the entry point of that library.

    The tools have no way to pass the configuration on: it is read again from their command line.
    """
    opts.set_defaults(cfg.CONF, **POLICY_DEFAULTS)
    cfg.CONF(_list_service_arguments(sys.argv[1:]), project=PROJECT)
    return make_enforcer(cfg.CONF)


def _list_service_arguments(arguments: list[str]) -> list[str]:
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, has_value, _ = argument.lstrip("-").partition("=")
        if name not in _OWN_ARGUMENTS:
            kept.append(argument)
        elif not has_value:
            next(rest, None)
    return kept
