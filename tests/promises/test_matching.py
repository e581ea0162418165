"""Changes of what is known and matched: element type, toolchain fact, verdict, matching rule."""

from __future__ import annotations

from tests.architecture.tree import PACKAGE
from tests.promises.copied import CopiedPackage

RESNET = PACKAGE / "catalogue" / "models" / "resnet50.onnx"


def test_an_element_type_is_one_record(package: CopiedPackage) -> None:
    package.replace(
        "domain/words.py",
        '    ElementType("f8E4M3FN", 8,',
        '    ElementType("f12", 12, "float", "f8", "f12", "both", "made up for a test"),\n'
        '    ElementType("f8E4M3FN", 8,',
    )
    assert package.changed == ["domain/words.py"]
    package.run(
        """
from dataclasses import replace
from pathlib import Path
from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.formats.mlir.types import parse_type
from cyborg_rr.readers.reading.options import parse_input
from tests.matching.requirements import make_requirement

assert TensorType("f12", (3,)).byte_size == 5
assert parse_type(b"tensor<3xf12>", {}) == TensorType("f12", (3,))
assert parse_input("x=3:f12") == ("x", TensorType("f12", (3,)))
model = make_requirement(element_type="f12", weights=1 << 20)
assert codec.parse(IRRequirement, codec.render(model), "requirement") == model
Path("mine.yaml").write_text(
    "native_element_types: {acme1: [f12, f8]}\\n"
    "toolchains: [{id: acmec, name: A, names: [acmec], takes: [{family: onnx}], target: acme,"
    " element_types: {f12: ''}}]\\n"
)
Path("mine.csv").write_text(
    "id,name,vendor,kind,memory_gib,memory_bw_gbs,fp8_tflops,fp32_tflops,arch,toolchains\\n"
    "acme-1,One,Acme,ASIC,16,500,100,10,acme1,acmec\\n"
)
device = load((Path("mine.csv"), Path("mine.yaml"))).represent_product("acme-1")
(verdict,) = match(model, [device])
assert verdict.verdict == "fits", verdict
assert verdict.time_seconds is not None
wide = make_requirement(element_type="f32", weights=32 << 20)
(converted,) = match(wide, [device], MatchOptions(element_type="f12"))
assert converted.verdict == "fits", converted
assert converted.memory_bytes.parameters == 12 << 20
(helped,) = match(wide, [device])
assert helped.changes == ("convert to f12",), helped
"""
    )


FACTS = """
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.matching import match
from tests.matching.requirements import make_requirement

def judge(**model):
    device = load().represent_product("huawei-ascend-310")
    return match(make_requirement(element_type="f16", **model), [device])[0]
"""


def test_a_fact_of_a_toolchain_is_one_data_file(package: CopiedPackage) -> None:
    refused = {
        "operations={'celu': 2}": "does not cover celu",
        "dialects={'ai.onnx': '15'}": "needs ai.onnx <= 13, the file uses 15",
        "element_types=('f16', 'u16')": "does not take u16",
    }
    for model, cause in refused.items():
        package.run(f"{FACTS}\nassert {cause!r} in ' '.join(judge({model}).reasons)")
    name = "catalogue/toolchains/cann-atc.yaml"
    package.replace(name, "ceil, clamp,", "ceil, celu, clamp,")
    package.replace(name, 'max: "13"', 'max: "15"')
    package.replace(name, 'i64: "", i32: "", i8: ""', 'u16: "", i64: "", i32: "", i8: ""')
    for model, cause in refused.items():
        package.run(f"{FACTS}\nassert {cause!r} not in ' '.join(judge({model}).reasons)")


def test_a_new_target_is_one_data_file(package: CopiedPackage) -> None:
    package.replace("catalogue/toolchains/qaic.yaml", "target: qaic", "target: cloud100")
    package.run(
        "from cyborg_rr.catalogue.loading import load\n"
        "found = load().represent_product('qualcomm-ai100-std')\n"
        "assert found.targets == ('cloud100',), found.targets\n"
    )


def test_a_known_device_is_a_row(package: CopiedPackage) -> None:
    table = "catalogue/devices.csv"
    columns = (package.folder / "cyborg_rr" / table).read_text().splitlines()[0].split(",")
    cells = {
        "id": "nvidia-new",
        "name": "New",
        "vendor": "NVIDIA",
        "kind": "GPU",
        "pci_ids": "10de:fffe",
        "memory_gib": "24",
        "arch": "sm_90",
        "toolchains": "XLA:gpu",
        "source": "a test",
    }
    package.append(table, ",".join(cells.get(column, "") for column in columns) + "\n")
    package.run(
        """
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.hardware.devices import DeviceFacts
found = load().represent(DeviceFacts("GPU", vendor_id="10de", device_id="fffe"))
assert (found.device_class, found.targets) == ("nvidia-new", ("cuda:sm_90",)), found
"""
    )
    assert package.changed == [table]


def test_a_field_of_the_verdict_is_two_files(package: CopiedPackage) -> None:
    package.replace(
        "domain/matching/verdict.py",
        "    assumptions: tuple[str, ...]\n",
        "    assumptions: tuple[str, ...]\n    confidence: str\n",
    )
    package.replace(
        "domain/matching/judging.py",
        "            available=case.available,\n        )\n        return Judgement",
        '            confidence="high",\n            available=case.available,\n        )\n'
        "        return Judgement",
    )
    package.run(
        f"""
import contextlib, datetime, io, json
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.matches.schemas import render_verdict
from cyborg_rr.catalogue.loading import load
from cyborg_rr.cli import main
from cyborg_rr.db.hardware.classes import StoredClass
from cyborg_rr.domain.matching.matching import match
from tests.matching.requirements import make_requirement

shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    main.run(["match", {str(RESNET)!r}, "--batch", "1", "--device", "nvidia-t4", "-f", "json"])
(answer,) = json.loads(shown.getvalue())["verdicts"]
assert answer["confidence"] == "high", answer

device = load().represent_product("nvidia-t4")
(verdict,) = match(make_requirement(), [device])
stored = StoredClass(device.device_class, {{}}, 1, 1, datetime.datetime.now())
assert render_verdict(verdict, stored, V2_101)["confidence"] == "high"
"""
    )


def test_a_matching_rule_is_one_function_in_its_file(package: CopiedPackage) -> None:
    package.replace(
        "domain/matching/filters.py",
        "Filter = Callable[[Case], Iterator[Refusal]]\n",
        """def refuse_slow_memory(case: Case) -> Iterator[Refusal]:
    if (case.representation.bandwidth_bytes_per_second or 0) < 10**12:
        yield Refusal("memory", "its memory is slow", "does not fit", "a faster one")


Filter = Callable[[Case], Iterator[Refusal]]
""",
    )
    package.replace(
        "domain/matching/filters.py",
        "    refuse_count,\n)",
        "    refuse_count,\n    refuse_slow_memory,\n)",
    )
    said = package.run(
        """
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.matching import match
from tests.matching.requirements import make_requirement
catalogue = load()
devices = [catalogue.represent_product(name) for name in ("nvidia-t4", "nvidia-h100-sxm-80")]
for verdict in match(make_requirement(), devices):
    print(verdict.device_class, verdict.verdict, *verdict.reasons, sep="; ")
"""
    )
    first, second = said.splitlines()
    assert first == "nvidia-h100-sxm-80; fits"
    assert second == "nvidia-t4; does not fit; its memory is slow (nearest fix: a faster one)"
    assert package.changed == ["domain/matching/filters.py"]
