"""Of several paths the answer names one that people use: by the file, and never by a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.toolchain import Intake, OperationCoverage, Toolchain
from cyborg_rr.domain.requirement.requirement import OperationUse
from tests.matching.requirements import make_requirement
from tests.matching.test_coverage import find_table, use
from tests.readers.forms.reading import require
from tests.readers.forms.table import TABLE
from tests.shipped import load

USED = {
    "Hugging Face folder": ("transformers-cuda", "transformers-rocm", "transformers-xpu"),
    "torch.export": ("torch-inductor", "torch-inductor-rocm", "torch-xpu"),
    "TorchScript": ("torch-jit-cuda", "torch-jit-rocm", "torch-jit-xpu"),
    "ONNX, older exporter": ("onnxruntime-cuda", "onnxruntime-rocm", "openvino-gpu"),
    "StableHLO text": ("xla-gpu", "xla-rocm", "iree-vulkan"),
    "HLO text": ("xla-gpu", "xla-rocm", None),
    "OpenVINO IR": (None, None, "openvino-gpu"),
    "GGUF": ("llama-cpp-cuda", "llama-cpp-rocm", "llama-cpp-sycl"),
    "TensorFlow Lite": ("tf2onnx", "tf2onnx", "openvino-gpu"),
}
"""The first toolchain that is known to take each kind of file, on the GPUs below.

What XLA takes for SYCL nobody states.
"""

GPUS = ("nvidia-h100-sxm-80", "amd-mi300x", "intel-max-1100")


@pytest.mark.parametrize("title", USED)
def test_each_kind_of_file_is_compiled_by_what_people_use(title: str) -> None:
    (form,) = [form for form in TABLE if form.title == title]
    requirement = require(form, form.models[0])
    for product, wanted in zip(GPUS, USED[title], strict=True):
        device = load().represent_product(product)
        (verdict,) = match(requirement, [device], coverage=load().find_coverage)
        if wanted is not None:
            assert verdict.compile_path[0]["toolchain"] == wanted, product


def make_toolchain(name: str, usual: int | None, table: str = "", **facts: object) -> Toolchain:
    coverage = OperationCoverage("all", table=table)
    facts = {"target": "cuda", "operations": coverage, **facts}
    return Toolchain(name, name, (Intake("onnx", usual=usual),), **facts)  # type: ignore[arg-type]


def judge(
    catalogue: Catalogue, *toolchains: Toolchain, uses: tuple[OperationUse, ...] = (),
    fallback: bool = False,
) -> Verdict:  # fmt: skip
    device = replace(catalogue.represent_product("nvidia-t4"), toolchains=toolchains)
    options = MatchOptions(allow_fallback=fallback)
    requirement = make_requirement(uses=uses)
    return match(requirement, [device], options, coverage=lambda _: find_table())[0]


def find_used(verdict: Verdict) -> list[str]:
    return [stage["toolchain"] for stage in verdict.compile_path]


def test_what_is_used_first_is_named_whatever_it_is_called(catalogue: Catalogue) -> None:
    first, second = make_toolchain("zz", 1), make_toolchain("aa", 2)
    other = make_toolchain("a", None)
    for order in ((first, second, other), (other, second, first)):
        assert find_used(judge(catalogue, *order)) == ["zz"]


def test_what_nobody_ranks_is_named_as_the_device_lists_it(catalogue: Catalogue) -> None:
    one, other = make_toolchain("zz", None), make_toolchain("aa", None)
    assert find_used(judge(catalogue, one, other)) == ["zz"]
    assert find_used(judge(catalogue, other, one)) == ["aa"]


def test_the_whole_model_on_the_device_comes_before_what_is_used_first(
    catalogue: Catalogue,
) -> None:
    partly, wholly = make_toolchain("usual", 1, "small"), make_toolchain("seldom", None)
    uses = (use("Conv"), use("MaxPool"))
    for fallback in (False, True):
        verdict = judge(catalogue, partly, wholly, uses=uses, fallback=fallback)
        assert verdict.verdict == "fits"
        assert find_used(verdict) == ["seldom"]


def test_a_doubt_about_another_toolchain_stands_behind_why_the_usual_one_is_out(
    catalogue: Catalogue,
) -> None:
    usual = make_toolchain("usual", 1, "small")
    doubted = make_toolchain("doubted", None, operations=OperationCoverage("unknown"))
    verdict = judge(catalogue, doubted, usual, uses=(use("MaxPool"),))
    assert verdict.verdict == "unknown"
    assert verdict.reasons[0].startswith("usual runs 1 of 1 node on the CPU: MaxPool")
    assert verdict.reasons[1] == "which operations doubted covers is not stated anywhere"
    assert verdict.binding_constraint is not None
    assert verdict.binding_constraint.code == "operation"


def test_the_practice_of_each_exported_family_is_known(catalogue: Catalogue) -> None:
    families = {
        intake.family
        for entry in catalogue.knowledge.toolchains.values()
        for intake in entry.toolchain.takes
        if intake.exported
    }
    ranked = {
        intake.family
        for entry in catalogue.knowledge.toolchains.values()
        for intake in entry.toolchain.takes
        if intake.usual
    }
    assert families <= ranked
