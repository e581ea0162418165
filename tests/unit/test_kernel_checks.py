"""Each check of ``tests.long.kernel`` holds for a right story and notices a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.long.kernel.checks import list_checks
from tests.long.kernel.initramfs import find_modules, make_initramfs
from tests.long.kernel.machine import DEVICES, make_command

Story = list[dict[str, Any]]
CARD, PART, TWIN, NETWORK, BRIDGE = (
    f"0000:{place}" for place in ("01:00.0", "01:00.1", "04:01.0", "05:00.0", "00:02.0")
)
OTHER_TWIN, OTHER_NETWORK = "0000:04:02.0", "0000:06:00.0"
LISTED = [("1b36", "0010"), ("1234", "11e8"), ("8086", "10d3")]
IDENTITIES = {NETWORK: "pci:525400ffff123456", OTHER_NETWORK: "pci:525400ffff123457"}


def make_function(ids: str, group: int, **more: Any) -> dict[str, Any]:
    plain = {"physical": None, "virtual": [], "answers": True}
    return {"ids": ids.split(":"), "group": str(group), **plain, **more}


def make_step(name: str, *parts: str, **more: Any) -> dict[str, Any]:
    """A moment at which the card has these virtual functions."""
    kernel = {
        BRIDGE: make_function("1b36:000c:060400", 2),
        CARD: make_function("1b36:0010:010802", 8, virtual=list(parts)),
        TWIN: make_function("1234:11e8:00ff00", 10),
        OTHER_TWIN: make_function("1234:11e8:00ff00", 10),
        NETWORK: make_function("8086:10d3:020000", 11),
        OTHER_NETWORK: make_function("8086:10d3:020000", 12),
    }
    for number, part in enumerate(parts, 13):
        kernel[part] = make_function("1b36:0010:010802", number, physical=CARD)
    offered = [name for name in kernel if name != BRIDGE and not (parts and name == CARD)]
    return {
        "step": name,
        "kernel": kernel,
        "agent": [make_device(a, kernel) for a in offered],
    } | more


def make_device(address: str, kernel: dict[str, Any], consumes: int = 0) -> dict[str, Any]:
    unit = f"iommu_group:{kernel[address]['group']}"
    taken = {"functions": consumes} if consumes else {}
    return {
        "address": address,
        "identity": IDENTITIES.get(address),
        "capacities": {"functions": 65536} if consumes else {},
        "handles": [{"address": address, "unit": unit, "consumes": taken}],
    }


def make_story() -> Story:
    """What a guest answers when all is right."""
    story = [
        make_step("booted"),
        make_step("1 virtual functions", PART, cards=[CARD]),
        make_step("cards pulled with their virtual functions", gone=[CARD]),
        make_step("cards are back"),
        make_step("functions reset", resets={CARD: "done", TWIN: "Inappropriate ioctl for device"}),
        make_step(
            "functions cleaned",
            cleaned={CARD: "function_reset", NETWORK: "function_reset", TWIN: "no: another there"},
            methods={CARD: ["flr", "bus"], NETWORK: ["bus"], TWIN: ["bus"]},
            drivers=[{CARD: "nvme"}, {CARD: "nvme"}],
        ),
        make_step(
            "unplugged within reads",
            within=["nothing", "unreadable"],
            looks=[{"seen": 0, "missed": 1}, {"seen": 2, "missed": 1}],
            victim=TWIN,
        ),
        make_step("recorded", recording="mac: 52:54:00:00:00:01"),
    ]
    pulled = story[2]
    del pulled["kernel"][CARD]
    pulled["agent"] = [device for device in pulled["agent"] if device["address"] != CARD]
    story[-1]["recorded_agent"] = [
        {**device, "identity": device["identity"] and "pci:525400ff00000001"}
        for device in story[-1]["agent"]
    ]
    return story


def judge(story: Story) -> dict[str, list[str]]:
    """What each check that does not hold says."""
    answers = {name: list(check(story)) for name, check in list_checks(LISTED)}
    return {name: wrong for name, wrong in answers.items() if wrong}


def find_device(step: dict[str, Any], address: str) -> dict[str, Any]:
    return next(device for device in step["agent"] if device["address"] == address)


def test_every_check_holds_for_a_right_story() -> None:
    assert judge(make_story()) == {}


def offer_twice(story: Story) -> None:
    story[0]["agent"].append(find_device(story[0], TWIN))


def give_two_one_identity(story: Story) -> None:
    find_device(story[0], TWIN)["identity"] = IDENTITIES[NETWORK]


def offer_what_is_gone(story: Story) -> None:
    del story[0]["kernel"][TWIN]


def offer_a_bridge(story: Story) -> None:
    story[0]["agent"].append(make_device(BRIDGE, story[0]["kernel"]))


def forget_one(story: Story) -> None:
    story[0]["agent"].remove(find_device(story[0], TWIN))


def offer_a_ghost(story: Story) -> None:
    story[0]["kernel"][TWIN]["answers"] = False


def offer_a_card_beside_its_part(story: Story) -> None:
    story[1]["agent"].append(make_device(CARD, story[1]["kernel"]))


def offer_a_card_beside_a_part_of_its_former_self(story: Story) -> None:
    back = story[3]
    back["kernel"][PART] = make_function("1b36:0010:010802", 13, physical=CARD)
    back["agent"].append(make_device(PART, back["kernel"]))


def forget_a_part(story: Story) -> None:
    story[1]["agent"].remove(find_device(story[1], PART))


def try_no_card(story: Story) -> None:
    story[2]["gone"] = []


def misname_a_unit(story: Story) -> None:
    find_device(story[0], TWIN)["handles"][0]["unit"] = "iommu_group:11"


def forget_an_identity(story: Story) -> None:
    find_device(story[3], NETWORK)["identity"] = None


def refuse_a_reset(story: Story) -> None:
    story[4]["resets"][CARD] = "Inappropriate ioctl for device"


def change_by_a_reset(story: Story) -> None:
    story[4]["agent"].pop()


def lose_a_driver(story: Story) -> None:
    story[5]["drivers"][1] = {}


def try_nothing_with_a_driver(story: Story) -> None:
    story[5]["drivers"] = [{}, {}]


def reset_a_bus(story: Story) -> None:
    story[5]["cleaned"][TWIN] = "function_reset"


def fail_a_clean(story: Story) -> None:
    story[5]["cleaned"][NETWORK] = "reset_failed"


def change_by_a_clean(story: Story) -> None:
    story[5]["agent"].pop()


def read_of_a_pulled_device(story: Story) -> None:
    story[6]["within"] = ["something"]


def see_a_pulled_device(story: Story) -> None:
    story[6]["looks"][0] = {"seen": 3, "missed": 0}


def never_see_the_device(story: Story) -> None:
    story[6]["looks"] = [{"seen": 0, "missed": 1}]


def record_an_address(story: Story) -> None:
    story[-1]["recording"] += "52:54:00:12:34:56"


def record_a_serial_number(story: Story) -> None:
    story[-1]["recording"] += "config: '0x0300011556 3412ff".replace(" ", "")


def lose_a_device_in_the_recording(story: Story) -> None:
    story[-1]["recorded_agent"].pop()


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (offer_twice, "no device and no handle stands twice"),
        (give_two_one_identity, "no device and no handle stands twice"),
        (offer_what_is_gone, "everything offered is there and no bridge"),
        (offer_a_bridge, "everything offered is there and no bridge"),
        (forget_one, "everything listed is offered or divided"),
        (offer_a_ghost, "what does not answer is not offered"),
        (offer_a_card_beside_its_part, "a card is never held whole beside its parts"),
        (
            offer_a_card_beside_a_part_of_its_former_self,
            "a card is never held whole beside its parts",
        ),
        (forget_a_part, "virtual functions come and go"),
        (try_no_card, "virtual functions come and go"),
        (misname_a_unit, "units are the kernels isolation groups"),
        (forget_an_identity, "serial numbers are identities"),
        (refuse_a_reset, "resets leave the picture as it was"),
        (change_by_a_reset, "resets leave the picture as it was"),
        (lose_a_driver, "cleans reach what they clean and leave its driver"),
        (try_nothing_with_a_driver, "cleans reach what they clean and leave its driver"),
        (reset_a_bus, "cleans reach what they clean and leave its driver"),
        (fail_a_clean, "cleans reach what they clean and leave its driver"),
        (change_by_a_clean, "cleans reach what they clean and leave its driver"),
        (read_of_a_pulled_device, "a device pulled within a read is gone and comes back"),
        (see_a_pulled_device, "a device pulled within a read is gone and comes back"),
        (never_see_the_device, "a device pulled within a read is gone and comes back"),
        (record_an_address, "a recording works like the machine and names no piece"),
        (record_a_serial_number, "a recording works like the machine and names no piece"),
        (lose_a_device_in_the_recording, "a recording works like the machine and names no piece"),
    ],
)
def test_a_check_notices_what_is_wrong(spoil: Callable[[Story], None], check: str) -> None:
    story = make_story()
    spoil(story)
    assert check in judge(story)


def test_a_card_may_be_offered_beside_its_parts_where_capacities_keep_them_apart() -> None:
    story = make_story()
    step = story[1]
    device = make_device(CARD, step["kernel"], consumes=65536)
    part = find_device(step, PART)
    step["agent"].remove(part)
    device["handles"].append({**part["handles"][0], "consumes": {"functions": 1}})
    step["agent"].append(device)
    assert judge(story) == {}
    device["capacities"] = {"functions": 65537}
    assert list(judge(story)) == ["a card is never held whole beside its parts"]


def test_modules_are_loaded_after_those_that_they_stand_on(tmp_path: Path) -> None:
    for name, depends in (("a-b", "c,d"), ("c", "d"), ("d", ""), ("other", "")):
        (tmp_path / f"{name}.ko").write_bytes(b"\0license=GPL\0depends=%s\0x" % depends.encode())
    found = find_modules(tmp_path, ["a_b", "built_in"])
    assert [path.name for path in found] == ["d.ko", "c.ko", "a-b.ko"]


def test_the_first_file_system_is_an_archive_that_the_kernel_reads(tmp_path: Path) -> None:
    (tmp_path / "busybox").write_bytes(b"shell")
    (tmp_path / "m.ko").write_bytes(b"module")
    archive = make_initramfs(tmp_path / "busybox", [tmp_path / "m.ko"], "python -c 1", "A=1")
    found = {}
    place = 0
    while archive[place : place + 6] == b"070701":
        fields = [int(archive[place + 6 + 8 * i : place + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = archive[place + 110 : place + 109 + name_size].decode()
        start = (place + 110 + name_size + 3) // 4 * 4
        found[name] = archive[start : start + size]
        place = (start + size + 3) // 4 * 4
    assert place == len(archive)
    assert list(found)[-1] == "TRAILER!!!"
    assert found["bin/busybox"] == b"shell"
    assert found["modules/m.ko"] == b"module"
    assert b"env A=1 python -c 1 <" in found["init"]


def test_what_this_qemu_lacks_is_not_on_its_command_line(tmp_path: Path) -> None:
    everything = make_command("qemu", tmp_path, tmp_path, tmp_path, [])
    names = [device.name for device in DEVICES if "igb" in device.name]
    without = make_command("qemu", tmp_path, tmp_path, tmp_path, names)
    assert any(word.startswith("igb,") for word in everything)
    assert not any(word.startswith("igb,") for word in without)
