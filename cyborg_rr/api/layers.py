"""What the API has of OpenStack's libraries: the policy, the check of tokens, the outer layers.

These libraries take no values: each is given oslo.config's object itself, registers its own options
there and reads them when it wants to (oslo.policy looks at its file again while it serves). So this
file, and no other of the API, is given that object; none of our own options is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import webob.exc
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_log import log
from oslo_middleware import cors, http_proxy_to_wsgi, request_id
from oslo_policy.policy import Enforcer

from cyborg_rr.api.operations import list_rules
from cyborg_rr.api.request.caller import NOAUTH_SERVICE_ROLE, EveryoneIsAdmin, Wsgi
from cyborg_rr.api.request.errors import OutOfService
from cyborg_rr.api.request.version import HEADER

LOG = log.getLogger(__name__)

Layer = Callable[[Wsgi], Wsgi]

SERVICE_TYPE = "accelerator"
"""Of this service in Keystone's catalogue, which access rules of application credentials name."""

IDENTITY_SECONDS = 10
"""How long one question to Keystone may take; the middleware would wait for ever."""


class IdentityCheck(auth_token.AuthProtocol):  # type: ignore[misc]
    """The middleware; where Keystone is silent or answers nonsense, the API says so as its own."""

    def process_request(self, request: Any) -> Any:
        """None for a caller who is known, an answer for one who is not."""
        try:
            return super().process_request(request)
        except webob.exc.HTTPClientError:
            raise
        except Exception as error:  # the library trusts what Keystone answers
            LOG.error("Keystone cannot be asked: %s: %s", type(error).__name__, error)
            raise OutOfService("the identity service does not answer") from error


@dataclass(frozen=True, slots=True)
class Layers:
    """What is asked about callers, and what is put around the API.

    ``authenticate`` tells who calls; a token with one of ``service_roles`` is a service's;
    ``enforcer`` knows what callers may do; ``surround`` adds what stands outside of all that.
    """

    authenticate: Layer
    service_roles: Collection[str]
    enforcer: Enforcer
    surround: Layer


def make_layers(conf: cfg.ConfigOpts, auth_strategy: str) -> Layers:
    """The layers as their libraries' options say; the strategy is keystone or noauth."""
    authenticate, service_roles = _choose_authentication(conf, auth_strategy)
    return Layers(
        authenticate, service_roles, make_enforcer(conf), lambda app: _surround(app, conf)
    )


def _choose_authentication(
    conf: cfg.ConfigOpts, auth_strategy: str
) -> tuple[Layer, Collection[str]]:
    if auth_strategy == "noauth":
        return EveryoneIsAdmin, [NOAUTH_SERVICE_ROLE]
    conf.register_opts(
        [option for group, options in auth_token.list_opts() for option in options],
        group="keystone_authtoken",
    )
    # Without this, any valid token would count as a service's.
    conf.set_default("service_token_roles_required", True, group="keystone_authtoken")
    conf.set_default("http_connect_timeout", IDENTITY_SECONDS, group="keystone_authtoken")
    # Without this, application credentials that have access rules would be refused.
    conf.set_default("service_type", SERVICE_TYPE, group="keystone_authtoken")

    def keystone(app: Wsgi) -> Wsgi:
        protocol: Wsgi = IdentityCheck(app, {"oslo_config_config": conf})
        return protocol

    return keystone, conf.keystone_authtoken.service_token_roles


def make_enforcer(conf: cfg.ConfigOpts) -> Enforcer:
    """The service's policy: defaults in code, changed by the operator's policy file."""
    enforcer = Enforcer(conf)
    enforcer.register_defaults(list_rules())
    enforcer.load_rules()
    return enforcer


def _surround(app: Wsgi, conf: cfg.ConfigOpts) -> Wsgi:
    cors.set_defaults(
        allow_headers=["X-Auth-Token", "X-Openstack-Request-Id", HEADER],
        expose_headers=["X-Openstack-Request-Id", "Link", HEADER],
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
    )
    proxied: Wsgi = http_proxy_to_wsgi.HTTPProxyToWSGI(request_id.RequestId(app), conf)
    shared: Any = cors.CORS(proxied, conf)
    # Without an origin to share with, that layer would only answer every OPTIONS with 200.
    return shared if shared.allowed_origins else proxied
