"""From the files of a folder, or one of them, to a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import QUANTIZATION, Dialect, Graph, IRIdentity
from cyborg_rr.readers.formats.safetensors import (
    looks_like_safetensors,
    parse_header,
    parse_index,
    show,
)
from cyborg_rr.readers.huggingface.adapters import build_adapter
from cyborg_rr.readers.huggingface.marks import (
    ADAPTER,
    CONFIG,
    PIPELINE,
    QUANTISED,
    is_config,
    is_index,
)
from cyborg_rr.readers.huggingface.model import Model, build_model
from cyborg_rr.readers.huggingface.pipelines import Part, join_parts, list_parts
from cyborg_rr.readers.huggingface.quantising import add_beside, find_method
from cyborg_rr.readers.huggingface.settings import Settings, parse_settings
from cyborg_rr.readers.huggingface.weights import (
    Weights,
    explain_pickles,
    find_weights,
    read_shards,
)
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Folder, Source

_SHOWN: Final = 80
_NO_MODELS: Final = ("Scheduler", "Tokenizer", "Processor", "FeatureExtractor")
"""How the names of parts end that have a configuration and no weights."""


def read_source(source: Source, family: str) -> Graph:
    """The graph of a folder or of a file of the hub."""
    if source.is_folder and source.folder is not None:
        return _read_folder(source.name, source.folder, family)
    head = source.head
    if looks_like_safetensors(head):
        tensors = parse_header(source.data).tensors
        model = build_model(None, Weights(tensors))
        return _finish(source.name, model, None, "safetensors", family)
    if is_index(head):
        if source.folder is None:
            raise UnreadableModel("an index names shards beside it: give their folder")
        weights = read_shards(source.folder, parse_index(source.data))
        return _finish(source.name, build_model(None, weights), None, "safetensors", family)
    if not is_config(head):
        raise UnreadableModel("neither safetensors nor a configuration of a model")
    settings = parse_settings(source.data)
    _check_is_model(settings)
    model = _build(settings, None, source.folder)
    return _finish(source.name, model, settings, "json", family)


def _read_folder(name: str, folder: Folder, family: str) -> Graph:
    if PIPELINE in folder.files:
        settings = parse_settings(folder.open(PIPELINE), PIPELINE)
        if settings.text("_class_name"):
            model, methods = _read_pipeline(settings, folder)
            return _finish(name, model, settings, "safetensors", family, methods)
    found = _read_model(folder)
    if found is None:
        raise UnreadableModel("no config.json of a model and no safetensors in the folder")
    model, read, weights = found
    return _finish(name, model, read, "json" if weights is None else weights.encoding, family)


def _check_is_model(settings: Settings) -> None:
    """Refuse what is written like the configuration of a model and is of something else."""
    if not settings.names_a_model:
        raise UnreadableModel("neither safetensors nor a configuration of a model")
    named = settings.text("_class_name")
    if named.endswith(_NO_MODELS):
        raise UnreadableModel(f"it is the configuration of a {show(named)}, which is no model")


def _finish(
    name: str,
    model: Model,
    settings: Settings | None,
    encoding: str,
    family: str,
    methods: Sequence[str] = (),
) -> Graph:
    """The whole graph; ``methods`` are those by which weights of its parts are quantised."""
    version = settings.text("transformers_version", "_diffusers_version") if settings else ""
    return Graph(
        ir=IRIdentity(
            family,
            None,
            encoding,
            producer=_name_producer(settings) if settings and version else None,
            producer_version=_show(version) or None,
            dialects=_list_dialects(settings, methods) if settings else (),
        ),
        name=name,
        body=model.body,
        completeness=model.completeness,
        warnings=model.warnings,
        cache=model.cache,
    )


def _list_dialects(settings: Settings, methods: Sequence[str]) -> tuple[Dialect, ...]:
    """The class that the model is of, and how its weights are packed, as serving engines ask."""
    architecture = _show(next(iter(settings.texts("architectures")), ""))
    method = _show(", ".join(dict.fromkeys(filter(None, (find_method(settings), *methods)))))
    found = (Dialect(architecture, None), Dialect(QUANTIZATION, method))
    return tuple(each for each in found if each.name and each.version != "")


def _show(text: str) -> str:
    return printable(text.encode(errors="replace"))[:_SHOWN]


def _build(settings: Settings | None, weights: Weights | None, folder: Folder | None) -> Model:
    """A model, an adapter, or for a lone index of a pipeline its refusal."""
    if settings is not None and settings.find("peft_type") is not None:
        return build_adapter(settings, weights)
    if settings is not None and settings.find("model_type", "architectures") is None:
        named = settings.text("_class_name")
        if folder is not None and named.endswith("Pipeline"):
            raise UnreadableModel("a pipeline's index names folders beside it: give their folder")
    return build_model(settings, weights)


def _read_model(folder: Folder) -> tuple[Model, Settings | None, Weights | None] | None:
    """The model of one folder; None where there is none."""
    weights = find_weights(folder)
    settings = None
    if CONFIG in folder.files:
        settings = parse_settings(folder.open(CONFIG))
        if QUANTISED in folder.files:
            settings = add_beside(settings, parse_settings(folder.open(QUANTISED), QUANTISED))
    elif ADAPTER in folder.files:
        settings = parse_settings(folder.open(ADAPTER), ADAPTER)
    if weights is None and (settings is None or not settings.names_a_model):
        return None
    model = _build(settings, weights, None)
    if weights is None:
        model = replace(model, warnings=(*explain_pickles(folder), *model.warnings))
    return model, settings, weights


def _read_pipeline(index: Settings, folder: Folder) -> tuple[Model, list[str]]:
    """All parts of a pipeline that are there, and by which methods they are quantised."""
    parts: list[Part] = []
    missing: list[str] = []
    methods: list[str] = []
    for name in list_parts(index):
        found = _read_model(folder.enter(name)) if name in folder.folders else None
        if found is None:
            missing.append(name)
        else:
            parts.append(Part(name, found[0]))
            methods.append(find_method(found[1]) if found[1] else "")
    if not parts:
        raise UnreadableModel(f"no part that {PIPELINE} names has weights or a configuration here")
    return join_parts(parts, tuple(missing)), methods


def _name_producer(settings: Settings) -> str:
    """The library that wrote a configuration."""
    return "diffusers" if settings.text("_diffusers_version") else "transformers"
