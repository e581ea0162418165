"""Which stored device each reported one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import assume, given
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.devices import Device, LeftOut, Trouble, parse_slot_key
from cyborg_rr.domain.hardware.keys import hash_key, key_of
from cyborg_rr.domain.hardware.recognising import Recognition, recognise
from cyborg_rr.domain.hardware.stored import DeviceState, OperatorStatus, StoredDevice, StoredTree
from tests.builders import make_device

SLOTS, MODELS, SERIALS = range(4), ("2330", "26b5"), (None, "nvidia:a", "nvidia:b", "nvidia:c")


@dataclass(frozen=True)
class Card:
    """A card in a slot, as far as it can be told from others."""

    slot: int
    model: str = MODELS[0]
    serial: str | None = None
    board: str | None = None

    def report(self) -> Device:
        device = make_device("host", self.slot)
        facts = replace(
            device.facts, vendor_id="10de", device_id=self.model, subsystem_device_id=self.board
        )
        return replace(device, facts=facts, identity=self.serial)

    def leave_out(self) -> LeftOut:
        return LeftOut("address", self.report().slot_key, Trouble("d3cold", "asleep"))


@dataclass(frozen=True)
class Row:
    """A stored card; one of the first release has neither ids nor serial."""

    card: Card
    is_missing: bool = False
    is_old: bool = False

    def make(self, row_id: int) -> StoredTree:
        device = self.card.report()
        path = key_of(device.control_path)
        stored = StoredDevice(
            id=row_id,
            uuid=f"uuid-{row_id}",
            hostname="host",
            type=device.type,
            device_class="class",
            driver_name="fake",
            status=OperatorStatus.ENABLED,
            status_reason=None,
            status_author=None,
            status_since=None,
            state=DeviceState.MISSING if self.is_missing else DeviceState.PRESENT,
            fields=device.fields,
            identity=None if self.is_old else self.card.serial,
            capacities={},
            trouble=None,
            trouble_since=None,
            created_at=datetime(2026, 1, 1),
            updated_at=None,
        )
        slot_key = None if self.is_old else device.slot_key
        return StoredTree(stored, slot_key, hash_key(path), path, ())


def make_trees(*rows: Row) -> list[StoredTree]:
    return [row.make(number) for number, row in enumerate(rows, start=1)]


def pairs_of(found: Recognition) -> dict[str, int]:
    return {key: tree.device.id for key, tree in found.devices.items()}


def match(rows: Sequence[Row], *cards: Card) -> list[int | None]:
    """The row that each card is, in the order of the cards."""
    found = pairs_of(recognise(make_trees(*rows), [card.report() for card in cards]))
    return [found.get(card.report().key) for card in cards]


def test_a_device_with_a_serial_is_the_same_wherever_it_is() -> None:
    rows = [Row(Card(0, serial="nvidia:a")), Row(Card(1, serial="nvidia:b"))]
    assert match(rows, Card(1, serial="nvidia:a"), Card(0, serial="nvidia:b")) == [1, 2]


def test_another_serial_or_model_in_a_slot_is_another_device() -> None:
    assert match([Row(Card(0, serial="nvidia:a"))], Card(0, serial="nvidia:b")) == [None]
    assert match([Row(Card(0))], Card(0, MODELS[1])) == [None]
    assert match([Row(Card(0, serial="nvidia:a"))], Card(0, MODELS[1])) == [None]


def test_a_serial_that_is_learnt_or_cannot_be_read_now_changes_nothing() -> None:
    assert match([Row(Card(0))], Card(0, serial="nvidia:a")) == [1]
    assert match([Row(Card(0, serial="nvidia:a"))], Card(0)) == [1]


def test_ids_that_are_read_now_and_were_not_before_change_nothing() -> None:
    plain, full = Card(0), Card(0, board="16c1")
    assert match([Row(plain)], full) == [1]
    assert match([Row(full)], plain) == [1]
    assert match([Row(full)], Card(0, board="16c2")) == [None]
    assert match([Row(replace(full, serial="nvidia:a"))], replace(plain, serial="nvidia:b")) == [
        None
    ]
    trees = make_trees(Row(full))
    left_out = recognise(trees, [], [plain.leave_out()]).left_out
    assert [tree.device.id for tree, _ in left_out] == [1]


def test_a_device_without_serial_in_another_slot_is_another_device() -> None:
    assert match([Row(Card(0))], Card(1)) == [None]


def test_what_is_there_goes_before_what_is_missing() -> None:
    rows = [Row(Card(0, serial="nvidia:a"), is_missing=True), Row(Card(0, serial="nvidia:b"))]
    assert match(rows, Card(0)) == [2]
    assert match(rows[::-1], Card(0)) == [1]


def test_a_row_of_the_first_release_is_known_by_its_address() -> None:
    rows = [Row(Card(0), is_old=True), Row(Card(1), is_old=True)]
    assert match(rows, Card(1, MODELS[1]), Card(0, serial="nvidia:a")) == [2, 1]
    assert match(rows, Card(2)) == [None]


def test_what_is_left_out_is_looked_up_among_what_is_not_reported() -> None:
    trees = make_trees(Row(Card(0)), Row(Card(1), is_old=True), Row(Card(2, serial="nvidia:a")))
    left_out = [Card(slot).leave_out() for slot in (0, 1, 2, 3)]
    found = recognise(trees, [Card(0).report()], left_out)
    assert {tree.device.id: thing.slot_key for tree, thing in found.left_out} == {
        2: left_out[1].slot_key,
        3: left_out[2].slot_key,
    }
    assert found.list_unseen(trees) == []


def test_a_slot_that_cannot_be_read_is_nobody() -> None:
    trees = make_trees(Row(Card(0), is_old=True))
    for text in ("", "{", "[1]", "nvidia:x"):
        assert recognise(trees, [], [LeftOut("x", text, Trouble("c", "t"))]).left_out == []


cards = st.builds(
    Card,
    st.sampled_from(SLOTS),
    st.sampled_from(MODELS),
    st.sampled_from(SERIALS),
    st.sampled_from((None, "16c1")),
)
rows_ = st.lists(
    st.builds(Row, cards, st.booleans(), st.booleans()),
    max_size=6,
    unique_by=lambda row: row.card.serial or (row.card.slot, row.card.model, row.card.board),
)
reports = st.lists(
    cards, max_size=4, unique_by=(lambda card: card.slot, lambda card: card.report().key)
)


@given(rows=rows_, reported=reports, seed=st.randoms(use_true_random=False))
def test_no_row_is_two_devices_and_the_order_does_not_matter(
    rows: list[Row], reported: list[Card], seed: object
) -> None:
    trees, devices = make_trees(*rows), [card.report() for card in reported]
    left_out = [Card(slot).leave_out() for slot in SLOTS]
    found = recognise(trees, devices, left_out)
    ids = [tree.device.id for tree in found.devices.values()]
    ids += [tree.device.id for tree, _ in found.left_out]
    assert len(set(ids)) == len(ids)
    shuffled = [list(items) for items in (trees, devices, left_out)]
    for items in shuffled:
        seed.shuffle(items)  # type: ignore[attr-defined]
    again = recognise(*shuffled)  # type: ignore[arg-type]
    assert pairs_of(again) == pairs_of(found)
    assert {tree.device.id for tree, _ in again.left_out} == {
        tree.device.id for tree, _ in found.left_out
    }


@given(rows=rows_, reported=reports)
def test_what_is_matched_is_the_same_device_as_far_as_can_be_seen(
    rows: list[Row], reported: list[Card]
) -> None:
    trees, devices = make_trees(*rows), [card.report() for card in reported]
    found = recognise(trees, devices)
    for device in devices:
        tree = found.devices.get(device.key)
        identities = {each.device.identity for each in trees}
        if device.identity is not None and device.identity in identities:
            assert tree is not None
            assert tree.device.identity == device.identity
        elif tree is not None:
            assert None in (tree.device.identity, device.identity)
            at_slot = tree.control_path == key_of(device.control_path)
            assert at_slot
            stored = {} if tree.slot_key is None else parse_slot_key(tree.slot_key)[1]
            ids = parse_slot_key(device.slot_key)[1]
            assert all(ids.get(name, value) == value for name, value in stored.items())


@given(rows=rows_)
def test_a_host_that_did_not_change_is_known_whole(rows: list[Row]) -> None:
    rows = [row for row in rows if not row.is_missing]
    assume(len({row.card.slot for row in rows}) == len(rows))
    assert match(rows, *(row.card for row in rows)) == list(range(1, len(rows) + 1))
