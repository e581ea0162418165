"""What tells the graphs of NNVM and of MXNet, which are one container, apart, and from other JSON.

Only the ends of a file are looked at. MXNet states its version in ``attrs``, names operations in
CamelCase or by prefixes of its own, or keeps parameters under ``param`` as before 0.9. Where
nothing but names tells, most of those that only one of the two has decide: a single one that
nobody knows makes no other family of a graph.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, Literal

from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

Writer = Literal["nnvm", "mxnet"]

_LISTS: Final = re.compile(rb'"(nodes|arg_nodes|heads|node_row_ptr)"\s*:\s*\[')
_FIRST_NODE: Final = re.compile(
    rb'"nodes"\s*:\s*\[\s*\{\s*'
    rb'(?:"(?:attrs?|param)"\s*:\s*\{[^{}]*\}\s*,\s*|"inputs"\s*:\s*\[[^{}]*?\]\s*,\s*'
    rb'|"name"\s*:\s*"[^"]*"\s*,\s*|"backward_source_id"\s*:\s*-?[0-9]+\s*,\s*)*'
    rb'"op"\s*:\s*"null"'
)
"""The first node of all is a variable: there is nothing else to compute with."""

_OPERATION: Final = re.compile(rb'"op"\s*:\s*"([^"]+)"')
_OF_MXNET: Final = re.compile(rb'"mxnet_version"|"backward_source_id"\s*:|"param"\s*:\s*\{')
_MXNET_NAME: Final = re.compile(
    rb"[A-Z]|_np[xi]?_|_random_|_sample_|_image_|_sg_|_contrib_(?!conv2d|depthwise)|_[a-z]+_scalar\Z"
)
_NNVM_NAME: Final = re.compile(
    rb"(?:_contrib_(?:depthwise_)?)?conv2d|dense\Z|[a-z_]+_pool2d\Z|batch_norm\Z|leaky_relu\Z"
    rb"|l2_normalize\Z|upsampling\Z|(?:strided_slice|expand_like|yolo_reorg|multibox_[a-z_]+)\Z"
    rb"|__[a-z_]+__\Z"
)
"""Operations that nnvm.top has and MXNet never had under that name."""

_COMPILED: Final = b"tvm_op"
_MIN_LISTS: Final = 2


def find_writer(data: Buffer) -> Writer | None:
    """Whose graph it is, by the beginning of the file (and its end); None for other files.

    A first node that is a variable is enough, or two of the lists that the container has.
    """
    head = bytes(data[:HEAD_BYTES])
    if head.lstrip()[:1] != b"{":
        return None
    ends = head if len(data) <= HEAD_BYTES else head + bytes(data[-HEAD_BYTES:])
    lists = {match[1] for match in _LISTS.finditer(ends)}
    if len(lists) < _MIN_LISTS and _FIRST_NODE.search(head) is None:
        return None
    operations = Counter(match[1] for match in _OPERATION.finditer(ends))
    if _COMPILED in operations:
        return "nnvm"
    if _OF_MXNET.search(ends) or _is_of_mxnet(operations):
        return "mxnet"
    return "nnvm" if operations or b"arg_nodes" in lists else None


def _is_of_mxnet(operations: Counter[bytes]) -> bool:
    """Whether MXNet's names are there, and as often as NNVM's."""
    mxnet, nnvm = (
        sum(count for name, count in operations.items() if pattern.match(name))
        for pattern in (_MXNET_NAME, _NNVM_NAME)
    )
    return 0 < mxnet >= nnvm
