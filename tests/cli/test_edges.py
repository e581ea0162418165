"""A command ends with its status and at most one line on standard error, whatever fails around."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli import PROGRAM, RESNET

BUFFERED = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
FULL = Path("/dev/full")
COMMANDS = (
    ["match", str(RESNET), "--device", "nvidia-t4"],
    ["match", str(RESNET), "-f", "json"],
    ["inspect", str(RESNET)],
    ["record", "--all"],
    ["--version"],
    ["match", "--help"],
)


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_on_one_line(command: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [PROGRAM, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
            check=False, env=BUFFERED,
        )  # fmt: skip
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "cyborg-rr: the output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_of_the_output_that_leaves_ends_it_without_a_word(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, *command], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60,
        check=False, env=BUFFERED,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("descriptor", ["1", "2"])
def test_a_closed_output_is_refused(descriptor: str) -> None:
    line = f'exec "$0" inspect "$1" {descriptor}>&-'
    done = subprocess.run(
        ["sh", "-c", line, str(PROGRAM), str(RESNET)], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stdout == b""


def test_a_refusal_that_nobody_can_be_told_keeps_its_status() -> None:
    line = 'exec "$0" match /no/such/model 2>/dev/full'
    done = subprocess.run(
        ["sh", "-c", line, str(PROGRAM)], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2


def test_a_terminal_without_unicode_is_written_to(tmp_path: Path) -> None:
    model = tmp_path / "größe.onnx"
    model.write_bytes(RESNET.read_bytes())
    done = subprocess.run(
        [PROGRAM, "inspect", model], capture_output=True, timeout=60, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0
    assert rb"gr\xf6\xdfe.onnx" in done.stdout


def test_ctrl_c_ends_with_its_status_and_without_a_word() -> None:
    program = (
        "import sys\n"
        "from cyborg_rr import offline\n"
        "from cyborg_rr.cli import main\n"
        "def interrupt(*_, **__):\n"
        "    raise KeyboardInterrupt\n"
        "offline.match = interrupt\n"
        f"sys.argv = ['cyborg-rr', 'match', {str(RESNET)!r}]\n"
        "main.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("place", ["import", "recognise", "read"])
def test_a_reader_of_another_package_that_fails_is_named(tmp_path: Path, place: str) -> None:
    code = "class Reader:\n    family = 'acme'\n"
    if place == "import":
        code = "raise OSError('half\\ninstalled')\n"
    else:
        fails = "        raise ZeroDivisionError('oh\\n\\x1b[2J')\n"
        body = fails if place == "recognise" else "        return True\n"
        code += f"    def recognises(self, source):\n{body}    def read(self, source):\n{fails}"
    (tmp_path / "acme.py").write_text(code)
    described = tmp_path / "acme-1.dist-info"
    described.mkdir()
    (described / "entry_points.txt").write_text("[cyborg_rr.readers]\nacme = acme:Reader\n")
    done = subprocess.run(
        [PROGRAM, "inspect", RESNET], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "the reader acme failed (" in line
    assert "\x1b" not in line


def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = subprocess.run(
        [PROGRAM, "record", "--output", pipe, "--overwrite"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == f"cyborg-rr: {pipe} is no regular file, and is not replaced\n"
    assert pipe.is_fifo()
