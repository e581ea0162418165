"""Device profiles that follow from verdicts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import DeviceFacts, device_class_trait
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.profile import MAX_SUGGESTED_GROUPS, build_groups
from cyborg_rr.domain.profiles import parse_groups, refuse_provider
from tests.matching.requirements import make_requirement

H100_TRAIT = "CUSTOM_DEVICE_CLASS_NVIDIA_H100_SXM_80"


def groups_for(catalogue: Catalogue, facts: DeviceFacts) -> list[dict[str, str]]:
    """The groups for one device with these facts."""
    device = catalogue.represent(facts)
    return build_groups(match(make_requirement(), [device])[0], device)


def test_a_profile_asks_for_one_device_of_the_class(catalogue: Catalogue) -> None:
    groups = groups_for(catalogue, DeviceFacts("GPU", "nvidia-h100-sxm-80"))
    assert groups == [{"resources:PGPU": "1", f"trait:{H100_TRAIT}": "required"}]


def test_a_slice_is_asked_for_as_a_slice(catalogue: Catalogue) -> None:
    facts = DeviceFacts("GPU", "nvidia-h100-sxm-80", partition="1g.10gb")
    assert groups_for(catalogue, facts) == [
        {"resources:VGPU": "1", f"trait:{H100_TRAIT}_1G_10GB": "required"}
    ]


@pytest.mark.parametrize(
    ("product", "resource_class"),
    [
        ("xilinx-alveo-u250", "FPGA"),
        ("huawei-ascend-910b2", "CUSTOM_NPU"),
        ("google-tpu-v5e", "CUSTOM_ASIC"),
    ],
)
def test_each_kind_has_its_resource_class(
    catalogue: Catalogue, product: str, resource_class: str
) -> None:
    kind = catalogue.product(product).kind
    (group,) = groups_for(catalogue, DeviceFacts(kind, product))
    assert group[f"resources:{resource_class}"] == "1"


def test_a_set_of_devices_is_as_many_groups(catalogue: Catalogue) -> None:
    device = catalogue.represent_product("nvidia-h100-sxm-80")
    requirement = make_requirement(family="stablehlo", weights=300 * 10**9)
    groups = build_groups(match(requirement, [device])[0], device)
    assert len(groups) == 4
    assert parse_groups(groups) == tuple(groups)


def test_no_profile_asks_for_more_devices_than_a_host_has(catalogue: Catalogue) -> None:
    device = catalogue.represent_product("nvidia-h100-sxm-80")
    verdict = match(make_requirement(), [device])[0]
    with pytest.raises(InvalidInput, match="at most 8"):
        build_groups(replace(verdict, devices_needed=MAX_SUGGESTED_GROUPS + 1), device)
    with pytest.raises(InvalidInput, match="not known how many"):
        build_groups(replace(verdict, devices_needed=None), device)


def test_groups_select_providers_of_their_class_only(catalogue: Catalogue) -> None:
    groups = groups_for(catalogue, DeviceFacts("GPU", "nvidia-h100-sxm-80"))
    assert refuse_provider(groups[0], "PGPU", ["OWNER_CYBORG", H100_TRAIT]) is None
    assert refuse_provider(groups[0], "VGPU", [H100_TRAIT]) is not None
    assert refuse_provider(groups[0], "PGPU", [device_class_trait("nvidia-t4")]) is not None
