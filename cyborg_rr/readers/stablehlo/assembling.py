"""From one module of StableHLO, in any form, to a graph."""

from __future__ import annotations

from collections import Counter

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Arguments, Dialect, Graph, IRIdentity
from cyborg_rr.readers.dialects.mlir.calls import list_operations, plan_calls
from cyborg_rr.readers.formats.mlir.structure import Function, Module
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.kit.weights import explain_weights
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.arguments import list_entry_arguments
from cyborg_rr.readers.stablehlo.conditions import list_conditions
from cyborg_rr.readers.stablehlo.functions import Lowering
from cyborg_rr.readers.stablehlo.loading import Loaded, load

_HELPFUL = frozenset({"func", "cf", "sdy", "shape", "ml_program"})
"""Dialects that may stand in a module of ours and make it no other one's."""
_MAX_REPLICAS = 2**31


def read_source(source: Source, family: str) -> Graph:
    """Read a whole file; see ``Reader.read``."""
    loaded = load(source)
    module = loaded.module
    identity = _identify(loaded)
    entry = _find_entry(module)
    called, calls = plan_calls(module, entry)
    replicas = _read_count(module, "mhlo.num_replicas")
    partitions = _read_count(module, "mhlo.num_partitions")
    arguments = list_entry_arguments(module, entry)
    conditions = list_conditions(entry)  # lowering gives the text of a body up
    lowering = Lowering(module, replicas * partitions)
    for function in called:
        lowering.write_function(function)
    body = lowering.lower(entry, arguments)
    shardings = lowering.shardings
    has_parameters = any(tensor.kind == "parameter" for tensor in body.stored.values())
    weights = (argument.weight for argument in arguments)
    note = explain_weights(weights, len(arguments), has_parameters)
    warnings = [*shardings.list_warnings(), *_list_warnings(loaded, note, lowering.unknown)]
    return Graph(
        ir=identity,
        name=module.name or source.name,
        body=body,
        completeness="partial" if lowering.unknown else "full",
        replicas=replicas,
        partitions=max(partitions, shardings.devices),
        warnings=tuple(warnings),
        arguments=Arguments(tuple(argument.tensors for argument in arguments), note),
        conditions=conditions,
        mesh=shardings.mesh,
        shardings=shardings.values,
        output_shardings=shardings.outputs,
        calls=calls,
    )


def _find_entry(module: Module) -> Function:
    """The function ``main``, else the first public one that has a body."""
    defined = [function for function in module.functions.values() if function.body is not None]
    main = module.functions.get("main")
    if main is not None and main.body is not None:
        return main
    public = [function for function in defined if function.public]
    if not public:
        raise UnreadableModel("the module has no public function with a body")
    return public[0]


def _read_count(module: Module, key: str) -> int:
    count = module.attributes.get(key, 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count < _MAX_REPLICAS:
        raise UnreadableModel(f"the module attribute {key} is not a positive number")
    return count


def _identify(loaded: Loaded) -> IRIdentity:
    """Dialects by use. Only a portable artifact states the StableHLO that it is written for."""
    used: dict[str, None] = {}
    for function in loaded.module.functions.values():
        names = [operation.name for operation in list_operations(function.body or [])]
        for name in dict.fromkeys(names):
            dialect, _, rest = name.partition(".")
            if rest:
                used.setdefault(dialect[:64])
    ours = {"stablehlo", "mhlo", "chlo"}
    foreign = [dialect for dialect in used if dialect not in ours | _HELPFUL]
    if foreign and not ours & used.keys():
        raise UnreadableModel(
            f"the module holds operations of the dialect {foreign[0]!r}, not of StableHLO"
        )
    versions = {"stablehlo": loaded.version}
    return IRIdentity(
        "stablehlo",
        loaded.version,
        loaded.form,
        producer=loaded.producer,
        producer_version=loaded.version,
        dialects=tuple(Dialect(dialect, versions.get(dialect)) for dialect in sorted(used)),
    )


def _list_warnings(loaded: Loaded, note: str, unknown: Counter[str]) -> list[str]:
    warnings = [note] if note else []
    if loaded.platforms:
        warnings.append(f"JAX runs this export on {', '.join(loaded.platforms)} only")
    return warnings + explain_unknown(unknown)
