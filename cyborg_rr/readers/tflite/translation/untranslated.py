"""Builtin operations that no rule translates: those of blocks, and those without a counterpart."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CALLS: Final = frozenset({"CALL", "CALL_ONCE", "STABLEHLO_COMPOSITE"})
"""Their subgraphs are written out in their place."""

BRANCHES: Final[Mapping[str, str]] = MappingProxyType({"IF": "if", "STABLEHLO_CASE": "case"})
LOOPS: Final = frozenset({"WHILE", "STABLEHLO_WHILE"})

REDUCERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("STABLEHLO_ADD", "ADD"), "sum"),
        **dict.fromkeys(("STABLEHLO_MULTIPLY", "MUL"), "prod"),
        **dict.fromkeys(("STABLEHLO_MAXIMUM", "MAXIMUM"), "max"),
        **dict.fromkeys(("STABLEHLO_MINIMUM", "MINIMUM"), "min"),
        **dict.fromkeys(("STABLEHLO_AND", "LOGICAL_AND"), "and"),
        **dict.fromkeys(("STABLEHLO_OR", "LOGICAL_OR"), "or"),
    }
)
"""What the subgraph of a reduction does, by its one operation."""

_TABLE: Final = "a table of keys and values has no tensor that a graph could name"
_TEXT: Final = "it works on texts, whose lengths no type states"
_CODE: Final = "it marks something of the format and does no work"

UNTRANSLATED: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE",
             "HASHTABLE_LOOKUP"), _TABLE,
        ),
        **dict.fromkeys(("CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"), _CODE),
        "SKIP_GRAM": _TEXT,
        "LSH_PROJECTION": "it hashes its elements with random seeds",
        "CONCAT_EMBEDDINGS": "the schema names it, and no kernel of TFLite implements it",
        "BUCKETIZE": "a search in sorted limits has no canonical operation",
        "MULTINOMIAL": "draws by given weights have no canonical operation",
    }
)  # fmt: skip
"""Builtin operations that stay unknown, with the reason."""
