"""NVMe drives erase themselves, and never anything that was not held."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import CleanFailed, DriverContext, NoCleanMethod
from cyborg_rr.drivers.listed_pci import PciDriver
from cyborg_rr.drivers.pci.cleaning import nvme
from cyborg_rr.drivers.pci.cleaning.drive import (
    OF_VIRTUAL_FUNCTION,
    SEVERAL_CONTROLLERS,
    SEVERAL_PORTS,
    Drive,
)
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.nvme import READS, AdminCommand, Opcode
from tests.drivers.hosts import NVME, SmallHost
from tests.fakes.nvme import FakeDrive

ADDRESS, VIRTUAL, OTHER = "0000:01:00.0", "0000:01:00.1", "0000:02:00.0"
CRYPTO = 0b01
Answer = tuple[int, int, bytes]
Sent = list[tuple[str, str, AdminCommand]]


@pytest.fixture
def host(tmp_path: Path) -> SmallHost:
    return SmallHost(tmp_path / "sys")


def add_controller(host: SmallHost, address: str, name: str, serial: str = "S1") -> None:
    """What the kernel's nvme driver shows below a function that it has."""
    directory = (host.root / "bus/pci/devices" / address).resolve() / "nvme" / name
    directory.mkdir(parents=True)
    (directory / "serial").write_text(f"{serial:<20}\n")


def join(host: SmallHost, *controllers: str, name: str = "nvme-subsys0") -> None:
    """Have the kernel know controllers as those of one NVM subsystem."""
    subsystem = host.root / "class/nvme-subsystem" / name
    subsystem.mkdir(parents=True)
    for controller in controllers:
        (subsystem / controller).symlink_to("../nowhere")


def clean(host: SmallHost, address: str = ADDRESS, **options: object) -> str:
    """Clean the function at an address."""
    listed: dict[str, object] = {"pci_devices": [{"class": "010802"}]}
    driver = PciDriver(DriverContext(host.root, listed | options))
    return driver.clean(host.find(address).handle)


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeDrive], Sent]:
    """Makes a drive answer whoever is asked; what was sent is kept."""

    def plug_in(drive: FakeDrive) -> Sent:
        sent: Sent = []

        def answer(address: PciAddress, controller: str, command: AdminCommand) -> Answer:
            sent.append((address.render(), controller, command))
            return 0, 0, drive.send(command)

        monkeypatch.setattr(acts, "run_admin_command", answer)
        monkeypatch.setattr(nvme, "POLL_SECONDS", 0)
        return sent

    return plug_in


def has_erased(sent: Sent) -> bool:
    """Whether a command that does more than look was sent."""
    return any(command.opcode not in READS for _, _, command in sent)


def test_the_drive_that_was_held_is_erased(
    host: SmallHost, plug: Callable[[FakeDrive], Sent]
) -> None:
    host.add(ADDRESS, NVME, driver="nvme")
    add_controller(host, ADDRESS, "nvme3")
    join(host, "nvme3")
    join(host, "nvme0", "nvme1", name="nvme-subsys1")
    sent = plug(FakeDrive(sanitize_abilities=CRYPTO))
    assert clean(host) == "nvme_sanitize"
    assert has_erased(sent)
    assert {(address, controller) for address, controller, _ in sent} == {(ADDRESS, "nvme3")}


def test_a_virtual_function_is_no_drive_and_nothing_is_sent(
    host: SmallHost, plug: Callable[[FakeDrive], Sent]
) -> None:
    host.add(ADDRESS, NVME, driver="nvme")
    files: dict[str, str | bytes] = {**NVME, "reset": "", "reset_method": "flr"}
    host.add_virtual(ADDRESS, files, VIRTUAL)
    add_controller(host, ADDRESS, "nvme0")
    add_controller(host, VIRTUAL, "nvme1")
    sent = plug(FakeDrive(sanitize_abilities=CRYPTO))
    with pytest.raises(NoCleanMethod, match="a share of a drive"):
        clean(host, VIRTUAL)
    with pytest.raises(CleanFailed) as raised:
        clean(host)
    assert raised.value.cause == "split"
    assert clean(host, VIRTUAL, reset_suffices=["pci"]) == "function_reset"
    assert sent == []


def test_a_drive_with_another_controller_is_told_nothing(
    host: SmallHost, plug: Callable[[FakeDrive], Sent]
) -> None:
    host.add(ADDRESS, NVME, driver="nvme")
    add_controller(host, ADDRESS, "nvme0")
    join(host, "nvme0", "nvme1")
    sent = plug(FakeDrive(sanitize_abilities=CRYPTO))
    with pytest.raises(CleanFailed, match="nvme1") as raised:
        clean(host)
    assert raised.value.cause == "shared_drive"
    assert sent == []


@pytest.mark.parametrize(
    "drive",
    [
        FakeDrive(sanitize_abilities=CRYPTO, sharing=SEVERAL_PORTS),
        FakeDrive(sanitize_abilities=CRYPTO, sharing=SEVERAL_CONTROLLERS),
        FakeDrive(sanitize_abilities=CRYPTO, sharing=OF_VIRTUAL_FUNCTION),
        FakeDrive(sanitize_abilities=CRYPTO, namespaces={1: (0, 0), 2: (0, 0)}, shared=[2]),
        FakeDrive(can_format=True, namespaces={1: (0, 0)}, shared=[1]),
        FakeDrive(
            can_format=True,
            manages=True,
            namespaces={1: (0, 0)},
            hidden=[2],
            format_reach=nvme.ERASES_ALL,
        ),
    ],
)
def test_a_drive_that_may_be_shared_is_not_erased(
    drive: FakeDrive, host: SmallHost, plug: Callable[[FakeDrive], Sent]
) -> None:
    host.add(ADDRESS, NVME, driver="nvme")
    add_controller(host, ADDRESS, "nvme0")
    sent = plug(drive)
    with pytest.raises(CleanFailed) as raised:
        clean(host)
    assert raised.value.cause == "shared_drive"
    assert not has_erased(sent)


@pytest.mark.parametrize(("told", "said"), [("S1", "S2"), ("", "S1"), ("", ""), ("S1", "")])
def test_another_drive_than_the_kernel_told_of_is_not_erased(
    told: str, said: str, host: SmallHost, plug: Callable[[FakeDrive], Sent]
) -> None:
    host.add(ADDRESS, NVME, driver="nvme")
    add_controller(host, ADDRESS, "nvme0", told)
    sent = plug(FakeDrive(serial=said, sanitize_abilities=CRYPTO))
    with pytest.raises(CleanFailed) as raised:
        clean(host)
    assert raised.value.cause == "another_drive"
    assert not has_erased(sent)


@given(
    others=st.integers(0, 2),
    is_told_by_kernel=st.booleans(),
    sharing=st.sampled_from([0, 0, 0, 8, SEVERAL_PORTS, OF_VIRTUAL_FUNCTION]),
    own=st.sets(st.integers(1, 4)),
    foreign=st.sets(st.integers(1, 4)),
    format_reach=st.integers(0, 7),
    can_format=st.booleans(),
    manages=st.booleans(),
    sanitize_abilities=st.sampled_from([0, CRYPTO]),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_command_reaches_further_than_the_functions_own_namespaces(
    tmp_path_factory: pytest.TempPathFactory,
    plug: Callable[[FakeDrive], Sent],
    others: int,
    is_told_by_kernel: bool,
    sharing: int,
    own: set[int],
    foreign: set[int],
    format_reach: int,
    can_format: bool,
    manages: bool,
    sanitize_abilities: int,
) -> None:
    foreign = foreign if others else set()
    if others and not is_told_by_kernel:  # else nobody says so: the drive itself must
        sharing |= SEVERAL_CONTROLLERS
    host = SmallHost(tmp_path_factory.mktemp("host") / "sys")
    names = [f"nvme{number}" for number in range(others + 1)]
    for number, name in enumerate(names):
        address = f"0000:0{number + 1}:00.0"
        host.add(address, NVME, driver="nvme")
        add_controller(host, address, name)
    if is_told_by_kernel:
        join(host, *names)
    sent = plug(
        FakeDrive(
            sanitize_abilities=sanitize_abilities,
            can_format=can_format,
            manages=manages,
            namespaces=dict.fromkeys(own, (0, 0)),
            hidden=sorted(foreign - own),
            shared=sorted(foreign & own),
            sharing=sharing,
            format_reach=format_reach,
        )
    )
    try:
        clean(host)
    except (CleanFailed, NoCleanMethod):
        pass
    else:
        assert has_erased(sent)
    assert {(address, controller) for address, controller, _ in sent} <= {(ADDRESS, "nvme0")}
    for _, _, command in sent:
        if command.opcode in READS:
            continue
        reaches_all = command.opcode == Opcode.SANITIZE or bool(format_reach & 0b11)
        reached = own | foreign if reaches_all else {command.namespace}
        assert reached <= own - foreign


def test_a_drive_without_the_kernels_driver_cannot_be_told(host: SmallHost) -> None:
    host.add(ADDRESS, NVME)
    with pytest.raises(CleanFailed) as raised:
        clean(host)
    assert raised.value.cause == "no_controller"


def erase(drive: FakeDrive) -> str:
    """Erase without waiting in earnest."""
    own = Drive("nvme0", drive.serial)
    return nvme.erase(own, drive.send, clock=lambda: drive.now, sleep=drive.sleep)


def test_a_drive_that_can_erases_its_key() -> None:
    drive = FakeDrive(sanitize_abilities=0b011)
    assert erase(drive) == "nvme_sanitize"
    assert drive.actions == [nvme.CRYPTO_ERASE]
    assert drive.is_erased


def test_a_drive_without_keys_erases_its_blocks_and_is_waited_for() -> None:
    drive = FakeDrive(sanitize_abilities=0b010, polls=50)
    assert erase(drive) == "nvme_sanitize"
    assert drive.actions == [nvme.BLOCK_ERASE]
    assert drive.now >= 49


def test_an_erasure_that_was_begun_before_is_waited_for_and_not_begun_again() -> None:
    drive = FakeDrive(sanitize_abilities=0b010, polls=5)
    drive.begin(nvme.BLOCK_ERASE)
    assert erase(drive) == "nvme_sanitize"
    assert drive.actions == [nvme.BLOCK_ERASE]


@pytest.mark.parametrize("outcome", [0, nvme.FAILED, 7])
def test_an_erasure_that_did_not_succeed_is_no_clean(outcome: int) -> None:
    drive = FakeDrive(sanitize_abilities=0b010, outcome=outcome)
    with pytest.raises(CleanFailed, match="does not say that it sanitized itself"):
        erase(drive)


def test_an_erasure_without_end_is_given_up() -> None:
    drive = FakeDrive(sanitize_abilities=0b010, polls=10**9)
    with pytest.raises(CleanFailed, match="% after a day"):
        erase(drive)


def test_a_drive_that_cannot_sanitize_formats_each_namespace_as_it_is() -> None:
    drive = FakeDrive(can_format=True, namespaces={1: (0x12, 0b1001), 7: (0x00, 0)})
    assert erase(drive) == "nvme_format"
    assert drive.formats == {
        1: 0x2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9,
        7: 1 << 9,
    }


def test_a_namespace_that_cannot_be_reached_keeps_the_drive_out() -> None:
    drive = FakeDrive(can_format=True, manages=True, namespaces={1: (0, 0)}, hidden=[2])
    with pytest.raises(CleanFailed, match="namespace 2") as raised:
        erase(drive)
    assert raised.value.cause == "erase_incomplete"
    assert drive.formats == {}


def test_a_drive_that_can_do_neither_has_no_method() -> None:
    with pytest.raises(NoCleanMethod):
        erase(FakeDrive())


def test_a_drive_with_more_namespaces_than_it_tells_of_at_once_formats_all() -> None:
    drive = FakeDrive(can_format=True, namespaces=dict.fromkeys(range(1, 1026), (0, 0)))
    assert erase(drive) == "nvme_format"
    assert len(drive.formats) == 1025
