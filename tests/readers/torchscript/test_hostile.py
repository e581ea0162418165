"""Programs that lie, lack or demand too much are refused in one line, and soon."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchscript.reader import TorchScriptReader
from tests.readers import hostile
from tests.readers.samples import DATA
from tests.readers.torchscript.files import forward, save

NESTED = "return " + "torch.relu(" * 5000 + "x" + ")" * 5000
CALLS = [f"_{i} = self.forward(self.forward(x, ), )" for i in range(50)]
DEEP = ["  " * i + "if True:" for i in range(200)] + ["  " * 200 + "pass"]


def refuse(data: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(TorchScriptReader(), Source("model", data), cause)


def endure(data: bytes) -> None:
    """The file is read or refused, soon and in one line."""
    hostile.endure(TorchScriptReader(), Source("model", data))


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([NESTED], "less than 64 expressions"),
        (["return " + "(" * 100_000], "less than 64 expressions"),
        (["return " + "-" * 100_000 + "x"], "less than 64 expressions"),
        (["return " + "not " * 100_000 + "x"], "less than 64 expressions"),
        (["return x" + ".a" * 100_000], "a path of less than 64 parts"),
        (DEEP, "blocks deep"),
        (CALLS, "nested more than 200 deep"),
        (["for i in range(400000000):", "  pass"], "more than can be followed"),
        (["for i in range(300000):", "  y = torch.relu(x)"], "more than 400000 steps"),
        (["while True:", "  pass"], "more than 400000 steps"),
        (["y = [x]"] + ["y = torch.add(y, y)"] * 10_000 + ["return torch.cat(y)"], ""),
        (["return 99999999999999999999999999"], "64 bits"),
        (["return $"], "no TorchScript"),
        (["return x y"], "the end of the line"),
        (["if x"], "':'"),
        (["return CONSTANTS.c7"], "no constant"),
        (["return f(x"], ""),
    ],
)
def test_code_that_cannot_be_is_refused(lines: list[str], cause: str) -> None:
    data = save(forward(*lines))
    if cause:
        refuse(data, cause)
        return
    endure(data)


def test_branches_that_copy_much_are_bounded() -> None:
    lines = [f"v{i} = x" for i in range(20_000)]
    lines += ["if flag:", "  pass", "else:", "  y = x"] * 5000
    refuse(save(forward(*lines, parameters="x: Tensor,\n    flag: bool")), "400000 steps")


def test_storages_have_to_be_there_in_their_size() -> None:
    refuse(save(forward("return x"), **{"data/0": bytes(20)}), "takes 24 bytes and has 20")


@pytest.mark.parametrize(
    ("members", "cause"),
    [
        ({"m/model.json": b"{}"}, "before PyTorch 1.4"),
        ({"m/constants.pkl": b"\x80\x02)."}, "lacks data.pkl"),
        ({"m/data.pkl": b"\x80\x02N.", "m/constants.pkl": b"\x80\x02)."}, "holds no module"),
    ],
)
def test_archives_that_are_no_programs_are_refused(members: dict[str, bytes], cause: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    refuse(buffer.getvalue(), cause)


def test_the_form_for_mobile_devices_is_refused_by_name() -> None:
    refuse(b"\x40\0\0\0PTMF" + bytes(100), "FlatBuffer form is not read: export the model by")


WORDS = (
    "torch.", "(", ")", "[", "]", ",", "self", "x", "=", ":", "\n    ", "\n", "if ", "else:", "0",
    "-1", "None", "for i in range(9):", "CONSTANTS.c0", '"', ".forward", "__torch__.", "return ",
    "torch.cat", "torch.view", "while True:", "99999999999",
)  # fmt: skip


@pytest.mark.wrong_operands
@pytest.mark.parametrize("name", ["network.pt", "scripted.pt", "branches.pt", "recurrent.pt"])
def test_mutated_programs_are_read_or_refused(name: str) -> None:
    """Within the pickles and the code, which damage to the archive would mostly hide."""
    with zipfile.ZipFile(DATA / "torchscript" / name) as archive:
        members = {
            place: archive.read(place)
            for place in archive.namelist()
            if not place.endswith(".debug_pkl")
        }
    chosen = random.Random(name)
    targets = [place for place in members if place.endswith((".py", ".pkl"))]
    for _ in range(250):
        place = chosen.choice(targets)
        changed = bytearray(members[place])
        for _ in range(chosen.choice((1, 1, 2, 8))):
            at = chosen.randrange(len(changed))
            if place.endswith(".py"):
                changed[at : at + chosen.randrange(6)] = chosen.choice(WORDS).encode()
            else:
                changed[at] = chosen.randrange(256)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, bytes(changed) if member == place else content)
        endure(buffer.getvalue())
