"""What XLA takes of small programs, by its coverage tables, on the devices that people ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

T4, A100, H100, TPU = "nvidia-t4", "nvidia-a100-sxm-80", "nvidia-h100-sxm-80", "google-tpu-v5e"

OWN = ("stablehlo-to-hlo", "xla-gpu", "xla-tpu")

CALL = """
func.func @main(%a: tensor<{kind}>) -> tensor<{kind}> {{
  %0 = "{operation}"(%a) : (tensor<{kind}>) -> tensor<{kind}>
  return %0 : tensor<{kind}>
}}
"""

PRODUCT = """
func.func @main(%a: tensor<4x4xbf16>, %b: tensor<4x4xbf16>) -> tensor<4x4xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], algorithm = <
    lhs_precision_type = bf16, rhs_precision_type = bf16, accumulation_type = f32,
    lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1,
    allow_imprecise_accumulation = false> : (tensor<4x4xbf16>, tensor<4x4xbf16>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
"""


def judge(catalogue: Catalogue, product: str, module: str) -> Verdict:
    """The verdict for a program on a product whose only compiler is XLA, by way of HLO or not."""
    requirement = analyse(Source("m", module.encode()), AnalysisOptions())
    whole = catalogue.represent_product(product)
    own = tuple(t for t in whole.toolchains if t.id in OWN)
    assert {t.id for t in own} & {"stablehlo-to-hlo"}
    (found,) = match(
        requirement, [replace(whole, toolchains=own)], coverage=catalogue.find_coverage
    )
    return found


def call(operation: str, kind: str = "4x4xf32") -> str:
    """A program of one operation."""
    return CALL.format(operation=operation, kind=kind)


def custom(target: str) -> str:
    """A program of one custom call."""
    made = call("stablehlo.custom_call", "4xf32")
    return made.replace("(%a) :", f'(%a) {{call_target_name = "{target}"}} :')


@pytest.mark.parametrize("product", [T4, H100, TPU])
@pytest.mark.parametrize("operation", ["chlo.erf_inv", "chlo.bessel_i1e", "stablehlo.cosine"])
def test_what_jax_exports_fits(catalogue: Catalogue, product: str, operation: str) -> None:
    assert judge(catalogue, product, call(operation)).verdict == "fits"


def test_an_element_type_is_judged_by_operation(catalogue: Catalogue) -> None:
    assert judge(catalogue, H100, call("stablehlo.cosine", "4x4xf8E4M3FN")).verdict == "fits"
    refused = judge(catalogue, H100, call("chlo.erf", "4x4xf8E4M3FN"))
    assert refused.verdict == "does not fit"
    assert "chlo:erf of f8E4M3FN" in refused.reasons[0]


def test_no_translator_leads_around_what_the_compiler_refuses(catalogue: Catalogue) -> None:
    refused = judge(catalogue, H100, call("chlo.erf", "4x4xf8E4M3FN"))
    assert refused.compile_path == ()


def test_a_custom_call_fits_where_the_compiler_has_its_target(catalogue: Catalogue) -> None:
    assert judge(catalogue, H100, custom("cusolver_potrf_ffi")).verdict == "fits"
    assert judge(catalogue, TPU, custom("cusolver_potrf_ffi")).verdict == "does not fit"
    assert judge(catalogue, TPU, custom("LuDecomposition")).verdict == "fits"
    assert judge(catalogue, H100, custom("lapack_spotrf_ffi")).verdict == "does not fit"


def test_nobody_knows_the_target_of_somebody_elses_plug_in(catalogue: Catalogue) -> None:
    assert judge(catalogue, H100, custom("my_own_kernel")).verdict == "unknown"


def test_the_algorithm_of_a_product_needs_an_architecture(catalogue: Catalogue) -> None:
    assert judge(catalogue, T4, PRODUCT).verdict == "does not fit"
    assert judge(catalogue, A100, PRODUCT).verdict == "fits"
    assert judge(catalogue, TPU, PRODUCT).verdict == "fits"
