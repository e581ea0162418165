"""The shipped catalogue, read once for each worker: nothing changes one that is loaded."""

from functools import cache

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load as load_anew

__all__ = ["load", "load_anew"]


@cache
def load() -> Catalogue:
    """What ``cyborg_rr.catalogue.loading.load`` makes of no other files."""
    return load_anew()
