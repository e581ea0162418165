"""Virtual functions that come and go while one is held: through conductor, agent and database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqState, Mandate
from cyborg_rr.drivers.driver import Look
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

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """What the driver of the family finds."""
        return make_driver(self.family, self.root).discover(look)


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
