"""What every product of the catalogue offers, one line each: a new product is one new line.

``pytest tests/matching --update-golden`` writes the lines anew.
"""

from __future__ import annotations

from pathlib import Path

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.representation.representation import ResourceRepresentation

LINES = Path(__file__).parent / "golden" / "catalogue.txt"


def render_rates(offered: ResourceRepresentation) -> str:
    """Peak rates in 1e12 operations per second; ``~`` marks those that are only least ones."""
    return " ".join(
        f"{name}{'~' if name in offered.least_rates else ''}={rate / 1e12:.4g}"
        for name, rate in offered.peak_rates.items()
    )


def render_line(offered: ResourceRepresentation) -> str:
    """One class in one line; ``-`` stands for what is not known."""
    memory, bandwidth = offered.memory_bytes, offered.bandwidth_bytes_per_second
    links = (offered.interconnect, offered.host_link)
    parts = (
        offered.device_class,
        offered.kind,
        offered.architecture or "-",
        "-" if memory is None else f"{memory >> 20} MiB",
        "-" if bandwidth is None else f"{bandwidth / 1e9:.5g} GB/s",
        render_rates(offered) or "-",
        " ".join(offered.native_element_types) or "-",
        ", ".join(link.name for link in links if link is not None) or "-",
        " ".join(partition.profile for partition in offered.partitions) or "-",
        " ".join(toolchain.id for toolchain in offered.toolchains) or "-",
    )
    return " | ".join(parts)


def render_catalogue(catalogue: Catalogue) -> list[str]:
    """All products, in the order of their ids."""
    return sorted(render_line(catalogue.represent_product(item.id)) for item in catalogue.products)


def test_the_products_are_those_of_the_golden_file(
    catalogue: Catalogue, updates_golden: bool
) -> None:
    lines = render_catalogue(catalogue)
    if updates_golden:
        LINES.write_text("\n".join(lines) + "\n")
        return
    assert lines == LINES.read_text().splitlines()


def test_a_new_product_is_one_new_line(tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text("id,name,vendor,kind,memory_gib\nacme-one,One,Acme,ASIC,16\n")
    lines = render_catalogue(load((path,)))
    assert [line for line in lines if line.startswith("acme-one |")] == [
        "acme-one | ASIC | - | 15073 MiB | - | - | - | - | - | -"
    ]
    lines = [line for line in lines if not line.startswith("acme-one |")]
    assert lines == LINES.read_text().splitlines()
