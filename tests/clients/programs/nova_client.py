"""Calls Nova's own accelerator client, unmodified, as Nova's services do.

Started with a configuration file of Nova's. A line has ``token`` and ``document``, whom Nova acts
for as Keystone told it; ``call`` and ``arguments``, a method of the client or a function of its
module; ``as_service``, whether Nova's token goes along. The answer is ``{"value": ...}`` or
``{"error": CLASS, "text": ...}``.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

import nova.conf
from keystonemiddleware.auth_token._request import _normalize_catalog
from nova import config, context, objects
from nova.accelerator import cyborg


def parse(argument: Any) -> Any:
    """What Nova passes: an instance is an object, all else is as JSON has it."""
    if isinstance(argument, dict) and list(argument) == ["instance"]:
        return SimpleNamespace(uuid=argument["instance"])
    return argument


def render(value: Any) -> Any:
    """As JSON; a request group of Nova as what it asks of Placement."""
    if isinstance(value, objects.RequestGroup):
        traits = {"required": value.required_traits, "forbidden": value.forbidden_traits}
        asked = {kind: sorted(names) for kind, names in traits.items()}
        return {"requester_id": value.requester_id, "resources": value.resources, **asked}
    if isinstance(value, list):
        return [render(each) for each in value]
    return value


def act_for(token: str, document: dict[str, Any]) -> context.RequestContext:
    """The context that Nova makes of what the middleware puts into headers."""
    return context.RequestContext(
        document["user"]["id"],
        document["project"]["id"],
        auth_token=token,
        service_catalog=_normalize_catalog(document["catalog"]),
    )


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Do one thing."""
    acting = act_for(question["token"], question["document"])
    arguments = [parse(each) for each in question["arguments"]]
    client = cyborg.get_client(acting)  # Nova makes one for each thing that it does
    named = getattr(client, question["call"], None) or getattr(cyborg, question["call"])
    if question["call"] == "get_device_profile_request_groups":
        arguments.insert(0, acting)
    nova.conf.CONF.set_override(
        "send_service_user_token", question["as_service"], group="service_user"
    )
    try:
        return {"value": render(named(*arguments))}
    except Exception as error:  # noqa: BLE001 - whatever Nova would see is an answer here
        return {"error": type(error).__name__, "text": str(error)}


def main(configuration: str) -> None:
    """Answer lines until there are no more."""
    config.parse_args(["nova", "--config-file", configuration], configure_db=False, init_rpc=False)
    objects.register_all()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
