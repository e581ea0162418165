"""What uses tell of an operation that its canonical form does not say, in each form of a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.readers.stablehlo.files import DATA

FOLDER = DATA / "natives"
FORMS = sorted(FOLDER.iterdir())

MODULE = """
func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {{
  %0 = stablehlo.custom_call @{target}(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}}
"""


def list_attributes(data: bytes) -> list[dict[str, Any]]:
    """The attributes of all uses."""
    requirement = analyse(Source("m", data), AnalysisOptions())
    return [dict(use.attributes or {}) for use in requirement.uses]


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.name)
def test_every_form_tells_how_a_product_is_reckoned(file: Path) -> None:
    found = [each.get("algorithm") for each in list_attributes(file.read_bytes())]
    assert found == ["tf32_tf32_f32_x3", "f8E5M2_f8E5M2_f32_fast_accumulation", None]


@pytest.mark.parametrize("target", ["Sharding", "mhlo.erf", "cusolver_potrf_ffi"])
def test_a_custom_call_tells_its_target_whatever_that_means(target: str) -> None:
    (found,) = list_attributes(MODULE.format(target=target).encode())
    assert found["target"] == target
