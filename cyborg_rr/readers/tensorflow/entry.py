"""What of a file is the model: a signature, or the results that nothing else reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.tensorflow.messages import GraphDef, MetaGraph, NodeDef, Signature
from cyborg_rr.readers.tensorflow.references import MERGES, Reference, Values, parse_reference
from cyborg_rr.readers.tensorflow.schema import RESULTS
from cyborg_rr.readers.tensorflow.values import TypeWord

_SERVING: Final = "serving_default"
_SERVED: Final = "serve"
_OWN: Final = "__saved_model_"
"""How names of signatures begin that only loading uses."""

_PLACEHOLDERS: Final = frozenset({"Placeholder", "PlaceholderV2", "PlaceholderWithDefault"})
_SOURCES: Final = _PLACEHOLDERS | {"Const", "VarHandleOp", "Variable", "VariableV2"}
_EFFECTS: Final = ("Assign", "Save", "Restore", "Apply", "ResourceApply", "SparseApply",
                   "ResourceSparseApply", "Scatter", "ResourceScatter", "Write", "Print", "Assert",
                   "InitializeTable", "MergeV2Checkpoints", "VarIsInitialized", "IsVariable",
                   "Summary", "ReadVariableOp", "Exit", "RefExit")  # fmt: skip
"""How operations begin that are run for what they do, not for what they yield."""

_MAX_RESULTS: Final = 1024


@dataclass(slots=True)
class Entry:
    """What the model yields and how its inputs are called."""

    roots: list[Reference] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def choose_graph(graphs: list[MetaGraph]) -> tuple[MetaGraph, list[str]]:
    """The graph that is served, with a warning that names others."""
    chosen = next((each for each in graphs if _SERVED in each.tags), graphs[0])
    others = ["+".join(each.tags) or "no tags" for each in graphs if each is not chosen]
    if not others:
        return chosen, []
    tags = "+".join(chosen.tags) or "no tags"
    return chosen, [f"of several graphs the one with {tags} was read, not {list_names(others)}"]


def choose_entry(meta: MetaGraph, keys: Values) -> Entry:
    """The signature that is served, the only one, or what the graph yields."""
    signatures = {
        name: each
        for name, each in meta.signatures.items()
        if not name.startswith(_OWN) and each.outputs
    }
    if not signatures:
        return Entry(list_results(meta.graph, keys))
    name = _SERVING if _SERVING in signatures else min(signatures)
    entry = _read_signature(name, signatures[name])
    others = sorted(other for other in signatures if other != name)
    if others:
        entry.warnings.append(
            f"the signature {name} was read; beside it there are: {list_names(others)}"
        )
    return entry


def _read_signature(name: str, signature: Signature) -> Entry:
    entry = Entry()
    for key, info in signature.outputs.items():
        reference = parse_reference(info.name) if info.name else None
        if reference is None:
            entry.warnings.append(f"the output {quote(key)} is of several parts and was not read")
        else:
            entry.roots.append(reference)
    if not entry.roots:
        raise UnreadableModel(f"the signature {quote(name)} yields no tensor")
    for key, info in signature.inputs.items():
        reference = parse_reference(info.name) if info.name else None
        if reference is not None and reference.place == 0:
            entry.names.setdefault(reference.node, key)
    return entry


def list_results(graph: GraphDef, keys: Values) -> list[Reference]:
    """What the graph yields: results that nothing reads, of nodes that inputs come to."""
    read: set[str] = set()
    readers: dict[str, list[str]] = {}
    for node in graph.nodes:
        for name, _ in keys.reads(node):
            read.add(name)
            readers.setdefault(name, []).append(node.name)
    ends = [node for node in graph.nodes if node.name not in read and node.operation != "NoOp"]
    yielding = [node for node in ends if not _is_effect(node) and node.operation not in _SOURCES]
    fed = _spread((node.name for node in graph.nodes if _is_input(node)), readers)
    for found in ([node for node in yielding if node.name in fed], yielding, ends):
        if found:
            return [
                Reference(node.name, "", place) for node in found for place in range(_count(node))
            ]
    keys.order(node.name for node in graph.nodes)  # refuses a graph of which all lies in a cycle
    raise UnreadableModel("the graph yields nothing: it has no nodes but those that only order")


def _is_effect(node: NodeDef) -> bool:
    return node.operation.startswith(_EFFECTS) or node.operation.endswith("Summary")


def _is_input(node: NodeDef) -> bool:
    if node.operation not in _PLACEHOLDERS:
        return False
    word = node.attributes.get("dtype")
    return not (isinstance(word, TypeWord) and word.element_type == "str")


def _spread(names: Iterable[str], readers: dict[str, list[str]]) -> set[str]:
    """All nodes that values of these come to."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(readers.get(name, ()))
    return found


def _count(node: NodeDef) -> int:
    """How many results a node has whose results nothing reads."""
    if node.operation in RESULTS:
        one = "BatchNorm" in node.operation or node.operation in MERGES
        return 1 if one else len(RESULTS[node.operation])
    for name in ("num_split", "num"):
        count = node.attributes.get(name)
        if isinstance(count, int):
            return min(max(count, 1), _MAX_RESULTS)
    types = node.attributes.get("Tout") or (
        node.attributes.get("T")
        if node.operation in ("IdentityN", "While", "StatelessWhile")
        else None
    )
    return max(len(types), 1) if isinstance(types, tuple) else 1
