"""What is done for a ranking grows with what differs, not with how many classes there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.representation.coverage.table import CoverageTable
from tests.matching.quantised_models import make_qdq
from tests.readers.forms.reading import require
from tests.readers.forms.table import TABLE
from tests.shipped import load


def count_questions(copies: int, product: str, *, refused: bool) -> Counter[str]:
    """How often each coverage table is looked for, with so many classes that differ by name."""
    asked: Counter[str] = Counter()

    def find(name: str) -> CoverageTable | None:
        asked[name] += 1
        return load().find_coverage(name)

    device = load().represent_product(product)
    memory = 1 << 20 if refused else device.memory_bytes
    classes = [
        replace(device, device_class=f"{product}-{number}", memory_bytes=memory)
        for number in range(copies)
    ]
    (form,) = [form for form in TABLE if form.title == "ONNX, older exporter"]
    assert len(match(require(form, form.models[0]), classes, coverage=find)) == copies
    return asked


def test_equal_toolchains_are_asked_once_for_all_classes() -> None:
    for refused in (False, True):
        few = count_questions(2, "nvidia-t4", refused=refused)
        assert few
        assert count_questions(200, "nvidia-t4", refused=refused) == few


def test_a_change_is_tried_once_for_all_classes() -> None:
    asked: Counter[str] = Counter()

    def find(name: str) -> CoverageTable | None:
        asked[name] += 1
        return load().find_coverage(name)

    device = load().represent_product("nvidia-h100-sxm-80")
    own = tuple(each for each in device.toolchains if each.id == "tensorrt")
    counts = []
    for copies in (1, 100):
        asked.clear()
        classes = [
            replace(device, device_class=f"h100-{number}", toolchains=own)
            for number in range(copies)
        ]
        verdicts = match(make_qdq("u8"), classes, coverage=find)
        assert {verdict.verdict for verdict in verdicts} == {"does not fit"}
        counts.append(dict(asked))
    assert counts[0] == counts[1]
