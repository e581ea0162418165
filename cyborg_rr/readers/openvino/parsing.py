"""From XML to layers, ports and edges, element by element.

Sizes are most of such a file, and those of input ports repeat what the output ports say: they are
passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from sys import intern
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.readers.formats.xml_events import make_parser, run_parser
from cyborg_rr.readers.openvino.document import (
    NOTHING,
    Attributes,
    Blob,
    Document,
    Layer,
    Network,
    Port,
    get_whole,
)
from cyborg_rr.readers.openvino.values import parse_whole
from cyborg_rr.readers.reading.limits import MAX_NODES, MAX_RANK
from cyborg_rr.readers.reading.source import Buffer

MAX_NAME_LENGTH: Final = 4096
MAX_DEPTH: Final = 32
"""Networks within networks."""

_BODIES: Final = frozenset({"body", "then_body", "else_body"})
_LISTS: Final = frozenset({"port_map", "then_port_map", "else_port_map", "back_edges"})
_BLOBS: Final = frozenset({"weights", "biases", "custom"})
_NOTES: Final = frozenset({"MO_version", "Runtime_version"})
_MARK: Final = "\0"
"""Stands where a size begins or ends in the text of an output port: no XML has it."""

_INFORMATION: Final = frozenset({"rt_info", "meta_data", "statistics", "pre-process"})


def parse_document(data: Buffer) -> Document:
    """The network of a file. Raises ``UnreadableModel`` for what is none."""
    builder = _Builder()
    run_parser(builder.parser, data)
    builder.rest()
    if builder.root is None:
        raise UnreadableModel("the file has no network")
    return Document(builder.root, builder.network, builder.notes)


class _Builder:
    """What has been read so far; the innermost network and layer are the last of their lists."""

    def __init__(self) -> None:
        self.parser = make_parser()
        self.root: Attributes | None = None
        self.network = Network()
        self.notes: dict[str, str] = {}
        self._networks = [self.network]
        self._layers: list[Layer] = []
        self._precision = ""
        self._side = ""
        self._port: tuple[int, str] | None = None
        self._texts: list[str] = []
        self._information = 0
        self._resume()
        self.parser.StartElementHandler = self._start_root

    def _resume(self) -> None:
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def rest(self) -> None:
        """Let go of the parser, which would keep all alive that was read, and be kept by it."""
        self.parser.StartElementHandler = self.parser.EndElementHandler = None
        self.parser.CharacterDataHandler = None

    # ---- events

    def _start_root(self, tag: str, attributes: Attributes) -> None:
        if tag != "net":
            raise UnreadableModel(f"it is no OpenVINO IR: its root is <{shorten(tag)}>")
        self.root, self._precision = attributes, attributes.get("precision", "")
        self._resume()

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == "dim":  # the commonest
            if self._port is not None:
                self._texts.append(_MARK)
            return
        known = _STARTS.get(tag)
        if known is not None:
            known(self, attributes)
        elif tag in _INFORMATION:
            self._information = 1
            self.parser.StartElementHandler = self._inform
            self.parser.EndElementHandler = self._uninform
        elif self._layers:
            self._start_in_layer(tag, attributes)

    def _start_in_layer(self, tag: str, attributes: Attributes) -> None:
        layer = self._layers[-1]
        if tag.endswith("_data") or tag == "attributes":
            layer.attributes.update(attributes)
        elif tag in _BLOBS:
            layer.blobs = {**layer.blobs, tag: _make_blob(attributes, layer)}
        elif tag in _LISTS:
            lines: list[tuple[str, Attributes]] = []
            layer.lists = {**layer.lists, tag: lines}
            self.parser.StartElementHandler = lambda tag, stated: lines.append((tag, stated))
        elif tag in _BODIES:
            if len(self._networks) > MAX_DEPTH:
                raise UnreadableModel(f"networks are nested more than {MAX_DEPTH} deep")
            network = Network()
            layer.bodies = {**layer.bodies, tag: network}
            self._networks.append(network)

    def _end(self, tag: str) -> None:
        if tag == "dim":
            if self._port is not None:
                self._texts.append(_MARK)
            return
        known = _ENDS.get(tag)
        if known is not None:
            known(self)

    def _inform(self, tag: str, attributes: Attributes) -> None:
        """Within what only informs: of the whole network, a few notes are kept."""
        self._information += 1
        if tag in _NOTES and not self._layers and "value" in attributes:
            self.notes.setdefault(tag, attributes["value"])

    def _uninform(self, tag: str) -> None:
        self._information -= 1
        if self._information == 0:
            self._resume()

    # ---- elements

    def _close_root(self) -> None:
        _check_edges(self.network)

    def _close_body(self) -> None:
        if len(self._networks) > 1:
            _check_edges(self._networks.pop())

    def _close_list(self) -> None:
        self.parser.StartElementHandler = self._start

    def _open_layer(self, attributes: Attributes) -> None:
        network = self._networks[-1]
        if len(self._layers) >= len(self._networks):
            raise UnreadableModel("a layer stands within another")
        number = get_whole(attributes, "id", "a layer")
        name, kind = attributes.get("name", ""), intern(attributes.get("type", ""))
        if not kind or len(kind) > MAX_NAME_LENGTH or len(name) > MAX_NAME_LENGTH:
            raise UnreadableModel(f"layer {number} has no type, or a name of no use")
        if number in network.layers:
            raise UnreadableModel(f"a network has two layers {number}")
        if len(network.layers) >= MAX_NODES:
            raise UnreadableModel(f"a network has more than {MAX_NODES} layers")
        precision = attributes.get("precision", self._precision)
        opset = intern(attributes.get("version", ""))
        layer = Layer(
            number, name or f"layer{number}", kind, opset, precision,
            {}, [], [], NOTHING, NOTHING, NOTHING,
        )  # fmt: skip
        network.layers[number] = layer
        self._layers.append(layer)

    def _close_layer(self) -> None:
        if self._layers and len(self._layers) >= len(self._networks):
            layer = self._layers.pop()
            if layer.kind != "Const":  # each of these lies elsewhere
                layer.attributes = _share(tuple(layer.attributes.items()))
        self._side = ""

    def _add_attributes(self, attributes: Attributes) -> None:
        if self._layers:
            layer = self._layers[-1]
            if layer.attributes:
                layer.attributes.update(attributes)
            else:
                layer.attributes = attributes

    def _open_inputs(self, _: Attributes) -> None:
        self._side = "input"

    def _open_outputs(self, _: Attributes) -> None:
        self._side = "output"

    def _close_side(self) -> None:
        self._side = ""

    def _open_port(self, attributes: Attributes) -> None:
        if not self._layers:
            return
        layer = self._layers[-1]
        number = parse_whole(attributes.get("id", ""))
        if number is None:
            raise UnreadableModel(f"{layer.place} has a port without a number")
        if self._side == "input":
            layer.inputs.append(number)
        elif self._side == "output":
            self._port = (number, attributes.get("precision", layer.precision))
            self._texts.clear()
            self.parser.CharacterDataHandler = self._texts.append

    def _close_port(self) -> None:
        if self._port is None:
            return
        self.parser.CharacterDataHandler = None
        layer, sizes = self._layers[-1], _parse_sizes("".join(self._texts))
        if sizes is None:
            raise UnreadableModel(f"{layer.place} has a port without usable sizes")
        layer.outputs.append(_make_port(*self._port, sizes))
        self._port = None

    def _add_edge(self, attributes: Attributes) -> None:
        network = self._networks[-1]
        get = attributes.get
        layer, port = parse_whole(get("to-layer", "")), parse_whole(get("to-port", ""))
        before, out = parse_whole(get("from-layer", "")), parse_whole(get("from-port", ""))
        if layer is None or port is None or before is None or out is None:
            raise UnreadableModel("an edge lacks a layer or a port")
        if (layer, port) in network.edges:
            raise UnreadableModel(f"two edges lead to port {port} of layer {layer}")
        network.edges[layer, port] = (before, out)


_STARTS: Final[Mapping[str, Callable[[_Builder, Attributes], None]]] = {
    "layer": _Builder._open_layer, "port": _Builder._open_port,
    "edge": _Builder._add_edge, "data": _Builder._add_attributes, "input": _Builder._open_inputs,
    "output": _Builder._open_outputs,
}  # fmt: skip
_ENDS: Final[Mapping[str, Callable[[_Builder], None]]] = {
    "port": _Builder._close_port, "layer": _Builder._close_layer,
    "input": _Builder._close_side, "output": _Builder._close_side, "net": _Builder._close_root,
    **dict.fromkeys(_LISTS, _Builder._close_list),
    **dict.fromkeys(_BODIES, _Builder._close_body),
}  # fmt: skip
"""What is done where an element begins, and where it ends."""


def _make_attributes(items: tuple[tuple[str, str], ...]) -> Attributes:
    return dict(items)


def _make_blob(attributes: Attributes, layer: Layer) -> Blob:
    offset = get_whole(attributes, "offset", layer.place)
    size = get_whole(attributes, "size", layer.place)
    if offset < 0 or size < 0:
        raise UnreadableModel(f"{layer.place} has weights before the beginning of their file")
    return Blob(offset, size, attributes.get("precision", ""))


def _check_edges(network: Network) -> None:
    layers = network.layers
    for target, source in network.edges.items():
        if source[0] not in layers or target[0] not in layers:
            raise UnreadableModel(
                f"the edge from layer {source[0]} to layer {target[0]} names one that is not there"
            )


_share = lru_cache(maxsize=4096)(_make_attributes)
_make_port = lru_cache(maxsize=4096)(Port)
"""One object for equal attributes and ports: those of most layers are."""


@lru_cache(maxsize=4096)
def _parse_sizes(texts: str) -> tuple[int, ...] | None:
    """The sizes in the text of a port, each between two marks; None for none of use."""
    sizes = []
    for text in texts.split(_MARK)[1::2]:
        size = parse_whole(text)
        if size is None or size < -1:
            return None
        sizes.append(size)
    return tuple(sizes) if len(sizes) <= MAX_RANK else None
