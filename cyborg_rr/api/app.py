"""The API as a WSGI application: its resources and its layers, put together."""

from __future__ import annotations

from cyborg_rr.api.health import endpoint as health
from cyborg_rr.api.layers import Layers
from cyborg_rr.api.operations import list_routes
from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.api.request.path import Router
from cyborg_rr.api.request.walk import Door, Limits, Walk, make_shell
from cyborg_rr.api.services import Services


def make_app(services: Services, layers: Layers) -> Wsgi:
    """The whole API."""
    settings = services.settings
    endpoint = settings.public_endpoint
    shell = make_shell(
        Walk(
            Router(list_routes(services)),
            layers.enforcer,
            layers.service_roles,
            endpoint.rstrip("/") if endpoint else None,
            Limits(settings.max_body_bytes, settings.max_json_depth),
        )
    )
    aside = {health.PATH: health.Health(services.database, services.conductor)}
    return layers.surround(Door(shell, layers.authenticate(shell), aside))
