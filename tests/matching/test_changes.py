"""What the contributor documentation promises of a change is performed in a copy of the package.

Each test makes the change in the files that the promise names, and runs a program on the copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, ROOT

RESNET = PACKAGE / "catalogue" / "models" / "resnet50.onnx"


class Copy:
    """A copy of the package, in which files are changed and programs run."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, directory / "cyborg_rr", ignore=ignored)

    def change(self, name: str, before: str, after: str) -> None:
        """Replace a text that stands in the file once."""
        path = self._directory / "cyborg_rr" / name
        text = path.read_text()
        assert text.count(before) == 1, f"{name} holds {before!r} {text.count(before)} times"
        path.write_text(text.replace(before, after))

    def run(self, program: str) -> None:
        """Run a program on the copy; it must end well."""
        head = f"import cyborg_rr\nassert cyborg_rr.__file__.startswith({str(self._directory)!r})\n"
        done = subprocess.run(
            [sys.executable, "-c", head + program],
            cwd=self._directory,
            env={**os.environ, "PYTHONPATH": f"{self._directory}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of the package as it is."""
    return Copy(tmp_path)


def test_an_element_type_is_one_record(copy: Copy) -> None:
    copy.change(
        "domain/words.py",
        '    ElementType("f8E4M3FN", 8,',
        '    ElementType("f12", 12, "float", "f8", "f12", "both", "made up for a test"),\n'
        '    ElementType("f8E4M3FN", 8,',
    )
    copy.run(
        """
from dataclasses import replace
from pathlib import Path
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.matching.matching import MatchOptions, match
from cyborg_rr.domain.requirement.document import from_document
from cyborg_rr.readers.formats.mlir.types import parse_type
from cyborg_rr.readers.reading.options import parse_input
from tests.matching.requirements import make_requirement

assert TensorType("f12", (3,)).byte_size == 5
assert parse_type(b"tensor<3xf12>", {}) == TensorType("f12", (3,))
assert parse_input("x=3:f12") == ("x", TensorType("f12", (3,)))
model = make_requirement(element_type="f12", weights=1 << 20)
assert from_document(model.to_document()) == model
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


def test_a_fact_of_a_toolchain_is_one_data_file(copy: Copy) -> None:
    refused = {
        "operations={'celu': 2}": "does not cover celu",
        "dialects={'ai.onnx': '15'}": "needs ai.onnx <= 13, the file uses 15",
        "element_types=('f16', 'u16')": "does not take u16",
    }
    for model, cause in refused.items():
        copy.run(f"{FACTS}\nassert {cause!r} in ' '.join(judge({model}).reasons)")
    name = "catalogue/toolchains/cann-atc.yaml"
    copy.change(name, "ceil, clamp,", "ceil, celu, clamp,")
    copy.change(name, 'max: "13"', 'max: "15"')
    copy.change(name, 'i64: "", i32: "", i8: ""', 'u16: "", i64: "", i32: "", i8: ""')
    for model, cause in refused.items():
        copy.run(f"{FACTS}\nassert {cause!r} not in ' '.join(judge({model}).reasons)")


def test_a_new_target_is_one_data_file(copy: Copy) -> None:
    copy.change("catalogue/toolchains/qaic.yaml", "target: qaic", "target: cloud100")
    copy.run(
        "from cyborg_rr.catalogue.loading import load\n"
        "found = load().represent_product('qualcomm-ai100-std')\n"
        "assert found.targets == ('cloud100',), found.targets\n"
    )


def test_a_field_of_the_verdict_is_two_files(copy: Copy) -> None:
    copy.change(
        "domain/matching/verdict.py",
        "    assumptions: tuple[str, ...]\n",
        "    assumptions: tuple[str, ...]\n    confidence: str\n",
    )
    copy.change(
        "domain/matching/judging.py",
        "            available=case.available,\n        )\n        return Judgement",
        '            confidence="high",\n            available=case.available,\n        )\n'
        "        return Judgement",
    )
    copy.run(
        f"""
import contextlib, datetime, io, json
from cyborg_rr.api.resources.matches.schemas import render_verdict
from cyborg_rr.catalogue.loading import load
from cyborg_rr.cli import main
from cyborg_rr.db.classes import StoredClass
from cyborg_rr.domain.matching.matching import match
from tests.matching.requirements import make_requirement

shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    main.run(["match", {str(RESNET)!r}, "--batch", "1", "--device", "nvidia-t4", "-f", "json"])
(answer,) = json.loads(shown.getvalue())
assert answer["confidence"] == "high", answer

device = load().represent_product("nvidia-t4")
(verdict,) = match(make_requirement(), [device])
stored = StoredClass(device.device_class, {{}}, 1, 1, datetime.datetime.now())
assert render_verdict(verdict, stored)["confidence"] == "high"
"""
    )
