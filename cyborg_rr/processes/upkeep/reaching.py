"""Whether Placement can be reached with the service's own credentials."""

from __future__ import annotations

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = "placement"
TIMEOUT_SECONDS = 30
_PATH = "/resource_providers?name=cyborg-rr-upgrade-check"
"""Needs the rights that publishing needs, and its answer is small: no provider has the name."""


def reach_placement(conf: cfg.ConfigOpts) -> str | None:
    """What is in the way; None: nothing, or the group names no ``auth_type``.

    ``ClientException`` of keystoneauth where nobody answers, or credentials are refused.
    """
    _register(conf)
    if not conf[GROUP].auth_type:
        return None
    session = loading.load_session_from_conf_options(
        conf, GROUP, auth=loading.load_auth_from_conf_options(conf, GROUP)
    )
    adapter = loading.load_adapter_from_conf_options(conf, GROUP, session=session)
    answer = adapter.get(_PATH, raise_exc=False, timeout=TIMEOUT_SECONDS)
    if answer.status_code in (401, 403):
        return f"Placement refuses the credentials of [{GROUP}] ({answer.status_code})"
    if answer.status_code != 200:
        return f"Placement answers {answer.status_code} instead of a list of resource providers"
    return None


def _register(conf: cfg.ConfigOpts) -> None:
    """keystoneauth's options, where nothing has registered the group."""
    if GROUP in conf:
        return
    loading.register_auth_conf_options(conf, GROUP)
    loading.register_session_conf_options(conf, GROUP)
    loading.register_adapter_conf_options(conf, GROUP, include_deprecated=False)
    conf.set_default("service_type", "placement", group=GROUP)
    conf.set_default("valid_interfaces", ["internal", "public"], group=GROUP)
