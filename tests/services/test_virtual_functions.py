"""Virtual functions that come and go while one is held: through conductor, agent and database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqState, Mandate
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.loading import load_drivers
from tests.drivers.subjects import make_driver
from tests.drivers.trees import load_tree
from tests.services.conftest import Cloud, TestDriver
from tests.services.test_faults import give_up_what_has_gone

HOST = "host-1"


@dataclass
class TreeDriver(TestDriver):
    """Finds what a real driver finds on the tree that the test has put there last."""

    family: str = ""
    root: Path = Path("/nonexistent")
    listed: Sequence[str] = ()

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """What the driver of the family finds, or the generic one of what is listed."""
        if not self.listed:
            return make_driver(self.family, self.root).discover(look)
        options = {"pci_devices": [{"address": each} for each in self.listed]}
        (driver,) = load_drivers(["pci"], DriverContext(self.root, options))
        return driver.discover(look)


def put_tree(driver: TreeDriver, name: str, directory: Path) -> None:
    """From now on the host looks like this tree."""
    driver.root = load_tree(name).write(directory / f"{name}-{driver.family}")


def disable_virtual_functions(root: Path, physical: str) -> None:
    """Take those of one function off the host."""
    function = (root / "bus/pci/devices" / physical).resolve()
    for link in function.glob("virtfn*"):
        (root / "bus/pci/devices" / link.readlink().name).unlink()
        link.unlink()


def test_more_virtual_functions_change_neither_the_name_nor_the_holder(
    cloud: Cloud, tmp_path: Path
) -> None:
    driver = TreeDriver([], family="intel_fpga")
    put_tree(driver, "vf-count-before", tmp_path)
    cloud.add_host(HOST, driver)
    (part,) = cloud.deployables()
    (held,) = cloud.create(1, resource_class="FPGA")
    cloud.bind([held])
    put_tree(driver, "vf-count-after", tmp_path)
    cloud.agents[HOST].report_all()
    (again,) = cloud.deployables()
    assert (again.name, again.provider_uuid) == (part.name, part.provider_uuid)
    assert again.fields.num_accelerators == 4
    assert cloud.handle_states() == [HandleState.FREE] * 3 + [HandleState.HELD]
    others = cloud.create(3, resource_class="FPGA")
    cloud.bind(others)
    bound = [cloud.get(arq) for arq in (held, *others)]
    assert {arq.state for arq in bound} == {ArqState.BOUND}
    functions = [arq.handle.info["function"] for arq in bound if arq.handle is not None]
    assert sorted(functions) == ["1", "2", "3", "4"]
    (one_more,) = cloud.create(1, resource_class="FPGA")
    with pytest.raises(CyborgError):
        cloud.bind([one_more])
    cloud.client.unbind([held], Mandate("project"))
    assert cloud.get(held).state is ArqState.UNBOUND


def test_no_virtual_function_is_bound_while_the_whole_is_held_nor_the_reverse(
    cloud: Cloud, tmp_path: Path
) -> None:
    driver = TreeDriver([], family="intel_qat")
    put_tree(driver, "vfs-enabled-while-pf-held", tmp_path / "whole")
    disable_virtual_functions(driver.root, "0000:f3:00.0")
    cloud.add_host(HOST, driver)
    (whole,) = cloud.deployables()
    held, refused, later = (cloud.create(1, resource_class="CUSTOM_QAT")[0] for _ in range(3))
    cloud.bind([held])
    put_tree(driver, "vfs-enabled-while-pf-held", tmp_path / "split")
    cloud.agents[HOST].report_all()
    (virtual,) = (part for part in cloud.deployables() if part.name == f"{whole.name}_vf")
    place = {"hostname": HOST, "provider_uuid": virtual.provider_uuid}
    with pytest.raises(CyborgError):
        cloud.bind([refused], **place)
    assert cloud.get(refused).state is not ArqState.BOUND
    cloud.client.unbind([held], Mandate("project"))
    with pytest.raises(CyborgError, match="1 in quarantine"):  # the host cannot clean the whole now
        cloud.bind([later], **place)
    give_up_what_has_gone(cloud)
    cloud.bind([later], **place)
    assert cloud.get(later).state is ArqState.BOUND
    driver.root = tmp_path / "whole/vfs-enabled-while-pf-held-intel_qat"
    cloud.agents[HOST].report_all()
    (reverse,) = cloud.create(1, resource_class="CUSTOM_QAT")
    (again,) = (part for part in cloud.deployables() if part.name == whole.name)
    with pytest.raises(CyborgError):
        cloud.bind([reverse], hostname=HOST, provider_uuid=again.provider_uuid)


def forget_what_the_first_release_did_not_know(cloud: Cloud, tmp_path: Path) -> None:
    """Database and ledger as that release wrote them."""
    with cloud.database.writing() as session:
        session.query(DeviceRow).update({"slot_key": None, "device_key": None, "capacities": None})
        session.query(DeployableRow).update({"part": None})
        session.query(AttachHandleRow).update({"place": None, "consumes": None, "unit": None})
    with sqlite3.connect(tmp_path / f"{HOST}.sqlite") as ledger:
        ledger.execute(
            "UPDATE claims SET device_key = '', part = '', place = '', consumes = '{}', unit = NULL"
        )


def show(cloud: Cloud, arq_uuid: str) -> tuple[object, ...]:
    """What callers see of a request."""
    arq = cloud.get(arq_uuid)
    info = None if arq.handle is None else arq.handle.info
    return arq.state, arq.provider_uuid, arq.handle_uuid, info, arq.trouble


def test_a_function_held_since_the_first_release_is_let_go_of_and_had_again(
    cloud: Cloud, tmp_path: Path
) -> None:
    driver = TreeDriver([], listed=[f"0000:3b:00.{number}" for number in range(1, 5)])
    put_tree(driver, "vf-count-after", tmp_path)
    cloud.add_host(HOST, driver)
    held, refused, again = (cloud.create(1, resource_class="CUSTOM_PCI")[0] for _ in range(3))
    (before,) = (part for part in cloud.deployables() if part.name.endswith("3b:00.2"))
    place = {"hostname": HOST, "provider_uuid": before.provider_uuid}
    cloud.bind([held], **place)
    bound = show(cloud, held)
    forget_what_the_first_release_did_not_know(cloud, tmp_path)
    driver.listed = ["*"]
    for _ in range(2):
        cloud.agents[HOST].report_all()
        assert show(cloud, held) == bound
    (virtual,) = (part for part in cloud.deployables() if part.name.endswith("_vf"))
    with pytest.raises(CyborgError):
        cloud.bind([refused], **place)
    others = cloud.create(3, resource_class="CUSTOM_PCI")
    new = {"hostname": HOST, "provider_uuid": virtual.provider_uuid}
    cloud.bind(others, **new)
    addresses = [arq.handle.info["function"] for arq in map(cloud.get, others) if arq.handle]
    assert sorted(addresses) == ["1", "3", "4"]
    cloud.client.unbind([held], Mandate("project"))
    cloud.agents[HOST].report_all()
    assert [part.name for part in cloud.deployables()] == [virtual.name]
    assert cloud.handle_states() == [HandleState.FREE] + [HandleState.HELD] * 3
    cloud.bind([again], **new)
    handle = cloud.get(again).handle
    assert handle is not None
    assert handle.info["function"] == "2"
    assert len(driver.prepared) == 4
