"""Small programs, written out: what torch.jit.save would write, or would not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchscript.reader import TorchScriptReader
from tests.readers.statedict.files import mapping, name, storage, tensor

HEAD = """class Net(Module):
  __parameters__ = ["w", ]
  __buffers__ = []
  w : Tensor
"""


def forward(*lines: str, parameters: str = "x: Tensor") -> str:
    """A class whose forward method has these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"{HEAD}  def forward(self: __torch__.Net,\n    {parameters}) -> Tensor:\n{body}"


def save(code: str, state: bytes | None = None, constants: bytes = b")", **members: bytes) -> bytes:
    """An archive; its module has one weight of 2 x 3 numbers unless another state is given."""
    state = mapping({"w": tensor(storage("0", 6), (2, 3))}) if state is None else state
    module = name("__torch__", "Net") + b")\x81" + state + b"b"
    contents: Mapping[str, bytes] = {
        "data.pkl": b"\x80\x02" + module + b".",
        "constants.pkl": b"\x80\x02" + constants + b".",
        "code/__torch__.py": code.encode(),
        "data/0": bytes(24),
        "version": b"3\n",
        **members,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in contents.items():
            archive.writestr(f"m/{member}", content)
    return buffer.getvalue()


def read(data: bytes) -> Graph:
    """What the reader makes of it."""
    return TorchScriptReader().read(Source("m", data))


def list_operations(graph: Graph) -> list[str]:
    """Canonical operations in order."""
    return [node.operation for node in graph.body.nodes]
