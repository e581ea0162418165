"""Verdicts by a coverage table: what runs elsewhere, with its share of the work, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.coverage.rules import Rule
from cyborg_rr.domain.representation.coverage.table import CoverageTable
from cyborg_rr.domain.representation.toolchain import OperationCoverage
from cyborg_rr.domain.requirement.requirement import OperationUse
from tests.matching.requirements import make_requirement

F = frozenset({"f32", "f16"})


class Rules:
    """Conv in floats, Relu anywhere, Resize under a limit, TopK of a newer set."""

    def find(self, dialect: str, operation: str) -> tuple[Rule, ...]:
        known = {
            "Conv": Rule(inputs={"*": F}),
            "Softmax": Rule(inputs={"*": F}),
            "Relu": Rule(),
            "Resize": Rule(limit="only to twice the size"),
            "TopK": Rule(since=18),
        }
        return (known[operation],) if dialect == "ai.onnx" and operation in known else ()


def find_table(otherwise: str = "host", name: str = "small") -> CoverageTable:
    return CoverageTable(
        name, "1", "2026-11-27", "made here", otherwise, frozenset({"ai.onnx"}), Rules(),
        {"ai.onnx": frozenset({"Shape"})},
    )  # fmt: skip  # type: ignore[arg-type]


def use(name: str, kind: str = "f16[4]", count: int = 1, macs: int = 0) -> OperationUse:
    return OperationUse(name, count, (kind,), (kind,), {}, macs)


def judge(
    catalogue: Catalogue, *uses: OperationUse, otherwise: str = "host", fallback: bool = False,
    known: bool = True, names: Mapping[str, int] | None = None,
) -> Verdict:  # fmt: skip
    """The verdict for a T4 whose only toolchain names the table."""
    found = catalogue.represent_product("nvidia-t4")
    (own,) = [t for t in found.toolchains if t.id == "onnxruntime-cuda"]
    cover: Literal["all", "unknown"] = "unknown" if names is None else "all"
    own = replace(own, operations=OperationCoverage(cover, table="small"), element_types={})
    requirement = replace(make_requirement(uses=uses), operations=names or {"Conv": 1})
    return match(
        requirement,
        [replace(found, toolchains=(own,))],
        MatchOptions(allow_fallback=fallback),
        coverage=lambda name: find_table(otherwise) if known and name == "small" else None,
    )[0]


def test_a_model_that_runs_on_the_device_fits(catalogue: Catalogue) -> None:
    found = judge(catalogue, use("Conv", count=9, macs=100), use("Relu"), use("Shape"))
    assert found.verdict == "fits"


def test_nodes_on_the_host_are_named_with_their_share(catalogue: Catalogue) -> None:
    uses = (use("Conv", count=7, macs=88), use("Softmax", "bf16[2]", 2, 12), use("MaxPool"))
    found = judge(catalogue, *uses)
    assert found.verdict == "does not fit"
    assert found.reasons[0].startswith(
        "ONNXRuntime:cuda runs 3 of 10 nodes on the CPU: Softmax of bf16, MaxPool (12 % of the"
        " matrix work) (nearest fix: Softmax in f"
    )
    allowed = judge(catalogue, *uses, fallback=True)
    assert allowed.verdict == "fits if"
    assert allowed.changes == ("part on the CPU: Softmax, MaxPool",)


def test_what_is_refused_is_not_allowed_by_a_fallback(catalogue: Catalogue) -> None:
    found = judge(catalogue, use("Conv"), use("MaxPool"), otherwise="refused", fallback=True)
    assert found.verdict == "does not fit"
    assert "does not take 1 of 2 nodes: MaxPool (nearest fix: replace MaxPool" in found.reasons[0]


def test_a_newer_operation_set_is_the_fix_where_it_is_one(catalogue: Catalogue) -> None:
    found = judge(catalogue, use("TopK"))
    assert found.verdict == "does not fit"
    assert "TopK of ai.onnx 17 (nearest fix: export the model with ai.onnx >= 18)" in str(found)


def test_a_model_that_tells_only_names_is_refused_for_what_no_rule_speaks_of(
    catalogue: Catalogue,
) -> None:
    for name, verdict in (("Conv", "fits"), ("Shape", "fits"), ("MaxPool", "does not fit")):
        assert judge(catalogue, names={name: 3}).verdict == verdict
    assert judge(catalogue, names={"com.microsoft:Gelu": 1}).verdict == "does not fit"


def test_a_limit_is_a_condition(catalogue: Catalogue) -> None:
    found = judge(catalogue, use("Conv"), use("Resize"))
    assert (found.verdict, found.changes) == ("fits if", ("Resize: only to twice the size",))


def test_what_nobody_knows_is_no_firm_no(catalogue: Catalogue) -> None:
    for found in (
        judge(catalogue, use("Conv", "?")),
        judge(catalogue, use("MaxPool"), otherwise="unknown"),
        judge(catalogue, use("Conv"), known=False),
    ):
        assert found.verdict == "unknown"
    assert (
        "'small', which this catalogue has not"
        in judge(catalogue, use("Conv"), known=False).reasons[0]
    )


def test_what_a_translator_makes_of_a_model_is_not_asked_of_the_table(catalogue: Catalogue) -> None:
    found = catalogue.represent_product("nvidia-t4")
    requirement = make_requirement(family="mxnet", uses=(use("Convolution"),))
    known = {toolchain.id: toolchain for toolchain in found.toolchains}
    own = replace(known["onnxruntime-cuda"], operations=OperationCoverage("all", table="small"))
    kept = replace(found, toolchains=(own, known["mx2onnx"]))
    verdict = match(requirement, [kept], coverage=lambda name: None)[0]
    assert [stage["toolchain"] for stage in verdict.compile_path] == ["mx2onnx", "onnxruntime-cuda"]
    assert not any("coverage table" in reason for reason in verdict.reasons)
