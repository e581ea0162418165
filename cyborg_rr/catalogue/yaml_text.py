"""A YAML text as plain data, in which no key of a mapping stands twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from cyborg_rr.domain.errors import BadCatalogue

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str, name: str) -> object:
    """The data of the one document in a text; ``BadCatalogue`` names the file and the line."""
    try:
        return _construct(text)
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise BadCatalogue(f"{name}:{line} {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadCatalogue(f"{name}: is not YAML: {' '.join(str(error).split())}") from None


def _construct(text: str) -> object:
    """Keys are looked at before data are made of them: by then the last one has won."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        for mapping in _list_mappings(node):
            _refuse_twins(mapping)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _list_mappings(top: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Each mapping once, however many aliases lead to it."""
    seen: set[int] = set()
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _refuse_twins(mapping: yaml.MappingNode) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if (key.tag, key.value) in seen:
            problem = f"the key {key.value[:60]!r} stands twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        seen.add((key.tag, key.value))
