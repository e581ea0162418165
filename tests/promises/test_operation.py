"""A new operation is its declaration and a hand-counted case: tried on a copy of the package."""

import json

from tests.promises.copied import CopiedPackage

ACTIVATION = "domain/graph/operations/computing/activation.py"
FAMILY = "domain/graph/operations/moving/doubling.py"

NEW_FAMILY = '''"""Everything twice."""

from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first

OPERATIONS = (
    Operation(
        "double",
        kind="movement",
        summary="Everything twice.",
        operands=(DATA,),
        attributes=(Attribute("times", "integer", "how often", 2, "nobody"),),
        shape=same_as_first,
    ),
)
'''

ASK = """
import json
from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.graph.operations.registry import FAMILIES, find_operation
from cyborg_rr.domain.graph.work.workload import find_workload

node = Node({operation!r}, "Native", ("x",), ("y",), {attributes!r})
body = Block({{"x": TensorType("f32", (4, 8))}}, ("y",), (node,))
graph = Graph(IRIdentity("test", None, "memory"), "model", body)
typed = infer(graph)
print(json.dumps({{
    "families": [family.name for family in FAMILIES],
    "found": find_operation({operation!r}).name,
    "shape": typed.types["y"].shape,
    "flops": sum(k.flops_other * n for k, n in find_workload(typed).kernels.items()),
    "problems": [str(problem) for problem in check_graph(graph)],
}}))
"""


def test_an_operation_is_one_entry_in_its_family(package: CopiedPackage) -> None:
    package.replace(
        ACTIVATION,
        '    unary("softsign",',
        '    unary("square_relu", "max(x, 0), squared.", 2),\n    unary("softsign",',
    )
    said = json.loads(package.run(ASK.format(operation="square_relu", attributes={})))
    assert said["found"] == "square_relu"
    assert (said["shape"], said["flops"], said["problems"]) == ([4, 8], 2 * 32, [])
    assert package.changed == [ACTIVATION]


def test_a_family_is_one_file_that_no_list_names(package: CopiedPackage) -> None:
    package.write(FAMILY, NEW_FAMILY)
    said = json.loads(package.run(ASK.format(operation="double", attributes={"time": 3})))
    assert "doubling" in said["families"]
    assert said["found"] == "double"
    assert said["problems"] == [
        "node 'y' (double): undeclared attribute: 'time', the nearest is 'times'"
    ]
    assert package.changed == [FAMILY]
