"""A reset reaches one function only, which its driver does not have meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import CleanFailed, Driver, DriverContext, NoCleanMethod
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.drivers.privileged import acts
from tests.drivers.hosts import AUDIO, GPU, NIC, QAT, QAT_VF, SmallHost
from tests.drivers.subjects import OPTIONS
from tests.fakes.pci_kernel import PciKernel

CARD, SOUND, OTHER, ALONE = "0000:3b:00.0", "0000:3b:00.1", "0000:3b:01.0", "0000:3c:00.0"
VIRTUAL = ("0000:3b:00.4", "0000:3b:00.5")


class Stage:
    """A host whose kernel resets whatever it is told to."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = SmallHost(root / "sys")
        self.records = root / "records"
        self.monkeypatch = monkeypatch

    def add(self, address: str, files: dict[str, str], methods: str | None = "flr bus") -> None:
        said = {} if methods is None else {"reset_method": methods}
        self.host.add(address, {**files, "reset": "", **said})

    def start(self, **natives: str) -> PciKernel:
        """The kernel, with drivers by the names of functions."""
        names = {"card": CARD, "sound": SOUND, "other": OTHER, "alone": ALONE}
        bound = {names[key]: driver for key, driver in natives.items()}
        self.kernel = PciKernel(self.host.root, bound, frozenset())
        self.monkeypatch.setattr(acts, "write_attribute", self.kernel.write)
        return self.kernel

    def make_driver(self, name: str = "pci", **options: object) -> Driver:
        given = {**OPTIONS, "records": self.records, **options}
        (driver,) = load_drivers([name], DriverContext(self.host.root, given))
        return driver


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def handle_of(address: str, kind: str = "PCI", **info: str) -> AttachHandle:
    return AttachHandle(kind, {**PciAddress.parse(address).render_handle_info(), **info})


def cause_of(driver: Driver, handle: AttachHandle) -> str:
    with pytest.raises(CleanFailed) as raised:
        driver.clean(handle)
    return raised.value.cause


def test_its_driver_does_not_have_it_while_it_is_reset_and_gets_it_back(stage: Stage) -> None:
    stage.add(CARD, GPU)
    kernel = stage.start(card="nvidia")
    assert stage.make_driver().clean(handle_of(CARD)) == "function_reset"
    assert kernel.reset == [(CARD, None)]
    assert kernel.driver_of(CARD) == "nvidia"
    assert list(stage.records.glob("*")) == []


@pytest.mark.parametrize("driver", ["vfio-pci", "mlx5_vfio_pci"])
def test_a_driver_for_guests_keeps_it(stage: Stage, driver: str) -> None:
    stage.add(CARD, GPU)
    kernel = stage.start(card=driver)
    stage.make_driver().clean(handle_of(CARD))
    assert kernel.reset == [(CARD, driver)]
    assert [path for path, _ in kernel.written if path.endswith("bind")] == []


def test_a_driver_that_does_not_let_go_keeps_it_unreset(stage: Stage) -> None:
    stage.add(CARD, GPU)
    kernel = stage.start(card="nvidia")
    kernel.refused = frozenset({CARD})
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "driver_keeps_it"
    assert (kernel.reset, kernel.driver_of(CARD)) == ([], "nvidia")
    assert list(stage.records.glob("*")) == []


def test_it_goes_back_to_its_driver_when_the_reset_fails(stage: Stage) -> None:
    stage.add(CARD, GPU, "bus")
    kernel = stage.start(card="nvidia")
    kernel.refused_resets.add(CARD)
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "reset_failed"
    assert kernel.driver_of(CARD) == "nvidia"
    assert list(stage.records.glob("*")) == []


def test_another_run_gives_it_back_when_one_ended_in_between(stage: Stage) -> None:
    stage.add(CARD, GPU)
    kernel = stage.start(card="nvidia")
    written = kernel.write

    def die(*arguments: object) -> None:
        if str(arguments[1]).endswith("/bind"):
            raise KeyboardInterrupt
        written(*arguments)  # type: ignore[arg-type]

    stage.monkeypatch.setattr(acts, "write_attribute", die)
    with pytest.raises(KeyboardInterrupt):
        stage.make_driver().clean(handle_of(CARD))
    assert kernel.driver_of(CARD) is None
    stage.monkeypatch.setattr(acts, "write_attribute", written)
    assert stage.make_driver().clean(handle_of(CARD)) == "function_reset"
    assert kernel.driver_of(CARD) == "nvidia"
    assert list(stage.records.glob("*")) == []


def test_a_function_that_another_driver_has_afterwards_is_not_clean(stage: Stage) -> None:
    stage.add(CARD, GPU)
    kernel = stage.start(card="nvidia")
    bind = kernel._bind_to
    stage.monkeypatch.setattr(kernel, "_bind_to", lambda name, _: bind(name, "nouveau"))
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "driver_not_restored"


def test_what_the_host_uses_is_not_taken_from_its_driver(stage: Stage) -> None:
    stage.add(CARD, {**NIC, "boot_vga": "1"})
    kernel = stage.start(card="ice")
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "used_by_host"
    assert (kernel.reset, kernel.written) == ([], [])


@pytest.mark.parametrize("methods", ["bus", "cxl_bus", "bus flr", "new_one"])
def test_a_reset_of_a_bus_that_others_are_on_is_refused(stage: Stage, methods: str) -> None:
    stage.add(CARD, GPU, methods)
    stage.add(OTHER, GPU)
    stage.add(ALONE, GPU, methods)
    kernel = stage.start()
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "reset_reaches_others"
    assert kernel.reset == []
    assert stage.make_driver().clean(handle_of(ALONE)) == "function_reset"


def test_what_nobody_can_read_is_on_the_bus_too(stage: Stage) -> None:
    stage.add(CARD, GPU, "bus")
    stage.host.add(OTHER, {"vendor": "garbage"})
    stage.start()
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "reset_reaches_others"


def test_a_kernel_that_names_no_methods_is_trusted_with_a_card_and_its_sound(stage: Stage) -> None:
    stage.add(CARD, GPU, None)
    stage.add(SOUND, AUDIO, None)
    stage.start()
    assert stage.make_driver().clean(handle_of(CARD)) == "function_reset"
    stage.add(OTHER, GPU, None)
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "reset_reaches_others"


def test_a_virtual_function_is_reset_alone_or_not(stage: Stage) -> None:
    stage.add(CARD, QAT)
    stage.host.add_virtual(CARD, {**QAT_VF, "reset": "", "reset_method": "flr"}, *VIRTUAL)
    kernel = stage.start()
    assert cause_of(stage.make_driver(), handle_of(CARD)) == "split"
    assert stage.make_driver().clean(handle_of(VIRTUAL[0])) == "function_reset"
    assert kernel.reset == [(VIRTUAL[0], None)]
    (stage.host.root / "bus/pci/devices" / VIRTUAL[0] / "reset_method").write_text("bus\n")
    assert cause_of(stage.make_driver(), handle_of(VIRTUAL[0])) == "reset_reaches_others"


def test_a_virtual_function_answers_although_its_ids_are_all_ones(stage: Stage) -> None:
    config = b"\xff\xff\xff\xff" + bytes(60)
    stage.add(CARD, QAT)
    stage.host.add_virtual(
        CARD, {**QAT_VF, "reset": "", "reset_method": "flr", "config": config}, *VIRTUAL
    )
    stage.start()
    assert stage.make_driver().clean(handle_of(VIRTUAL[1])) == "function_reset"


METHODS = st.sampled_from(["flr", "pm", "flr bus", "bus", "cxl_bus", "bus flr", "", None])
KINDS = st.sampled_from([*["PCI"] * 4, "MIG", "MDEV", "XCP", "TEST_PCI"])
DRIVERS = {"pci": "10de", "nvidia_gpu": "10de", "amd_gpu": "1002", "intel_gpu": "8086"}
PRODUCTS = {"10de": "0x20b5", "1002": "0x74a1", "8086": "0x56c0"}
NATIVES = st.sampled_from([None, "vfio-pci", "native", "nvidia", "amdgpu"])
PLACES = st.lists(
    st.sampled_from([CARD, SOUND, OTHER, "0000:3b:01.1", ALONE, "0000:3c:00.1"]),
    min_size=1,
    unique=True,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_clean_touches_nothing_that_another_handle_may_have(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    name, vendor = data.draw(st.sampled_from(sorted(DRIVERS.items())), "driver")
    stage = Stage(tmp_path_factory.mktemp("host"), monkeypatch)
    files = {"vendor": f"0x{vendor}", "device": PRODUCTS[vendor], "class": "0x030200"}
    if vendor == "8086":
        files["class"] = "0x038000"
    places = data.draw(PLACES, "functions")
    for address in places:
        stage.add(address, files, data.draw(METHODS, "methods"))
    if data.draw(st.booleans(), "is split") and CARD in places:
        stage.host.add_virtual(CARD, {**files, "reset": "", "reset_method": "flr"}, *VIRTUAL)
        places = [*places, *VIRTUAL]
    kernel = stage.start()
    for address in places:
        native = data.draw(NATIVES, "bound to")
        if native is not None:
            kernel._bind_to(address, native)
    target = data.draw(st.sampled_from(places), "cleaned")
    kind = data.draw(KINDS, "type")
    part = {} if kind == "PCI" else {"profile": "1g.10gb", "placement": "0", "partition": "0"}
    bound = {address: kernel.driver_of(address) for address in places}
    driver = stage.make_driver(name, reset_suffices=[name] if data.draw(st.booleans()) else [])
    try:
        driver.clean(handle_of(target, kind, **part))
    except (CleanFailed, NoCleanMethod):
        pass
    assert {reached for reached, _ in kernel.reset} <= ({target} if kind == "PCI" else set())
    assert {address: kernel.driver_of(address) for address in places} == bound
    assert {value for path, value in kernel.written if path.endswith("bind")} <= {target}
