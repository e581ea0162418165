"""Whatever a device's files or a fleet file say, the answer is devices or a clear refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cyborg_rr.catalogue.products import read_products
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.drivers.simulated.fleet import MAX_FLEET_DEVICES, Fleet, parse_fleet
from tests.drivers.subjects import discover, find_victim, list_drivers
from tests.drivers.trees import load_tree

CONTENT = st.one_of(
    st.binary(max_size=64),
    st.from_regex(rb"\A(0x)?[0-9a-f]{1,40}\n?\Z"),
    st.sampled_from([b"", b"\n", b"-1\n", b"1\n", b"0x10de\n", b"0x060400\n", b"\x00" * 33]),
)


@pytest.mark.parametrize("driver_name", list_drivers())
def test_no_content_of_a_file_makes_a_driver_fail_or_lose_other_devices(
    driver_name: str, tmp_path: Path
) -> None:
    tree_name, victim = find_victim(driver_name)
    root = load_tree(tree_name).keep_vendor_of(victim).write(tmp_path)
    before = discover(driver_name, root)
    device = (root / "bus/pci/devices" / victim).resolve()
    files = sorted(path for path in device.rglob("*") if path.is_file() and not path.is_symlink())
    names = [part.name for found in before for part in found.deployables]

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(file=st.sampled_from(files), content=CONTENT)
    def check(file: Path, content: bytes) -> None:
        kept = file.read_bytes()
        file.write_bytes(content)
        try:
            after = discover(driver_name, root)
        finally:
            file.write_bytes(kept)
        found = {part.name for device in after for part in device.deployables}
        assert len(found & set(names)) >= len(names) - 1
        assert [device for device in after if device not in before][1:] == []

    check()


class Shelf:
    """A catalogue of one product."""

    products = tuple(
        read_products("id,name,vendor,kind,pci_ids\nnvidia-t4,T4,NVIDIA,GPU,10de:1eb8\n", "shelf")
    )


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("nvidia-t4")
)
KEYS = st.one_of(
    st.sampled_from(["hosts", "name", "count", "devices", "product", "partition", "nvidia-t4"]),
    st.text(max_size=4),
    st.integers(),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)
HOSTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.one_of(SCALARS, st.just("n%d")), "devices": DOCUMENTS},
        optional={"count": SCALARS},
    ),
    max_size=3,
)


def read_or_refuse(text: str) -> None:
    try:
        fleet = parse_fleet(text, "fleet.yaml", Shelf())
    except BadCatalogue as error:
        refusal = str(error)
    else:
        check_fleet(fleet)
        return
    assert refusal.startswith("fleet.yaml:")
    assert "\n" not in refusal


def check_fleet(fleet: Fleet) -> None:
    assert sum(len(host.devices) for host in fleet.hosts) <= MAX_FLEET_DEVICES
    for host in fleet.hosts[:3]:
        derive_devices({"fake": host.devices}, host.name)


@settings(max_examples=300, deadline=None)
@given(document=st.one_of(DOCUMENTS, st.fixed_dictionaries({"hosts": HOSTS})))
@example(document={"hosts": [{"name": None, "devices": {"\n": None}}]})
def test_any_document_is_a_fleet_or_is_refused_in_one_line(document: Any) -> None:
    read_or_refuse(yaml.safe_dump(document, allow_unicode=True))


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="hosts:name[]{}-,&*!?|>'\"%@` \n\t0123\\#=<.\x00\x85\ufeff"))
@example("!!timestamp 2001-99-99")
@example("!!timestamp abc")
@example("!!bool abc")
@example("2001-99-99")
@example("!!int 0x")
@example("!!binary '%'")
@example("=")
@example("<<: [1]")
@example("1" * 5000)
@example("hosts: !!set {a, b}")
@example("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")
def test_any_text_is_a_fleet_or_is_refused_in_one_line(text: str) -> None:
    read_or_refuse(text)
