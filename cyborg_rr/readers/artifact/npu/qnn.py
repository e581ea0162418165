"""Context binaries of Qualcomm's QNN, of whose format nothing is published."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import BUILT_ON, UNMEASURED, Found
from cyborg_rr.readers.reading.source import Buffer


def read(data: Buffer) -> Found:
    """That it is one is all that can be said."""
    return Found(
        kind="qnn",
        what="a context binary of QNN",
        targets=(Target(BUILT_ON, "SoC of Qualcomm"),),
        producer="qnn",
        lacks=(
            "its format is not published: for which SoC and which version of QNN it was made"
            " qnn-context-binary-utility says",
            UNMEASURED,
        ),
    )
