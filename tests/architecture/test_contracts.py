"""Every line of the drawing is a contract that refuses what breaks it.

Wrong imports are planted in a copy of the package, all at once, and ``lint-imports`` must name each
under the contract that it breaks. Nothing of the copy is run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, ROOT, copy_tree

# Contract -> the wrong imports of it: the file that imports, and the module that it imports. Files
# and packages that are not there yet are made.
PLANTED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Imports run downwards": (
        ("domain/planted.py", "catalogue.catalogue"),
        ("conf/planted.py", "catalogue.catalogue"),
        ("catalogue/planted.py", "conf.opts"),
        ("catalogue/planted.py", "readers.reading.reader"),
        ("rpc/planted.py", "db.engine"),
        ("rpc/planted.py", "agent.ledger"),
        ("drivers/planted.py", "rpc.messages"),
        ("readers/planted.py", "drivers.driver"),
        ("db/planted.py", "rpc.messages"),
        ("db/planted.py", "api.app"),
        ("outside/placement/planted.py", "db.engine"),
        ("api/planted.py", "conductor.bind"),
        ("conductor/planted.py", "agent.ledger"),
        ("agent/planted.py", "api.app"),
        ("wsgi/planted.py", "cmd.api"),
        ("cmd/planted.py", "cli.main"),
        ("cli/planted.py", "cmd.api"),
        ("processes/planted.py", "cli.main"),
        ("processes/planted.py", "cmd.api"),
        ("agent/planted.py", "processes.options"),
        ("offline.py", "agent.ledger"),
        ("readers/planted.py", "offline"),
        ("client/osc/planted.py", "cmd.api"),
    ),
    "The domain runs downwards inside too": (
        ("domain/graph/graph.py", "domain.hardware.devices"),
        ("domain/graph/graph.py", "domain.requirement.requirement"),
        ("domain/errors.py", "domain.graph.graph"),
        ("domain/quota.py", "domain.requests"),
        ("domain/requirement/requirement.py", "domain.representation.representation"),
        ("domain/representation/representation.py", "domain.matching.verdict"),
    ),
    "The graph stands in floors": (
        ("domain/graph/shapes.py", "domain.graph.operations.registry"),
        ("domain/graph/operations/registry.py", "domain.graph.inference.typed"),
        ("domain/graph/inference/typed.py", "domain.graph.work.workload"),
        ("domain/graph/inference/typed.py", "domain.graph.memory.liveness"),
    ),
    "Operations are declared before they are looked up": (
        ("domain/graph/operations/moving/sizes.py", "domain.graph.operations.registry"),
        ("domain/graph/operations/declaring/axes.py", "domain.graph.operations.moving.sizes"),
        ("domain/graph/operations/registry.py", "domain.graph.operations.checking"),
    ),
    "What operations are declared with stands in floors": (
        (
            "domain/graph/operations/declaring/declarations.py",
            "domain.graph.operations.declaring.typed_node",
        ),
        (
            "domain/graph/operations/declaring/axes.py",
            "domain.graph.operations.declaring.windows",
        ),
    ),
    "No family of operations knows another": (
        (
            "domain/graph/operations/computing/pooling.py",
            "domain.graph.operations.computing.convolution",
        ),
        ("domain/graph/operations/moving/sizes.py", "domain.graph.operations.running.structure"),
    ),
    "A server has limits, connections, and who answers them": (
        ("processes/door/limits.py", "processes.door.connection"),
        ("processes/door/connection.py", "processes.door.exchange"),
        ("processes/door/loop.py", "processes.door.exchange"),
        ("processes/door/loop.py", "processes.door.server"),
    ),
    "Only the door knows h11": (("api/request/planted.py", "h11"),),
    "Health is asked, judged and told": (
        ("api/health/probe.py", "api.health.checks"),
        ("api/health/checks.py", "api.health.endpoint"),
    ),
    "The API runs downwards inside too": (
        ("api/request/planted.py", "api.resources.devices.schemas"),
        ("api/request/planted.py", "api.services"),
        ("api/resources/devices/planted.py", "api.operations"),
        ("api/operations.py", "api.app"),
        ("api/layers.py", "api.app"),
        ("api/operations.py", "api.layers"),
        ("api/health/planted.py", "api.operations"),
    ),
    "The steps of a request stand on each other": (
        ("api/request/errors.py", "api.request.caller"),
        ("api/request/query.py", "api.request.answer"),
        ("api/request/answer.py", "api.request.path"),
        ("api/request/path.py", "api.request.walk"),
    ),
    "No resource of the API knows another": (
        ("api/resources/matches/planted.py", "api.resources.devices.policies"),
        ("api/resources/planted/planted.py", "api.resources.attributes.schemas"),
    ),
    "A request knows pages, how a database fails, and nothing else that is stored or called": (
        ("api/request/planted.py", "db.engine"),
        ("api/request/planted.py", "rpc.conductor_client"),
    ),
    "Only the walk of a request knows pecan": (("api/planted.py", "pecan"),),
    "A requirement is explained before it is extracted": (
        ("domain/requirement/explanation.py", "domain.requirement.extraction"),
        ("domain/requirement/requirement.py", "domain.requirement.stored"),
    ),
    "Measurements are checked and fitted, and a plan knows operators alone": (
        (
            "domain/representation/measured/operators.py",
            "domain.representation.measured.measurement",
        ),
        ("domain/representation/measured/table.py", "domain.representation.measured.fitting"),
        ("domain/representation/measured/checking.py", "domain.representation.measured.fitting"),
    ),
    "A compile path is made of stages, and a stage of checks": (
        ("domain/representation/toolchain.py", "domain.representation.compile_path"),
        ("domain/representation/representation.py", "domain.representation.stages.checks"),
    ),
    "The checks of a stage are independent": (
        (
            "domain/representation/stages/hardware.py",
            "domain.representation.stages.versions",
        ),
        ("domain/representation/stages/refusal.py", "domain.representation.stages.checks"),
    ),
    "A coverage table is made of rules, and a rule of conditions": (
        (
            "domain/representation/coverage/conditions.py",
            "domain.representation.coverage.rules",
        ),
        ("domain/representation/coverage/rules.py", "domain.representation.coverage.table"),
        ("domain/representation/coverage/calls.py", "domain.representation.coverage.answers"),
    ),
    "A model is converted as its format is quantised": (
        (
            "domain/matching/converting/conversion.py",
            "domain.matching.converting.variants",
        ),
        ("domain/matching/converting/quantising.py", "domain.matching.converting.packing"),
    ),
    "Changes are listed before they are tried": (
        ("domain/matching/advice/changes.py", "domain.matching.advice.advising"),
    ),
    "Matching judges by filters and estimates, then ranks": (
        ("domain/matching/filters.py", "domain.matching.judging"),
        ("domain/matching/memory.py", "domain.matching.estimate.roofline"),
        ("domain/matching/verdict.py", "domain.matching.refusal"),
    ),
    "An estimate is summed from kernels and rates": (
        ("domain/matching/estimate/rates.py", "domain.matching.estimate.roofline"),
    ),
    "The catalogue is read, checked, merged and asked": (
        ("catalogue/products.py", "catalogue.tables"),
        ("catalogue/knowledge.py", "catalogue.checking"),
        ("catalogue/declared.py", "catalogue.tables"),
    ),
    "A device is identified before it is described": (
        ("catalogue/describing/identify.py", "catalogue.describing.memory"),
    ),
    "Who is alive is heard before it is told, judged and limited": (
        ("conductor/liveness/heard.py", "conductor.liveness.calls"),
        ("conductor/liveness/calls.py", "conductor.liveness.gossip"),
        ("conductor/liveness/gossip.py", "conductor.liveness.watch"),
    ),
    "Drivers stand on the shared scan, no family on another": (
        ("drivers/driver.py", "drivers.sysfs"),
        ("drivers/sysfs.py", "drivers.pci.reading.bus"),
        ("drivers/privileged/writing.py", "drivers.pci.reading.bus"),
        ("drivers/pci/reading/bus.py", "drivers.fpga.intel"),
        ("drivers/gpu/nvidia/driver.py", "drivers.fpga.intel"),
        ("drivers/listed_pci.py", "drivers.whole_function.driver"),
        ("drivers/simulated/fake.py", "drivers.loading"),
        ("drivers/gpu/nvidia/driver.py", "drivers.recording.record"),
    ),
    "A PCI function is read, judged, offered and cleaned": (
        ("drivers/pci/reading/bus.py", "drivers.pci.state"),
        ("drivers/pci/groups.py", "drivers.pci.cleaning.methods"),
        ("drivers/pci/groups.py", "drivers.pci.family"),
        ("drivers/pci/state.py", "drivers.pci.offering"),
    ),
    "The bus is read function by function, a function file by file": (
        ("drivers/pci/reading/function.py", "drivers.pci.reading.bus"),
        ("drivers/pci/reading/link.py", "drivers.pci.reading.files"),
    ),
    "Families of drivers in one room are independent": (
        ("drivers/fpga/intel.py", "drivers.fpga.xilinx"),
        ("drivers/gpu/planted.py", "drivers.gpu.nvidia.driver"),
    ),
    "Drivers do not know what their devices are offered as": (
        ("drivers/planted.py", "domain.hardware.deriving"),
        ("drivers/whole_function/driver.py", "domain.hardware.resource_class"),
    ),
    "Only conductor, api and processes open the database": (
        ("agent/planted.py", "db.engine"),
        ("cmd/planted.py", "db.engine"),
        ("cli/planted.py", "db.engine"),
        ("wsgi/planted.py", "db.engine"),
    ),
    "Only db knows tables and rows": (
        ("conductor/planted.py", "db.tables"),
        ("api/planted.py", "db.rows"),
    ),
    "Only agent and processes import drivers": (
        ("api/planted.py", "drivers.loading"),
        ("conductor/planted.py", "drivers.driver"),
        ("cmd/planted.py", "drivers.loading"),
        ("cli/planted.py", "drivers.simulated.fleet"),
        ("offline.py", "drivers.simulated.fleet"),
    ),
    "Only those who take models import readers": (
        ("conductor/planted.py", "readers.reading.analysis"),
        ("agent/planted.py", "readers.reading.analysis"),
        ("cli/planted.py", "readers.reading.analysis"),
        ("processes/planted.py", "readers.reading.analysis"),
    ),
    "No family of readers knows another, and no shared room knows a family": (
        ("readers/onnx/planted.py", "readers.stablehlo.targets"),
        ("readers/planted/planted.py", "readers.onnx.types"),
        ("readers/kit/planted.py", "readers.onnx.types"),
        ("readers/dialects/planted.py", "readers.onnx.types"),
        ("readers/formats/planted.py", "readers.stablehlo.targets"),
        ("readers/reading/planted.py", "readers.onnx.reader"),
    ),
    "The shared rooms of readers run downwards": (
        ("readers/kit/planted.py", "readers.formats.protobuf_wire"),
        ("readers/kit/planted.py", "readers.dialects.aten.scope"),
        ("readers/formats/planted.py", "readers.kit.node"),
        ("readers/reading/planted.py", "readers.kit.node"),
    ),
    "No format knows another": (
        ("readers/formats/mlir/planted.py", "readers.formats.protobuf_wire"),
    ),
    "The ONNX reader runs downwards inside": (
        ("readers/onnx/types.py", "readers.onnx.attributes"),
        ("readers/onnx/functions.py", "readers.onnx.assembling"),
    ),
    "No shared operation set knows another": (
        ("readers/dialects/mlir/planted.py", "readers.dialects.aten.scope"),
    ),
    "ONNX graphs of any form run downwards inside": (
        ("readers/dialects/onnx/translation/windows.py", "readers.dialects.onnx.graph"),
        ("readers/dialects/onnx/scope.py", "readers.dialects.onnx.order"),
    ),
    "The reader of other dialects of MLIR runs downwards inside": (
        ("readers/mlir/entry.py", "readers.mlir.lowering"),
        ("readers/mlir/translation/maps.py", "readers.mlir.control"),
    ),
    "Modules of any dialect run downwards inside": (
        ("readers/dialects/mlir/values.py", "readers.dialects.mlir.calls"),
    ),
    "The HLO reader runs downwards inside": (
        ("readers/hlo/text/types.py", "readers.hlo.values"),
        ("readers/hlo/calls.py", "readers.hlo.writing"),
    ),
    "The StableHLO reader runs downwards inside": (
        ("readers/stablehlo/translation/windows.py", "readers.stablehlo.functions"),
        ("readers/stablehlo/arguments.py", "readers.stablehlo.nodes"),
    ),
    "The GGUF reader runs downwards inside": (
        ("readers/gguf/tensors.py", "readers.gguf.header"),
        ("readers/gguf/windows.py", "readers.gguf.drawing"),
    ),
    "The Hugging Face reader runs downwards inside": (
        ("readers/huggingface/settings.py", "readers.huggingface.plans"),
        ("readers/huggingface/weights.py", "readers.huggingface.model"),
    ),
    "Recipes of the Hugging Face reader stand on each other": (
        ("readers/huggingface/recipes/parts.py", "readers.huggingface.recipes.decoders"),
        ("readers/huggingface/recipes/encoders.py", "readers.huggingface.recipes.pairs"),
    ),
    "Recipes of models of few kin know no other": (
        (
            "readers/huggingface/recipes/seldom/few_kin.py",
            "readers.huggingface.recipes.seldom.experts",
        ),
    ),
    "Towers of the Hugging Face reader are put together in one table": (
        ("readers/huggingface/towers/images.py", "readers.huggingface.towers.projecting"),
        ("readers/huggingface/towers/defaults.py", "readers.huggingface.towers.images"),
    ),
    "An architecture is planned, drawn part by part, and put together": (
        ("readers/architectures/plans.py", "readers.architectures.drawing"),
        ("readers/architectures/attention.py", "readers.architectures.decoder"),
    ),
    "Checkpoints of PyTorch are walked from values up to files": (
        ("readers/formats/checkpoint/values.py", "readers.formats.checkpoint.tensors"),
        ("readers/formats/checkpoint/opcodes.py", "readers.formats.checkpoint.files"),
    ),
    "The NNVM reader runs downwards inside": (
        ("readers/nnvm/translation/windows.py", "readers.nnvm.symbol"),
        ("readers/nnvm/naming.py", "readers.nnvm.functions"),
    ),
    "Fused kernels are written of what their names say": (
        ("readers/kit/fused/layouts.py", "readers.kit.fused.kernels"),
        ("readers/kit/fused/parts.py", "readers.kit.fused.names"),
    ),
    "The MXNet reader runs downwards inside": (
        ("readers/mxnet/open_sizes.py", "readers.mxnet.graph"),
        ("readers/mxnet/translation/windows.py", "readers.mxnet.graph"),
        ("readers/mxnet/roles.py", "readers.mxnet.parameters"),
    ),
    "The TFLite reader runs downwards inside": (
        ("readers/tflite/translation/windows.py", "readers.tflite.graph"),
        ("readers/tflite/options.py", "readers.tflite.model"),
    ),
    "The OpenVINO reader runs downwards inside": (
        ("readers/openvino/translation/legacy.py", "readers.openvino.graph"),
        ("readers/openvino/document.py", "readers.openvino.parsing"),
    ),
    "Networks within OpenVINO's layers are joined before they are written": (
        ("readers/openvino/nesting/joints.py", "readers.openvino.nesting.loops"),
    ),
    "The nGraph reader runs downwards inside": (
        ("readers/ngraph/translation/windows.py", "readers.ngraph.graph"),
        ("readers/ngraph/document.py", "readers.ngraph.functions"),
    ),
    "The DLVM reader runs downwards inside": (
        ("readers/dlvm/translation.py", "readers.dlvm.writing"),
        ("readers/dlvm/module.py", "readers.dlvm.parsing"),
    ),
    "The reader of compiled artifacts runs downwards inside": (
        ("readers/artifact/gpu/ptx.py", "readers.artifact.modules.embedded"),
        ("readers/artifact/marks.py", "readers.artifact.gpu.ptx"),
    ),
    "Rules of the opsets stand on what a rule is": (
        ("readers/kit/opset/native.py", "readers.kit.opset.windows"),
        ("readers/kit/opset/shaping.py", "readers.kit.opset.operations"),
    ),
    "The TensorFlow reader runs downwards inside": (
        ("readers/tensorflow/translation/windows.py", "readers.tensorflow.writing"),
        ("readers/tensorflow/messages.py", "readers.tensorflow.entry"),
    ),
    "The readers of Relay and Relax run downwards inside": (
        ("readers/tvm/translation/windows.py", "readers.tvm.lowering"),
        ("readers/tvm/written/tokens.py", "readers.tvm.program"),
    ),
    "The torch.export reader runs downwards inside": (
        ("readers/torchexport/stated.py", "readers.torchexport.graph"),
        ("readers/torchexport/values.py", "readers.torchexport.arguments"),
    ),
    "The TorchScript reader runs downwards inside": (
        ("readers/torchscript/translation/windows.py", "readers.torchscript.running"),
        ("readers/torchscript/language/parser.py", "readers.torchscript.values"),
    ),
    "Options are passed in": (
        ("conductor/planted.py", "conf.opts"),
        ("drivers/planted.py", "conf.opts"),
        ("cli/planted.py", "conf.opts"),
        ("wsgi/planted.py", "conf.opts"),
        ("api/planted.py", "conf.opts"),
    ),
    "Only what declares and wires options knows oslo.config": (
        ("api/services.py", "oslo_config"),
        ("api/resources/ir_requirements/reading.py", "oslo_config"),
        ("db/engine.py", "oslo_config"),
        ("rpc/conductor_client.py", "oslo_config"),
        ("wsgi/api.py", "oslo_config"),
        ("cmd/api.py", "oslo_config"),
    ),
    "Only the conductor calls agents": (
        ("api/planted.py", "rpc.agent_client"),
        ("agent/planted.py", "rpc.agent_client"),
        ("cli/planted.py", "rpc.agent_client"),
    ),
    "cmd, cli and wsgi reach the processes through their wiring only": (
        ("cmd/planted.py", "conductor.service"),
        ("cmd/planted.py", "agent.service"),
        ("cmd/planted.py", "api.app"),
        ("cli/planted.py", "rpc.transport"),
        ("cli/planted.py", "conductor.bind"),
        ("cli/planted.py", "api.services"),
        ("wsgi/planted.py", "agent.ledger"),
        ("wsgi/planted.py", "rpc.conductor_client"),
        ("wsgi/planted.py", "api.request.errors"),
    ),
    "Commands of openstack know the domain and speak to the API": (
        ("client/osc/planted.py", "processes.hosts"),
        ("client/osc/planted.py", "db.engine"),
        ("client/osc/planted.py", "rpc.conductor_client"),
    ),
    "The verbs of the command line know nothing of one another": (
        ("cli/verbs/match.py", "cli.verbs.inspect"),
    ),
    "Only the conductor speaks to Placement, Kubernetes and Nova": (
        ("api/planted.py", "outside.placement.planted"),
        ("agent/planted.py", "outside.kubernetes.planted"),
        ("api/planted.py", "outside.nova.planted"),
    ),
    "Only the agent speaks to Glance": (("conductor/planted.py", "outside.glance.planted"),),
    "Only conductor and api ask for limits": (
        ("agent/planted.py", "outside.limits.planted"),
        ("processes/planted.py", "outside.limits.limits"),
    ),
    "The rooms of outside are independent": (
        ("outside/nova/planted.py", "outside.placement.planted"),
        ("outside/limits/limits.py", "outside.placement.planted"),
        ("outside/calling.py", "outside.placement.planted"),
    ),
    "The OSC plugin knows the model side only": (
        ("client/osc/planted.py", "db.engine"),
        ("client/osc/planted.py", "conf.opts"),
    ),
    "Drivers look at hardware and nothing else": (
        ("drivers/planted.py", "domain.hardware.stored"),
        ("drivers/gpu/planted.py", "domain.requests"),
        ("drivers/pci/planted.py", "keystoneauth1"),
    ),
    "Only the message bus knows oslo.messaging": (("agent/planted.py", "oslo_messaging"),),
    "Only db knows SQLAlchemy": (
        ("conductor/planted.py", "sqlalchemy"),
        ("api/planted.py", "sqlalchemy.orm"),
    ),
    "Only api knows pecan": (("conductor/planted.py", "pecan"), ("cmd/planted.py", "webob")),
}
CIRCLES = "No room is part of a circle"
ROOMS_TO_COME = ("placement", "kubernetes", "nova", "glance", "limits")


def _contracts() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in project["tool"]["importlinter"]["contracts"]]


def _exhaustive_containers() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [
        container
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract.get("exhaustive")
        for container in contract["containers"]
    ]


def _copy_package(target: Path) -> Path:
    copy_tree(target, "cyborg_rr", "pyproject.toml")
    return target / "cyborg_rr"


def _add_file(package: Path, name: str) -> Path:
    """The file, made with its packages where it is not there."""
    file = package / name
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = file.parent
    while folder != package:
        (folder / "__init__.py").touch()
        folder = folder.parent
    file.touch()
    return file


def _qualify(module: str) -> str:
    top = PACKAGE / module.split(".")[0]
    ours = top.exists() or top.with_suffix(".py").exists() or module.startswith("outside.")
    return f"cyborg_rr.{module}" if ours else module


def _lint(tree: Path) -> str:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [str(program), "--no-cache"],
        cwd=tree,
        env={**os.environ, "COLUMNS": "1000"},  # so that no line is wrapped
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lint-imports says of a copy in which every contract is broken."""
    tree = tmp_path_factory.mktemp("planted")
    package = _copy_package(tree)
    for room in ROOMS_TO_COME:
        _add_file(package, f"outside/{room}/planted.py")
    for imports in PLANTED.values():
        for name, module in imports:
            with _add_file(package, name).open("a") as file:
                file.write(f"\nimport {_qualify(module)}\n")
    # Every planted name but one kind is in a closed list; those lists have a test of their own.
    settings = (tree / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text(settings.replace("exhaustive = true", ""))
    return _lint(tree)


def _find_section(report: str, contract: str) -> str:
    """What a report says of one broken contract."""
    broken = report.partition("Broken contracts")[2]
    section = re.search(
        rf"^{re.escape(contract)}\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", broken, re.M | re.S
    )
    return section[1] if section else ""


@pytest.mark.parametrize(
    ("contract", "name", "module"),
    [(contract, *wrong) for contract, imports in PLANTED.items() for wrong in imports],
)
def test_a_wrong_import_is_refused(report: str, contract: str, name: str, module: str) -> None:
    importer = "cyborg_rr." + name.removesuffix(".py").replace("/", ".")
    imported = _qualify(module)
    if not imported.startswith("cyborg_rr."):
        imported = imported.split(".")[0]
    assert re.search(
        rf"{re.escape(importer)} -> {re.escape(imported)} \(l\.", _find_section(report, contract)
    ), f"{contract!r} lets {importer} import {imported}"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("db/clock.py", "db.hardware.devices"),
        ("domain/hardware/fields.py", "domain.hardware.stored"),
        ("agent/ledger.py", "agent.attach"),
    ],
)
def test_a_circle_inside_a_room_is_refused(name: str, module: str, tmp_path: Path) -> None:
    package = _copy_package(tmp_path)
    with (package / name).open("a") as file:
        file.write(f"\nimport {_qualify(module)}\n")
    room = ".".join(["cyborg_rr", *name.split("/")[:-1]])
    section = _find_section(_lint(tmp_path), CIRCLES)
    assert f"No cycles are allowed in {room}." in section


def test_every_contract_is_broken_on_purpose() -> None:
    assert sorted([*PLANTED, CIRCLES]) == sorted(_contracts())


@pytest.fixture(scope="module")
def new_names(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lint-imports says of a copy in which every closed room has a new name."""
    tree = tmp_path_factory.mktemp("new_names")
    package = _copy_package(tree)
    for container in _exhaustive_containers():
        room = container.removeprefix("cyborg_rr").replace(".", "/").strip("/")
        _add_file(package, f"{room}/planted/planted.py".lstrip("/"))
    return _lint(tree)


@pytest.mark.parametrize("container", _exhaustive_containers())
def test_a_new_name_in_a_closed_room_is_refused(container: str, new_names: str) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(container)}\.planted(?![\w.])", new_names)
