"""From a PyTorch checkpoint to its parameters: to the byte, nothing unpickled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.formats.checkpoint.files import open_checkpoint
from cyborg_rr.readers.formats.checkpoint.names import Named, list_tensors
from cyborg_rr.readers.formats.checkpoint.sharing import Counted, count_once
from cyborg_rr.readers.formats.checkpoint.values import Tensor
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.statedict.imports import warn_of_imports

CONFIG: Final = "config.json"

_SHOWN: Final = 5


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    if source.is_folder:
        raise UnreadableModel("a folder is no checkpoint: give the .pt file")
    checkpoint = open_checkpoint(source.data)
    named = list_tensors(checkpoint.value)
    if not named.storages and not named.weights:
        raise UnreadableModel("the checkpoint holds no tensors")
    checkpoint.check(named.storages, source.data)
    counted = count_once(named.weights)
    return Graph(
        ir=IRIdentity(family, None, checkpoint.encoding, producer="pytorch"),
        name=source.name or "model",
        body=Block({}, (), (), _store(counted)),
        completeness="header",
        warnings=(
            _tell_of_no_graph(source),
            *warn_of_imports(checkpoint.imports),
            *_tell_of_sharing(counted),
            *_tell_of_others(named),
        ),
    )


def _store(counted: Counted) -> dict[str, StoredTensor]:
    """Numbers that models learn are parameters, counters and masks are constants."""
    stored = {name: _store_one(kind) for name, kind in counted.tensors.items()}
    for name, kind in counted.absent.items():
        stored[name] = StoredTensor(kind, "parameter", "absent")
    return stored


def _store_one(kind: TensorType) -> StoredTensor:
    found = find_element_type(kind.element_type)
    learned = found is not None and found.may_be_weights
    return StoredTensor(kind, "parameter" if learned else "constant", "inline")


def _tell_of_no_graph(source: Source) -> str:
    """Where the graph is to be had."""
    if source.folder is not None and CONFIG in source.folder.files:
        advice = f"{CONFIG} lies beside it: give their folder"
    else:
        advice = f"give a folder with {CONFIG} or what torch.export.save writes (.pt2)"
    return f"a checkpoint states no graph, so that no work and no cache are known: {advice}"


def _tell_of_sharing(counted: Counted) -> Iterator[str]:
    if counted.shared:
        names = list_names(counted.shared, _SHOWN)
        yield f"{len(counted.shared)} tensors share the memory of others and count once: {names}"
    if counted.flat:
        names = list_names(counted.flat, _SHOWN)
        yield f"of views with holes or overlaps the whole storage counts: {names}"
    if counted.hidden_bytes:
        yield (
            f"{counted.hidden_bytes} bytes lie in storages beside the tensors that are views of "
            "them: they take memory when the file is loaded and are no parameters"
        )


def _tell_of_others(named: Named) -> Iterator[str]:
    """Tensors that serving needs none of."""
    if named.optimizer:
        size = _sum_tensors(named.optimizer.values())
        yield f"{len(named.optimizer)} tensors of {size} bytes are of an optimizer: no weights"
    if named.others:
        tensors = [tensor for group in named.others.values() for tensor in group.values()]
        keys = list_names(list(named.others), _SHOWN)
        size = _sum_tensors(tensors)
        yield f"{len(tensors)} tensors of {size} bytes beside the weights are left out: {keys}"


def _sum_tensors(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.type.byte_size or 0 for tensor in tensors)
