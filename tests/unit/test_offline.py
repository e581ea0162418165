"""The Python entry keeps its promise: a changed name or signature is noticed here."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cyborg_rr import offline
from cyborg_rr.domain.documents import SPARSE
from cyborg_rr.domain.matching.verdict import Verdict

RESNET = Path(offline.__file__).parent / "catalogue" / "models" / "resnet50.onnx"

PROMISED = {
    "build_groups": (
        "(verdict: 'Verdict', representation: 'ResourceRepresentation') -> 'list[dict[str, str]]'"
    ),
    "list_representations": (
        "(catalogue: 'Catalogue | None' = None) -> 'list[ResourceRepresentation]'"
    ),
    "load_catalogue": "(extra_paths: 'Sequence[str | Path]' = ()) -> 'Catalogue'",
    "match": (
        "(requirement: 'IRRequirement',"
        " representations: 'Sequence[ResourceRepresentation] | None' = None, *,"
        " element_type: 'str | None' = None, runtime: 'str | None' = None,"
        " precision_policy: 'PrecisionPolicy' = 'default',"
        " devices_limit: 'int' = 8, available: 'Mapping[str, int] | None' = None,"
        " allow_fallback: 'bool' = False, keep_io: 'bool' = False,"
        " catalogue: 'Catalogue | None' = None,"
        " find_smaller: 'Callable[[], Iterable[Smaller]] | None' = None)"
        " -> 'tuple[Verdict, ...]'"
    ),
    "read_requirement": (
        "(path: 'str | Path', *, batch: 'int | None' = None, inputs: 'Sequence[str]' = (),"
        " limits: 'Limits | None' = None, weights: 'str | None' = None) -> 'IRRequirement'"
    ),
    "render_document": (
        "(thing: 'IRRequirement | ResourceRepresentation | Verdict') -> 'dict[str, Any]'"
    ),
    "represent": (
        "(product_id: 'str', partition: 'str | None' = None, *,"
        " catalogue: 'Catalogue | None' = None) -> 'ResourceRepresentation'"
    ),
    "start_reading": (
        "(path: 'str | Path', *, batch: 'int | None' = None, inputs: 'Sequence[str]' = (),"
        " limits: 'Limits | None' = None, weights: 'str | None' = None, fork: 'bool' = False)"
        " -> 'Reading'"
    ),
}
TYPES = {
    "BadCatalogue",
    "Catalogue",
    "CyborgError",
    "IRRequirement",
    "InvalidInput",
    "Limits",
    "PrecisionPolicy",
    "Reading",
    "ResourceRepresentation",
    "Runtime",
    "UnreadableModel",
    "Verdict",
}


def test_the_functions_keep_their_signatures() -> None:
    functions = {
        name: str(inspect.signature(getattr(offline, name)))
        for name in offline.__all__
        if inspect.isfunction(getattr(offline, name))
    }
    assert functions == PROMISED


def test_who_reads_a_model_does_not_wait_for_devices_and_toolchains() -> None:
    script = (
        "import sys; from cyborg_rr import offline; offline.start_reading;"
        "print([name for name in sys.modules if name.startswith('cyborg_rr.catalogue')]);"
        "print(offline.Verdict.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]", "Verdict"]


def test_the_types_keep_their_names() -> None:
    assert set(offline.__all__) - PROMISED.keys() == TYPES


def test_the_errors_keep_their_codes() -> None:
    assert offline.InvalidInput.code == "invalid_input"
    assert offline.UnreadableModel.code == "unreadable_model"
    assert offline.BadCatalogue.code == "bad_catalogue"
    assert issubclass(offline.UnreadableModel, offline.InvalidInput)


def test_everything_is_ranked_where_nothing_is_named() -> None:
    requirement = offline.read_requirement(RESNET, batch=8)
    verdicts = offline.match(requirement)
    assert len(verdicts) == len(offline.list_representations())
    assert "batch 8" in verdicts[0].assumptions


def test_a_reading_that_was_begun_gives_what_a_reading_gives() -> None:
    reading = offline.start_reading(str(RESNET), inputs=["image=2x3x224x224:f32"])
    read = offline.read_requirement(RESNET, inputs=["image=2x3x224x224:f32"])
    assert reading.result() == read


def test_a_catalogue_of_ones_own_is_asked_instead(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    with pytest.raises(offline.BadCatalogue, match=r"own\.txt"):
        offline.load_catalogue([str(file)])
    catalogue = offline.load_catalogue()
    assert offline.load_catalogue() is catalogue, "the shipped one is read once"
    assert offline.represent("nvidia-t4", catalogue=catalogue).device_class == "nvidia-t4"


def test_an_unknown_partition_is_answered_with_the_known_ones() -> None:
    with pytest.raises(offline.InvalidInput, match=r"1g\.10gb"):
        offline.represent("nvidia-h100-sxm-80", "9g.90gb")


@pytest.mark.parametrize("batch", [0, -1])
def test_a_batch_that_cannot_be_is_refused_before_the_file_is_looked_at(batch: int) -> None:
    with pytest.raises(offline.InvalidInput, match="batch") as caught:
        offline.start_reading("/nowhere", batch=batch)
    assert not isinstance(caught.value, offline.UnreadableModel)


def test_every_field_of_a_verdict_is_in_its_document() -> None:
    """So that a new field shows in ``-f json`` and in the API without a list of fields there."""
    requirement = offline.read_requirement(RESNET, batch=1)
    (verdict,) = offline.match(requirement, [offline.represent("nvidia-l4")])
    document = offline.render_document(verdict)
    assert json.loads(json.dumps(document)) == document
    known = Verdict.__dataclass_fields__
    assert list(document) == [name for name in known if name in document]
    left_out = [name for name in known if name not in document]
    assert all(known[name].metadata.get(SPARSE) is not None for name in left_out)
