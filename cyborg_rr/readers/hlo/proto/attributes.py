"""Attributes of HloInstructionProto in the forms that HLO text has them in.

Field numbers are those of xla/service/hlo.proto and xla/xla_data.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message, signed
from cyborg_rr.readers.hlo.module import AttributeForm

MAX_NUMBERS = 65536
MAX_TEXT = 4096

Forms = dict[str, AttributeForm]

_SINGLE: Mapping[int, str] = {
    9: "number", 13: "index", 25: "feature_index", 50: "feature_group_count",
    58: "batch_group_count", 81: "k",
}  # fmt: skip
_REPEATED: Mapping[int, str] = {
    14: "dimensions", 20: "dynamic_slice_sizes", 32: "fft_length", 34: "slice_sizes",
}  # fmt: skip
_WORDS: Mapping[int, str] = {28: "custom_call_target", 63: "direction"}
_DOT: Mapping[int, str] = {
    1: "lhs_contracting_dims", 2: "rhs_contracting_dims", 3: "lhs_batch_dims", 4: "rhs_batch_dims",
}  # fmt: skip
_GATHER: Mapping[int, str] = {
    1: "offset_dims", 2: "collapsed_slice_dims", 5: "operand_batching_dims",
}  # fmt: skip
_FFT_TYPES = ("FFT", "IFFT", "RFFT", "IRFFT")
_WINDOW = (
    ("window_size", 1), ("window_stride", 2), ("window_pad", 3), ("window_pad_high", 4),
    ("window_rhs_dilate", 5), ("window_lhs_dilate", 6), ("window_rhs_reversal", 7),
)  # fmt: skip
"""Names in text and fields of WindowDimension."""


def read_repeated(message: Message, fields: Mapping[int, str]) -> dict[str, tuple[int, ...]]:
    """The lists of whole numbers in a message, by the names given to their fields."""
    found: dict[str, list[int]] = {}
    for field, wire, value, stop in message:
        if field in fields:
            numbers = found.setdefault(fields[field], [])
            numbers.extend(message.integers(wire, value, stop))
            if len(numbers) > MAX_NUMBERS:
                raise UnreadableModel(f"an attribute has more than {MAX_NUMBERS} numbers")
    return {name: tuple(numbers) for name, numbers in found.items()}


def read_numbers(message: Message) -> dict[int, int]:
    """The whole numbers in a message, by field; of several in one field the last."""
    return {field: signed(value) for field, wire, value, _ in message if wire == VARINT}


class AttributeReader:
    """Collects the attributes of one instruction while its fields are walked."""

    def __init__(self) -> None:
        self._forms: Forms = {}
        self._lists: dict[str, list[int]] = {}

    def take(self, message: Message, field: int, wire: int, value: int, stop: int) -> None:
        """Note a field."""
        if wire == VARINT and field in _SINGLE:
            self._forms[_SINGLE[field]] = signed(value)
        elif field in _REPEATED:
            self._extend(_REPEATED[field], message.integers(wire, value, stop))
        elif wire == VARINT and field == 31:
            self._forms["fft_type"] = _FFT_TYPES[value] if value < len(_FFT_TYPES) else "?"
        elif wire == LENGTH and field in _WORDS:
            self._forms[_WORDS[field]] = message.text(value, stop, MAX_TEXT)
        elif wire == LENGTH and field in _NESTED:
            _NESTED[field](self, message.message(value, stop))

    def finish(self) -> Forms:
        """All attributes."""
        for name, numbers in self._lists.items():
            self._forms[name] = tuple(numbers)
        return self._forms

    def _extend(self, name: str, numbers: Iterable[int]) -> None:
        known = self._lists.setdefault(name, [])
        known.extend(numbers)
        if len(known) > MAX_NUMBERS:
            raise UnreadableModel(f"an attribute has more than {MAX_NUMBERS} numbers")

    def read_window(self, message: Message) -> None:
        """Window: one message for each dimension."""
        sizes = [
            read_numbers(message.message(value, stop))
            for field, wire, value, stop in message
            if field == 1 and wire == LENGTH
        ]
        columns = {name: [size.get(field, 0) for size in sizes] for name, field in _WINDOW}
        for name in ("window_stride", "window_lhs_dilate", "window_rhs_dilate"):
            columns[name] = [number or 1 for number in columns[name]]
        high = columns.pop("window_pad_high")
        pairs = zip(columns["window_pad"], high, strict=True)
        columns["window_pad"] = list(chain.from_iterable(pairs))
        self._forms.update({name: tuple(column) for name, column in columns.items()})

    def read_layouts(self, message: Message) -> None:
        """ConvolutionDimensionNumbers: which dimension is what, as a letter for each."""
        numbers = read_numbers(message)
        lists = read_repeated(message, {11: "data", 6: "kernel", 12: "result"})
        for which, letters, fields in (
            ("data", "NC", (7, 8)), ("kernel", "IO", (3, 4)), ("result", "NC", (9, 10)),
        ):  # fmt: skip
            spatial = lists.get(which, ())
            layout = {axis: str(place) for place, axis in enumerate(spatial)}
            for letter, field in zip(letters, fields, strict=True):
                layout[numbers.get(field, 0)] = letter
            self._forms[f"{which}_layout"] = "".join(
                layout.get(axis, "?") for axis in range(min(len(spatial) + 2, 64))
            )

    def read_dot(self, message: Message) -> None:
        """DotDimensionNumbers."""
        self._forms.update(read_repeated(message, _DOT))

    def read_gather(self, message: Message) -> None:
        """GatherDimensionNumbers."""
        self._forms.update(read_repeated(message, _GATHER))
        self._forms["index_vector_dim"] = read_numbers(message).get(4, 0)

    def read_slice(self, message: Message) -> None:
        """One range of a slice."""
        numbers = read_numbers(message)
        for name, field in (("starts", 1), ("limits", 2), ("strides", 3)):
            self._extend(name, (numbers.get(field, 0),))

    def read_padding(self, message: Message) -> None:
        """PaddingConfig: one message for each dimension."""
        for field, wire, value, stop in message:
            if field == 1 and wire == LENGTH:
                numbers = read_numbers(message.message(value, stop))
                for name, number in (("low", 1), ("high", 2), ("interior", 3)):
                    self._extend(name, (numbers.get(number, 0),))

    def read_group(self, message: Message) -> None:
        """One group of devices: the largest counts."""
        found = read_repeated(message, {1: "ids"}).get("ids", ())
        before = self._forms.get("group_size", 0)
        if found and isinstance(before, int):
            self._forms["group_size"] = max(before, len(found))

    def read_device_list(self, message: Message) -> None:
        """CollectiveDeviceListProto: groups in full, or how many there are of which size."""
        for field, wire, value, stop in message:
            if wire != LENGTH:
                continue
            if field == 1:
                self.read_group(message.message(value, stop))
            elif field == 2:
                size = read_numbers(message.message(value, stop)).get(2, 0)
                if size > 0:
                    self._forms["group_size"] = size

    def read_pair(self, message: Message) -> None:
        """Which device sends to which."""
        numbers = read_numbers(message)
        self._extend("source_target_pairs", (numbers.get(1, 0), numbers.get(2, 0)))


_NESTED: Mapping[int, Callable[[AttributeReader, Message], None]] = {
    15: AttributeReader.read_window,
    16: AttributeReader.read_layouts,
    17: AttributeReader.read_slice,
    21: AttributeReader.read_padding,
    30: AttributeReader.read_dot,
    33: AttributeReader.read_gather,
    49: AttributeReader.read_group,
    52: AttributeReader.read_pair,
    87: AttributeReader.read_device_list,
}
