"""The command line as people and scripts use it: real processes on real files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from onnx import TensorProto, helper

from tests.warm.starting import run_script

PROGRAM = Path(sys.executable).parent / "cyborg-rr"
DATA = Path(__file__).parent.parent / "data"
RESNET = Path(__file__).parents[2] / "cyborg_rr" / "catalogue" / "models" / "resnet50.onnx"
ENCODER = DATA / "stablehlo" / "encoder.mlir"
CNN = DATA / "onnx" / "before_seven.onnx"
TYPES = DATA / "gguf" / "all_types.gguf"
RESNET_MACS = 4_089_184_256
RESNET_PARAMETERS = 25_503_912
INSPECT_KEYS = (
    "ir.family",
    "ir.version",
    "reader.completeness",
    "memory.parameter_bytes",
    "memory.activation_peak_bytes",
    "memory.input_bytes",
    "memory.output_bytes",
    "compute.macs",
    "compute.flops",
    "operations",
    "element_types",
    "dynamic",
    "warnings",
)
MATCH_KEYS = {
    "device_class",
    "verdict",
    "devices_needed",
    "memory_bytes",
    "time_seconds",
    "binding_term",
    "compile_path",
    "reasons",
}


def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command; it must end with that status and never with a traceback.

    What loads the service, which takes over a second, is refused by a process that has loaded it.
    """
    command = [str(PROGRAM), *map(str, arguments)]
    if status and arguments[0] in ("up", "demo"):
        ended = run_script(PROGRAM.name, *map(str, arguments))
    else:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended


def look_up(document: Any, path: str) -> Any:
    """The value at a dotted path."""
    for key in path.split("."):
        document = document[key]
    return document


def test_inspect_gives_the_keys_that_scripts_use() -> None:
    document = json.loads(run("inspect", RESNET, "--batch", 2, "-f", "json").stdout)
    for key in INSPECT_KEYS:
        look_up(document, key)
    assert document["ir"]["family"] == "onnx"
    assert document["reader"]["completeness"] == "full"
    assert document["compute"]["macs"] == 2 * RESNET_MACS
    assert document["compute"]["flops"] == 4 * RESNET_MACS
    assert document["operations"]["Conv"] == 53


def test_inspect_of_several_files_goes_on_after_a_refused_one() -> None:
    ended = run("inspect", RESNET, __file__, ENCODER, "-f", "jsonl", status=2)
    first, second, third = map(json.loads, ended.stdout.splitlines())
    assert first["ir"]["family"] == "onnx"
    assert second["file"] == __file__
    assert "not a model file" in second["error"]
    assert third["ir"]["family"] == "stablehlo"


def test_inspect_prints_a_refusal_on_one_line_with_the_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(RESNET.read_bytes()[:5000])
    ended = run("inspect", broken, status=2)
    (line,) = ended.stderr.splitlines()
    assert str(broken) in line


def test_what_a_file_is_called_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    named = tmp_path / "\x1b[2J\u202e.onnx"
    named.write_bytes(b"no model")
    ended = run("inspect", named, status=2)
    assert r"\x1b[2J\u202e.onnx: not a model file" in ended.stderr


def test_inspect_shows_what_each_device_of_a_divided_program_holds() -> None:
    path = Path(__file__).parents[1] / "data" / "stablehlo" / "shardings" / "fully_sharded.mlir"
    shown = run("inspect", str(path)).stdout
    share = shown.partition("On each of 8 devices\n")[2].splitlines()
    assert " to " in next(line for line in share if "activations" in line)
    assert "(33,554,432)" in next(line for line in share if "multiply-adds" in line)


def test_inspect_shows_what_an_artifact_was_built_for() -> None:
    shown = run("inspect", DATA / "artifact" / "iree_sm80.ptx").stdout
    assert [row for row in shown.splitlines() if "built for" in row and "ptx sm_80" in row]
    assert "built for" not in run("inspect", ENCODER).stdout


def test_inspect_shows_sections_for_people() -> None:
    shown = run("inspect", ENCODER).stdout
    assert "stablehlo" in shown
    assert "dot_general" in shown


def test_match_ranks_the_catalogue_with_reasons() -> None:
    verdicts = json.loads(run("match", RESNET, "--batch", 8, "-f", "json").stdout)["verdicts"]
    assert len(verdicts) >= 130
    assert all(verdict.keys() >= MATCH_KEYS for verdict in verdicts)
    kinds = [verdict["verdict"] for verdict in verdicts]
    assert kinds == sorted(kinds, key=["fits", "fits if", "unknown", "does not fit"].index)
    assert all(verdict["reasons"] for verdict in verdicts if verdict["verdict"] != "fits")


def test_match_is_the_same_at_every_run() -> None:
    first = run("match", ENCODER, "-f", "json").stdout
    assert run("match", ENCODER, "-f", "json").stdout == first


def test_match_holds_a_fleet_against_the_model(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text("hosts: [{name: gpu-%d, count: 3, devices: {nvidia-t4: 2, nvidia-l4: 1}}]\n")
    answer = json.loads(run("match", RESNET, "--batch", 1, "--fleet", fleet, "-f", "json").stdout)
    verdicts = answer["verdicts"]
    assert {verdict["device_class"]: verdict["available"] for verdict in verdicts} == {
        "nvidia-t4": 6,
        "nvidia-l4": 3,
    }


def test_match_without_sizes_answers_at_sizes_that_it_states() -> None:
    answer = json.loads(run("match", RESNET, "--device", "nvidia-t4", "-f", "json").stdout)
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["fits"]
    assert answer["assumed_inputs"] == ["batch=1"]
    assert answer["assumptions"] == [
        "batch = 1, since the model leaves this open and no size was given"
    ]
    given = json.loads(
        run("match", RESNET, "--device", "nvidia-t4", "--batch", 2, "-f", "json").stdout
    )
    assert given["assumed_inputs"] == given["assumptions"] == []
    assert given["model"]["compute"]["macs"] == 2 * answer["model"]["compute"]["macs"]


def test_match_in_json_says_all_that_the_verdicts_rest_on() -> None:
    answer = json.loads(run("match", RESNET, "--batch", 1, "-f", "json").stdout)
    assert answer["model"]["name"] == RESNET.name
    assert answer["model"]["memory"]["parameter_count"] == RESNET_PARAMETERS
    assert answer["model"]["compute"]["macs"] == RESNET_MACS
    assert any("outside this file" in warning for warning in answer["warnings"])
    assert sum(answer["counts"].values()) == len(answer["verdicts"])
    assert answer["profile"]["device_class"] == answer["verdicts"][0]["device_class"]
    assert answer["catalogue"].keys() == {"version", "content_hash"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--device", "nvidia-t5"], "nvidia-t5"),
        (["--batch", "0"], "batch 0"),
        (["--input", "image"], "name=1x3x224x224:f32"),
        (["--input", "picture=1x3x224x224:f32"], "image"),
        (["--dtype", "fp9"], "--dtype"),
        (["--dtype", "fp8e"], "f8E4M3FN"),
        (["--fleet", "/no/such/fleet.yaml"], "/no/such/fleet.yaml"),
    ],
)
def test_a_bad_argument_of_match_is_refused_on_one_line(arguments: list[str], words: str) -> None:
    ended = run("match", RESNET, *arguments, status=2)
    (line,) = ended.stderr.splitlines()
    assert words in line


def test_an_unknown_device_is_answered_with_the_names_near_it_and_not_with_the_model() -> None:
    ended = run("match", RESNET, "--device", "H100", status=2)
    assert "nvidia-h100-sxm-80" in ended.stderr
    assert Path(RESNET).name not in ended.stderr
    refusal = json.loads(run("match", RESNET, "--device", "H100", "-f", "json", status=2).stdout)
    assert list(refusal) == ["error"]


def test_a_size_that_the_data_decide_is_named_with_its_node(tmp_path: Path) -> None:
    nodes = [helper.make_node("NonZero", ["x"], ["y"], name="found")]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 4])
    y = helper.make_tensor_value_info("y", TensorProto.INT64, [2, "n"])
    path = tmp_path / "found.onnx"
    model = helper.make_model(
        helper.make_graph(nodes, "g", [x], [y]),
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
    )
    path.write_bytes(model.SerializeToString())
    answer = json.loads(run("match", str(path), "--device", "nvidia-t4", "-f", "json").stdout)
    (verdict,) = answer["verdicts"]
    assert verdict["verdict"] == "fits"
    assert any("at most" in each and "'found' (NonZero)" in each for each in verdict["reasons"])
    places = 2 * 16 * 8
    spared = verdict["memory_bytes"]["total"] - verdict["memory_bytes"]["least"]
    assert places <= spared < 1.1 * places  # and the margin that is counted on them
    shown = run("inspect", str(path)).stdout
    assert re.search(r"outputs +at most 256 B", shown)


def test_match_in_json_refuses_with_an_object() -> None:
    ended = run("match", __file__, "-f", "json", status=2)
    assert "error" in json.loads(ended.stdout)


def test_discover_answers_on_any_machine() -> None:
    document = json.loads(run("discover", "-f", "json").stdout)
    assert document["failed_drivers"] == {}


def test_discover_says_in_one_line_that_it_was_shown_no_device_tree(tmp_path: Path) -> None:
    ended = run("discover", "--sysfs", str(tmp_path), status=2)
    assert ended.stdout == ""
    assert ended.stderr == f"cyborg-rr: {tmp_path} is not a sysfs: it has no directory bus\n"


@pytest.mark.parametrize("port", ["x", "65536", "-1", "\u0661", "9" * 5000])
def test_a_port_that_is_none_is_told_in_one_line(port: str) -> None:
    ended = run("up", f"--port={port}", status=2)
    assert f"argument --port: {port} is not a port number" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def make_sysfs(root: Path) -> Path:
    """A host with one accelerator that has a serial number."""
    function = root / "devices/pci0000:3b/0000:3b:00.0"
    function.mkdir(parents=True)
    for name, text in (
        ("vendor", "0x10de"),
        ("device", "0x2330"),
        ("class", "0x030200"),
        ("unique_id", "8a3c1f20b4d56e79"),
    ):
        (function / name).write_text(f"{text}\n")
    (root / "bus/pci/devices").mkdir(parents=True)
    (root / "bus/pci/devices/0000:3b:00.0").symlink_to("../../../devices/pci0000:3b/0000:3b:00.0")
    return root


def test_record_writes_a_tree_with_serial_numbers_blanked(tmp_path: Path) -> None:
    ended = run("record", "--sysfs", make_sysfs(tmp_path), "--source", "a test")
    tree = yaml.safe_load(ended.stdout)
    assert (tree["origin"], tree["source"]) == ("recorded", "a test")
    entries = tree["entries"]["devices/pci0000:3b/0000:3b:00.0"]
    assert entries["device"] == "0x2330"
    assert entries["unique_id"] == "0000000000000001"
    assert "1 function, 5 entries, numbers blanked in 1 file, 0 places left out" in ended.stderr


def test_record_answers_on_any_machine() -> None:
    assert yaml.safe_load(run("record", "--all").stdout)["origin"] == "recorded"


def test_record_replaces_a_file_only_when_told_to_and_says_so(tmp_path: Path) -> None:
    output = tmp_path / "tree.yaml"
    arguments = ["record", "--sysfs", make_sysfs(tmp_path), "--output", output]
    assert run(*arguments).stdout == ""
    assert output.stat().st_mode & 0o077 == 0
    output.write_text("somebody's work")
    (line,) = run(*arguments, status=2).stderr.splitlines()
    assert str(output) in line
    assert "--overwrite" in line
    assert output.read_text() == "somebody's work"
    assert f"{output} was replaced" in run(*arguments, "--overwrite").stderr
    assert yaml.safe_load(output.read_text())["origin"] == "recorded"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bus", "devices", "tree.yaml"]


@pytest.mark.parametrize(
    "arguments", [["--sysfs", "/no/such/tree"], ["--output", "/no/such/directory/tree.yaml"]]
)
def test_record_refuses_what_it_cannot_read_or_write_on_one_line(arguments: list[str]) -> None:
    (line,) = run("record", *arguments, status=2).stderr.splitlines()
    assert "/no/such/" in line


def test_the_demo_tells_the_whole_story() -> None:
    shown = run("demo").stdout
    assert '"state": "Bound"' in shown
    assert "No request is left; 47 devices are free again." in shown


def test_the_demo_refuses_what_is_no_model() -> None:
    ended = run("demo", "--model", __file__, status=2)
    assert "not a model file" in ended.stderr.splitlines()[-1]


def test_a_state_directory_that_cannot_be_is_refused_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("up", "--port", 0, "--state-dir", tmp_path / "file" / "below", status=2)
    (line,) = ended.stderr.splitlines()
    assert str(tmp_path / "file" / "below") in line


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    assert run("--version").stdout.strip() == version("cyborg_rr")


def test_weights_are_said_by_number_and_an_unknown_one_is_refused() -> None:
    inspected = run("inspect", ENCODER, "--weights", "0", "-f", "json")
    document = json.loads(inspected.stdout)
    assert document["bindings"]["weights"] == ["0"]
    assert "parameters_guessed" not in document["memory"]
    twice = run("inspect", ENCODER, "--weights", "0", "--weights", "2-3", "-f", "json")
    assert json.loads(twice.stdout)["bindings"]["weights"] == ["0", "2-3"]
    refused = run("inspect", ENCODER, "--weights", "9999", status=2)
    assert "the arguments have the numbers 0 to" in refused.stderr


def test_weights_are_said_of_any_family_and_refused_where_there_are_no_arguments() -> None:
    plain = json.loads(run("inspect", CNN, "-f", "json", "--batch", 1).stdout)["memory"]
    said = run("inspect", CNN, "-f", "json", "--batch", 1, "--weights", "0").stdout
    memory = json.loads(said)["memory"]
    moved = memory["parameter_bytes"] - plain["parameter_bytes"]
    assert moved == plain["input_bytes"] - memory["input_bytes"] > 0
    refused = run("inspect", TYPES, "--weights", "0", status=2)
    assert "the file states no arguments that could be weights" in refused.stderr


@pytest.mark.parametrize(
    ("model", "stem"),
    [("Llama-3.1-8B", "Llama-3-1-8B"), ("net.onnx", "net"), ("v1.5.f32.onnx", "v1-5")],
)
def test_a_profile_is_called_after_the_model(model: str, stem: str, tmp_path: Path) -> None:
    given = tmp_path / model
    if given.suffix == ".onnx":
        given.write_bytes((DATA / "onnx" / "cnn.onnx").read_bytes())
    else:
        given.mkdir()
        config = DATA / "huggingface" / "folders" / "dense" / "config.json"
        (given / "config.json").write_bytes(config.read_bytes())
    sizes = ["--input", "sequence=8"] if given.is_dir() else []
    told = run("match", given, "--device", "nvidia-l4", "--batch", 1, *sizes).stdout
    assert f"device profile create {stem} " in told


def test_people_are_told_what_the_sequences_keep() -> None:
    folder = DATA / "huggingface" / "folders" / "dense"
    sizes = ["--batch", 8, "--input", "sequence=4096"]
    kept = "8 sequences of 4096 tokens"
    assert kept in " ".join(run("inspect", folder, *sizes).stdout.split())
    told = " ".join(run("match", folder, "--device", "nvidia-l4", *sizes).stdout.split())
    assert kept in told
    assert ", cache " in told
