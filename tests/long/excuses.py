"""Mutants of cost rules that no case can notice.

Each is named by its place and by how the changed statement reads. An entry that excuses nothing any
more fails the check, so the table only holds what is so today.
"""

from __future__ import annotations

from typing import Final

Excuses = dict[tuple[str, str], str]

_STATIC = "a cost is only asked for static types, so what this looks for is always there"
_CACHE = "of a key only the length counts, and keys and values are equally many"

EQUIVALENT: Final[Excuses] = {
    ("_cost", "key = _with_past(node, _heads(node, 2, 'kv_num_heads'), 4)"): _CACHE,
    ("_cost", "key = _with_past(node, _heads(node, 1, 'kv_num_heads'), 5)"): _CACHE,
    ("_cost", "value = _with_past(node, _heads(node, 2, 'kv_num_heads'), 6)"): (
        "of a value only the width counts, and the cached part is as wide"
    ),
    ("_gemm_cost", "inner = sides[0][1] if True else 0"): _STATIC,
    ("_gemm_cost", "inner = sides[0][1] if sides else 1"): _STATIC,
    ("_sized", "return tuple((d for d in shape or () if True))"): _STATIC,
    (
        "reads_result",
        "size = max((result.byte_size or 0 for result in node.results))",
    ): "every operation of this rule has one result",
    ("_last", "return int(shape[-2])"): "the matrices are square",
    (
        "_statistics",
        "for dimension in shape[:node.axis(len(shape)) if shape else 1]:",
    ): "of a scalar's shape there is nothing to take",
}
"""Mutants that answer as the rule does for every node there can be, with the reason."""
