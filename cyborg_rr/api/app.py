"""The API as a WSGI application: its resources and its layers, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_middleware import cors, http_proxy_to_wsgi, request_id

from cyborg_rr.api import health
from cyborg_rr.api.operations import list_routes, list_rules
from cyborg_rr.api.request.caller import NOAUTH_SERVICE_ROLE, EveryoneIsAdmin, Wsgi
from cyborg_rr.api.request.path import Router
from cyborg_rr.api.request.policy import make_enforcer
from cyborg_rr.api.request.version import HEADER
from cyborg_rr.api.request.walk import Door, Limits, Walk, make_shell
from cyborg_rr.api.services import Services

Layer = Callable[[Wsgi], Wsgi]


def make_app(services: Services, authenticate: Layer | None = None) -> Wsgi:
    """The whole API.

    ``authenticate`` takes the place of the layer that [api] auth_strategy names.
    """
    conf = services.conf
    layer, service_roles = _choose_authentication(conf)
    endpoint = conf.api.public_endpoint
    shell = make_shell(
        Walk(
            Router(list_routes(services)),
            make_enforcer(conf, list_rules()),
            service_roles,
            endpoint.rstrip("/") if endpoint else None,
            Limits(conf.api.max_body_bytes, conf.api.max_json_depth),
        )
    )
    aside = {health.PATH: health.Health(services.database)}
    return _add_outer_layers(Door(shell, (authenticate or layer)(shell), aside), conf)


def _choose_authentication(conf: cfg.ConfigOpts) -> tuple[Layer, Sequence[str]]:
    if conf.api.auth_strategy == "noauth":
        return EveryoneIsAdmin, [NOAUTH_SERVICE_ROLE]
    conf.register_opts(
        [option for group, options in auth_token.list_opts() for option in options],
        group="keystone_authtoken",
    )
    # Without this, any valid token would count as a service's.
    conf.set_default("service_token_roles_required", True, group="keystone_authtoken")

    def keystone(app: Wsgi) -> Wsgi:
        protocol: Wsgi = auth_token.AuthProtocol(app, {"oslo_config_config": conf})
        return protocol

    return keystone, conf.keystone_authtoken.service_token_roles


def _add_outer_layers(app: Wsgi, conf: cfg.ConfigOpts) -> Wsgi:
    cors.set_defaults(
        allow_headers=["X-Auth-Token", "X-Openstack-Request-Id", HEADER],
        expose_headers=["X-Openstack-Request-Id", "Link", HEADER],
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
    )
    proxied: Wsgi = http_proxy_to_wsgi.HTTPProxyToWSGI(request_id.RequestId(app), conf)
    shared: Any = cors.CORS(proxied, conf)
    # Without an origin to share with, that layer would only answer every OPTIONS with 200.
    return shared if shared.allowed_origins else proxied
