"""URLs in answers: made from [api] public_endpoint, or from where the request came in."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Links:
    """Makes URLs below the service's root."""

    root: str

    def version(self) -> str:
        """The URL of the API."""
        return f"{self.root}/v2"

    def item(self, collection: str, key: str) -> str:
        """The URL of one object."""
        return f"{self.root}/v2/{collection}/{quote(key, safe='')}"

    def own(self, collection: str, key: str) -> list[dict[str, str]]:
        """The ``links`` of an object."""
        return [{"href": self.item(collection, key), "rel": "self"}]

    def bookmark(self, collection: str, key: str) -> dict[str, str]:
        """A link without version, as deployables have one."""
        return {"href": f"{self.root}/{collection}/{quote(key, safe='')}", "rel": "bookmark"}
