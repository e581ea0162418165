"""YAML files of operators, read without what YAML can do to a program that reads it."""

from __future__ import annotations

import yaml

from cyborg_rr.domain.errors import BadCatalogue

MAX_NESTING = 20


class _PlainLoader(yaml.SafeLoader):
    """YAML without what could do harm: aliases, tags, deep nesting, keys that stand twice."""

    def __init__(self, stream: bytes | str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._refusal("aliases are not allowed")
        if self.peek_event().tag is not None:  # type: ignore[no-untyped-call]
            raise self._refusal("tags are not allowed")
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self._refusal("nested too deeply")
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def _refusal(self, cause: str) -> yaml.MarkedYAMLError:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        return yaml.composer.ComposerError(None, None, cause, event.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                cause = "a key must be plain text"
            elif key.value in seen:
                cause = f"key {key.value!r} stands twice"
            else:
                seen.add(key.value)
                continue
            raise yaml.constructor.ConstructorError(None, None, cause, key.start_mark)
        return super().construct_mapping(node, deep)


def load_plain_yaml(data: bytes | str, source: str) -> object:
    """The value that a YAML text holds; ``BadCatalogue`` names the source and the line."""
    try:
        return yaml.load(data, Loader=_PlainLoader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" line {mark.line + 1}:" if mark else ""
        raise BadCatalogue(f"{source}:{place} {error.problem}") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise BadCatalogue(f"{source}: is not YAML: {' '.join(str(error).split())}") from None
