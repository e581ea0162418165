"""What ``match`` prints as the nearest fix works when it is pasted."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
from onnx import TensorProto, helper, save

from cyborg_rr.cli.main import run
from cyborg_rr.cli.rendering.fixes import find_options, find_replaced
from cyborg_rr.cli.verbs import match
from cyborg_rr.domain.matching.verdict import FixKind
from cyborg_rr.domain.words import FITTING

DATA = Path(__file__).parent.parent / "data"
CNN = DATA / "onnx" / "cnn.onnx"
WITH_FIX = "With the nearest fix:"
ON_DEVICE = "On the nearest device:"


def say(*arguments: str) -> str:
    """What the command prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert run(list(arguments)) == 0
    return printed.getvalue()


def judge(*arguments: str) -> dict[str, Any]:
    """The only verdict, as JSON."""
    (verdict,) = json.loads(say(*arguments, "-f", "json"))["verdicts"]
    return dict(verdict)


def paste(printed: str, title: str) -> list[str]:
    """The command after a title, without the name of the program."""
    assert title in printed
    (name, *words) = shlex.split(printed.partition(title)[2].replace("\\\n", ""))
    assert name == "cyborg-rr"
    return words


def write_texts(folder: Path) -> Path:
    """A model whose only operation ONNX Runtime has for the host's processor alone."""
    given = helper.make_tensor_value_info("x", TensorProto.STRING, [3])
    made = helper.make_tensor_value_info("y", TensorProto.STRING, [3])
    node = helper.make_node("StringNormalizer", ["x"], ["y"])
    graph = helper.make_graph([node], "texts", [given], [made])
    path = folder / "texts.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (("--batch", "3000000"), "batch"),
        (("--input", "batch=3000000"), "input"),
        (("--batch", "9000000", "--runtime", "eager"), "batch"),
    ],
)
def test_a_smaller_size_that_is_printed_is_enough(given: tuple[str, ...], kind: str) -> None:
    asked = ["match", str(CNN), "--device", "nvidia-t4", *given]
    fix = judge(*asked)["nearest_fix"]
    assert fix["kind"] == kind
    words = paste(say(*asked), WITH_FIX)
    then = judge(*words)
    assert (then["verdict"], then["changes"]) == (fix["verdict"], fix["changes"])
    assert then["verdict"] in FITTING
    assert then.get("probability") == fix.get("probability")


def test_a_fix_says_how_likely_it_is_enough() -> None:
    asked = ["match", str(CNN), "--device", "nvidia-t4", "--batch", "3000000"]
    printed = say(*asked)
    fix = judge(*asked)["nearest_fix"]
    assert f"fits, {round(100 * fix['probability'])} % likely" in " ".join(printed.split())
    assert judge(*paste(printed, WITH_FIX))["probability"] == fix["probability"]


@pytest.mark.parametrize("kind", get_args(FixKind))
def test_every_kind_of_fix_is_an_option_of_match_or_none(kind: FixKind) -> None:
    values = {
        "runtime": "compiled", "devices_limit": "16", "batch": "4", "input": "x=1x2",
        "element_type": "i8", "allow_fallback": "true",
    }  # fmt: skip
    fix = {"kind": kind, "values": [values.get(kind, "?")]}
    parser = argparse.ArgumentParser()
    match.add_arguments(parser)
    before = vars(parser.parse_args(["model"]))
    after = vars(parser.parse_args(["model", *find_options(fix)]))
    changed = [key for key in before if before[key] != after[key]]
    if kind == "runtime":  # which is what it is by default
        assert after["runtime"] == "compiled"
        assert find_replaced(fix) == "runtime"
    else:
        assert changed == ([find_replaced(fix)] if kind in values else [])


def test_the_nearest_device_that_is_printed_runs_the_model() -> None:
    asked = ["match", str(CNN), "--device", "google-coral-edgetpu", "--batch", "4"]
    words = paste(say(*asked), ON_DEVICE)
    assert judge(*words)["verdict"] == "fits"


def test_a_fallback_that_is_printed_is_enough(tmp_path: Path) -> None:
    asked = ["match", str(write_texts(tmp_path)), "--device", "nvidia-t4"]
    refused = judge(*asked)
    assert refused["verdict"] not in FITTING
    assert refused["nearest_fix"]["kind"] == "allow_fallback"
    then = judge(*paste(say(*asked), WITH_FIX))
    assert then["verdict"] == "fits if"
    assert then["changes"] == refused["nearest_fix"]["changes"]
