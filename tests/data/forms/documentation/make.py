"""Writes the forms whose exporters no longer install: ``python make.py``.

Each follows the published format; none shares a line with the reader of its family.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dlvm import Module
from networks import write_cnn, write_encoder
from ngraph import Function
from nnvm_compiled import Graph
from nnvm_symbol import Symbol
from relay import Relay

sys.path.append(str(Path(__file__).resolve().parent.parent))

from packing import keep

FORMS = {
    "nnvm_symbol.json": Symbol, "nnvm_compiled.json": Graph, "ngraph.json": Function,
    "relay.relay": Relay, "module.dl": Module,
}  # fmt: skip


def main() -> None:
    """Write all of them."""
    for name, kind in FORMS.items():
        network = kind()
        keep("cnn", name, network.write(write_cnn(network)))
        if hasattr(kind, "finish"):
            network = kind()
            keep("encoder", name, network.write(network.finish(write_encoder(network))))


if __name__ == "__main__":
    main()
