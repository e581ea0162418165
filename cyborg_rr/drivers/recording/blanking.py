"""Taking out of a recording what tells one piece of hardware, or one machine, from all others.

What is blanked keeps its form, and the same number stays the same one everywhere: the first that is
met becomes 0...01, the second 0...02. Of a file that nobody here knows, whatever could be a serial
number is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

DESIGN_NAMES = re.compile(
    r"xclbinuuid|interface_uuids?|interface_id|afu_id|compat_id|bitstream_\w+|VBNV", re.ASCII
)
"""Files that say which design is loaded: the same number on every card that has it."""

SERIAL_NAMES = re.compile(
    r".*(serial|unique|uuid|guid|wwid|wwn|wwpn|eui|mac_?addr|asset|host_?name|node_?name|hostid|nqn"
    r"|phys_port_id|phys_switch_id|fru_id|dsn).*|(.*_)?[psb]?sn",
    re.ASCII | re.IGNORECASE,
)
"""Files whose whole content is somebody's number."""

PUBLIC_NAMES = re.compile(
    r"modalias|resource|local_cpus|size|mem_info_.*|.*_bytes|(.*_)?model|(.*_)?name|product_number"
    r"|description|.*version.*|.*_rev|.*_ver|.*date",
    re.ASCII | re.IGNORECASE,
)
"""Files whose long numbers say what a device is, has or runs, not which one it is."""

EVENT = "uevent"
"""The file that has a name and a value in each line."""

NO_NUMBERS = frozenset({"", "n/a", "none", "unknown", "(null)"})

MIN_NAME_LENGTH = 4
"""Of a machine's name that is looked for in every text; a shorter one would be found in words."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_STATION = re.compile(
    r"(?<![0-9a-f:])(?:(?:[0-9a-f]{2}[:-]){5,19}[0-9a-f]{2}|(?:[0-9a-f]{4}:){3,7}[0-9a-f]{4})"
    r"(?![0-9a-f:])",
    re.ASCII | re.IGNORECASE,
)
"""Addresses of network ports: six bytes or more, or groups of four digits."""

_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*", re.ASCII)
_SERIAL_LENGTH = 8
_SERIAL_DIGITS = 4


class Blanks:
    """The numbers that a recording stands for, each with the one that stands in its place."""

    def __init__(self, machine_names: Sequence[str] = ()) -> None:
        self._stand_ins: dict[str, str] = {}
        names = sorted(set(filter(_is_telling, machine_names)), key=len, reverse=True)
        joined = "|".join(map(re.escape, names))  # the whole name comes before its first part
        self._machine = re.compile(rf"(?<![\w.-])(?:{joined})(?![\w-])") if names else None

    def blank_path(self, path: str) -> str:
        """A path, or where a link points, without the UUIDs in it."""
        return _UUID.sub(self._replace, path)

    def blank_value(self, name: str, text: str) -> str:
        """What the file of that name says, without what belongs to one device or machine."""
        if DESIGN_NAMES.fullmatch(name):
            return text
        if name == EVENT:
            return "\n".join(map(self._blank_event, text.split("\n")))
        if SERIAL_NAMES.fullmatch(name):
            return "\n".join(map(self._stand_in, text.split("\n")))
        text = _STATION.sub(self._replace, text)
        if not PUBLIC_NAMES.fullmatch(name):
            text = _TOKEN.sub(self._replace_serial, _UUID.sub(self._replace, text))
        return text if self._machine is None else self._machine.sub("host", text)

    def _blank_event(self, line: str) -> str:
        name, separator, value = line.partition("=")
        return name + separator + self.blank_value("" if name == EVENT else name, value)

    def blank_bytes(self, number: bytes) -> bytes:
        """A number of so many bytes, least significant first, as PCI has them."""
        return bytes.fromhex(self._stand_in(number[::-1].hex()))[::-1]

    def _replace(self, match: re.Match[str]) -> str:
        return self._stand_in(match[0])

    def _replace_serial(self, match: re.Match[str]) -> str:
        return self._stand_in(match[0]) if _looks_like_a_serial(match[0]) else match[0]

    def _stand_in(self, number: str) -> str:
        """The number of the same form in its place; one without any digit but 0 stays."""
        known = number.strip().lower()
        if known in NO_NUMBERS or not known.removeprefix("0x").strip("0 :.-"):
            return number
        if known not in self._stand_ins:
            self._stand_ins[known] = _count_in_form(number, len(self._stand_ins) + 1)
        return self._stand_ins[known]


def _is_telling(name: str) -> bool:
    """Whether a machine's name can be told from a number or a short word."""
    return len(name) >= MIN_NAME_LENGTH and not re.fullmatch(r"[0-9a-f.]+|localhost.*", name)


def _looks_like_a_serial(token: str) -> bool:
    """Whether a word is long and has enough digits; one of 0 and 1 alone is a mask."""
    if _UUID.search(token) or _STATION.fullmatch(token):
        return False  # a stand-in already
    number = token.lower().removeprefix("0x").lstrip("0")
    letters = [each for each in number if each.isalnum()]
    is_long = len(letters) >= _SERIAL_LENGTH and not set(letters) <= {"0", "1"}
    return is_long and sum(each.isdigit() for each in letters) >= _SERIAL_DIGITS


def _count_in_form(number: str, count: int) -> str:
    """A count at the end of zeros, with the separators of ``number`` (``00:00:02``)."""
    prefix = number[:2] if number[:2] in ("0x", "0X") else ""
    digits = list(str(count))
    turned = [
        character if not character.isalnum() else digits.pop() if digits else "0"
        for character in reversed(number[len(prefix) :])
    ]
    return prefix + "".join(digits) + "".join(reversed(turned))
