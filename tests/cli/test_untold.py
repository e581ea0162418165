"""A program that does not say which arguments are its weights: the next step says how to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_fixes import paste, say

PROGRAM = """\
func.func public @main({}) -> (tensor<4x64xf32>) {{
  %0 = stablehlo.dot_general %arg2, %arg0, contracting_dims = [1] x [0]
    : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32>
  %1 = stablehlo.dot_general %0, %arg1, contracting_dims = [1] x [0]
    : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32>
  return %1 : tensor<4x64xf32>
}}
"""
PLAIN = "%arg0: tensor<64x64xf32>, %arg1: tensor<64x64xf32>, %arg2: tensor<4x64xf32>"
TITLE = "If arguments are its weights:"


def write(folder: Path) -> str:
    path = folder / "product.mlir"
    path.write_text(PROGRAM.format(PLAIN))
    return str(path)


@pytest.mark.parametrize("verb", [("inspect",), ("match", "--device", "nvidia-l4")])
def test_the_next_step_says_how_to_tell_weights(verb: tuple[str, ...], tmp_path: Path) -> None:
    printed = say(verb[0], write(tmp_path), *verb[1:])
    words = paste(printed.partition("\n\nFor ")[0], TITLE)
    assert words[-2:] == ["--weights", "arg0,arg1"]
    again = say(*words)
    assert "32.0 KiB" in again
    assert TITLE not in again


def test_nothing_is_said_where_the_file_has_weights_of_its_own() -> None:
    encoder = Path(__file__).parent.parent / "data" / "stablehlo" / "encoder.mlir"
    assert TITLE not in say("inspect", str(encoder))
