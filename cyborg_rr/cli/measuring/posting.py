"""Sends measurements to the service of a cloud."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from cyborg_rr import codec
from cyborg_rr.cli.service_client import CallFailed, ServiceClient
from cyborg_rr.domain.representation.measured.measurement import Measurement

MICROVERSION: Final = "2.101"
PATH: Final = "/measurements"

_Post = Callable[[dict[str, Any]], Any]


def post_measurements(url: str, measurements: Sequence[Measurement]) -> Iterator[str]:
    """What the service says of each; ``CallFailed`` for the first that it refuses.

    Without a URL it is the service of the cloud that the environment names.
    """
    post = _find_service(url)
    for each in measurements:
        answer = post({"measurement": codec.render(each)})
        yield f"stored as {answer['uuid']}: {each.device_class}, {each.runtime}"
        yield from (f"drift: {text}" for text in answer.get("drifts", ()))


def _find_service(url: str) -> _Post:
    if not url:
        return _make_cloud_post()
    client = ServiceClient(
        url.rstrip("/").removesuffix("/v2"), MICROVERSION, os.environ.get("OS_TOKEN")
    )
    return lambda body: client.post(f"/v2{PATH}", body)


def _make_cloud_post() -> _Post:
    import openstack  # half a second that only a cloud is worth
    from openstack.exceptions import SDKException

    def post(body: dict[str, Any]) -> Any:
        try:
            cloud = openstack.connect()
            answer = cloud.accelerator.post(PATH, json=body, microversion=MICROVERSION)
        except SDKException as error:
            raise CallFailed(f"the service cannot be reached: {error}") from error
        if not answer.ok:
            raise CallFailed(f"POST {PATH} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    return post
