"""What a machine says of itself that another one does not, hashed: it leaves the host so only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cyborg_rr.domain.hardware.keys import hash_key

MACHINE_ID = "etc/machine-id"
"""Made at installation; see machine-id(5), which asks that it is not shown as it is."""

PRODUCT_UUID = "sys/class/dmi/id/product_uuid"
"""The board's, from the SMBIOS system information (type 1); only root may read it."""

MAX_BYTES = 256

NOBODYS = frozenset(
    {
        "",
        "uninitialized",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    }
)
"""What stands there when nobody has set it: machine-id(5); SMBIOS 3.0, 7.2.1 (System UUID)."""


def read_machine_parts(root: Path = Path("/")) -> Mapping[str, str]:
    """Hashes of what can be read, by what it is."""
    paths = {"machine-id": MACHINE_ID, "product_uuid": PRODUCT_UUID}
    texts = {name: _read(root / path) for name, path in paths.items()}
    return {name: hash_key(f"{name} {text}") for name, text in texts.items() if text not in NOBODYS}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("ascii", "replace").strip().lower()
    except OSError:
        return ""
