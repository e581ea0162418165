"""The API as a WSGI application: its resources and its layers, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_middleware import cors, http_proxy_to_wsgi, request_id

from cyborg_rr.api.authorization import Authorizer
from cyborg_rr.api.barrier import Barrier
from cyborg_rr.api.context import NOAUTH_SERVICE_ROLE, Environ, EveryoneIsAdmin, Wsgi
from cyborg_rr.api.dispatch import BODY, Limits, RootController, make_dispatcher
from cyborg_rr.api.errors import NoSuchUrl
from cyborg_rr.api.health import Health
from cyborg_rr.api.microversion import HEADER
from cyborg_rr.api.policies import list_rules
from cyborg_rr.api.resources.accelerator_requests.controller import AcceleratorRequests
from cyborg_rr.api.resources.attributes.controller import Attributes
from cyborg_rr.api.resources.deployables.controller import Deployables
from cyborg_rr.api.resources.device_profiles.controller import DeviceProfiles
from cyborg_rr.api.resources.devices.controller import Devices
from cyborg_rr.api.resources.ir_requirements.controller import IrRequirements
from cyborg_rr.api.resources.matches.controller import Matches
from cyborg_rr.api.resources.resource_representations.controller import ResourceRepresentations
from cyborg_rr.api.resources.versions.controller import Versions
from cyborg_rr.api.routing import ROOT, VERSION_ROOT, Route, Router, split_path
from cyborg_rr.api.services import Services

__all__ = ["Services", "list_routes", "make_app"]

Layer = Callable[[Wsgi], Wsgi]

_CONTROLLERS = (
    Versions,
    DeviceProfiles,
    AcceleratorRequests,
    Devices,
    Deployables,
    Attributes,
    IrRequirements,
    ResourceRepresentations,
    Matches,
)


def list_routes(services: Services) -> tuple[Route, ...]:
    """Every operation of the API."""
    return tuple(route for make in _CONTROLLERS for route in make(services).routes)


def make_app(services: Services, authenticate: Layer | None = None) -> Wsgi:
    """The whole API.

    ``authenticate`` takes the place of the layer that [api] auth_strategy names.
    """
    conf = services.conf
    layer, service_roles = _choose_authentication(conf)
    limits = Limits(conf.api.max_body_bytes, conf.api.max_json_depth)
    endpoint = conf.api.public_endpoint
    dispatcher = make_dispatcher(
        RootController(
            Router(list_routes(services)),
            Authorizer(conf, list_rules()),
            service_roles,
            endpoint.rstrip("/") if endpoint else None,
            limits,
        )
    )
    guarded = PublicPaths(public=dispatcher, others=(authenticate or layer)(dispatcher))
    return _add_outer_layers(Barrier(Health(guarded, services.database), BODY), conf)


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


class PublicPaths:
    """Lets / and /v2 be read without a token and sends everything else through authentication."""

    def __init__(self, public: Wsgi, others: Wsgi) -> None:
        self._public = public
        self._others = others

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        app = self._public if _is_public(environ.get("PATH_INFO", "")) else self._others
        return app(environ, start_response)


def _is_public(path: str) -> bool:
    try:
        return split_path(path) in (ROOT, VERSION_ROOT)
    except NoSuchUrl:
        return False
