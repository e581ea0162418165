"""No scanner of text looks at a byte again and again: what it takes grows as the text does.

Each case repeats a piece in a place of a file; a scanner that begins anew at each piece takes
sixteen times as long for four times as many.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import suppress

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.hlo.reader import HloReader
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from cyborg_rr.readers.statedict.reader import StateDictReader
from tests.patience import grows_in_proportion

SIZE = 400_000

_OP = "func.func @main(%a: tensor<4xf32>) {\n %b = stablehlo.foo "
_TYPE = _OP + "%a : "
_ATTRIBUTE = 'func.func @main(%a: tensor<4xf32>) {\n %b = "stablehlo.foo"(%a) {a = '
_DENSE = "func.func @main() {\n %b = stablehlo.constant dense<"
MLIR: dict[str, tuple[str, str]] = {
    "tensors": (_OP, "tensor<"),
    "types": (_TYPE, "tensor<4xf32>, "),
    "words as types": (_TYPE, "unit, "),
    "quotes": (_OP + "<", '"'),
    "strings": (_OP, '"a" '),
    "strings with escapes": (_OP, '"\\\\" '),
    "escapes in angles": (_OP, '<"\\n">'),
    "attributes with escapes": (_TYPE, '#a<"\\n">, '),
    "types with escapes": (_TYPE, '!a<"\\n">, '),
    "symbols with escapes": (_OP, '@"\\n" '),
    "constants": (_DENSE, "dense<"),
    "constants with escapes": (_ATTRIBUTE + "[", 'dense<"\\n"> : tensor<f32>, '),
    "lists": (_ATTRIBUTE, "["),
    "entries": (_ATTRIBUTE + "{", '"a" = 1, '),
    "flags": (_ATTRIBUTE + "{", "a, "),
    "arrays": (_ATTRIBUTE + "[", "array<i64: 1>, "),
    "braces": (_OP, "{} "),
    "operands": (_OP, "%a, "),
    "comments": ("", "//\n"),
    "slashes": ("", "/"),
    "spaces": (_OP, " "),
    "locations": (_OP + "loc(", '"a" '),
    "resources": ('{-# a: { b: "0x', '0" c: "0x'),
    "marks": ("{-# ", "{-#"),
    "labels": ("func.func @main() {\n", "^bb:\n"),
    "aliases": ("", '#a = "b"\n'),
}
_HLO_BODY = "HloModule m\n\nENTRY main {\n  p = f32[4]{0} parameter(0)\n  "
_HLO_OPERATION = _HLO_BODY + "b = f32[4]{0} add(p, p), "
HLO: dict[str, tuple[str, str]] = {
    "comments": ("", "/*a*/"),
    "open comments": ("", "/*"),
    "lines": ("", "//\n"),
    "header": ("HloModule m, ", "a={}, "),
    "aliases": ("HloModule m, input_output_alias={", "{}: (0, {}), "),
    "tables": ("HloModule m\nFileNames\n", '1 "a"\n'),
    "signature": ("HloModule m\nENTRY main (", "x: f32[], "),
    "signature in brackets": ("HloModule m\nENTRY main ", "("),
    "quotes": (_HLO_OPERATION + "metadata={", '"'),
    "escapes": (_HLO_OPERATION + 'metadata={op_name="', '\\"'),
    "attributes": (_HLO_OPERATION, 'a="\\n", '),
    "attributes in braces": (_HLO_OPERATION, "a={}, "),
    "braces": (_HLO_OPERATION + "a=", "{"),
    "settings": (_HLO_OPERATION + "backend_config={", '"a":"'),
    "operands": (_HLO_BODY + "b = f32[4]{0} add(", "%a, "),
    "comments in operands": (_HLO_BODY + "b = f32[4]{0} add(", "/*index=1*/"),
    "tuples": (_HLO_BODY + "b = (", "f32[]{}, "),
    "dimensions": (_HLO_BODY + "b = f32[", "1,"),
    "layouts": (_HLO_BODY + "b = f32[1]{", "0,"),
    "elements": (_HLO_BODY + "b = f32[4]{0} constant({", "1, "),
    "names": (_HLO_BODY, "a."),
    "instructions": (_HLO_BODY, "a = f32[] "),
}


def nest(piece: str, count: int) -> bytes:
    return (piece * count).encode()


CONFIGS: dict[str, Callable[[int], bytes]] = {
    "keys": lambda count: json.dumps({f"key{index}": index for index in range(count)}).encode(),
    "same keys": lambda count: b'{"model_type": "llama"' + nest(', "a": 1', count) + b"}",
    "lists": lambda count: b'{"model_type": "llama", "a": ' + nest("[", count),
    "objects": lambda count: b'{"model_type": "llama", "a": ' + nest('{"a":', count),
    "quotes": lambda count: b'{"model_type": "llama", "a": ' + nest('"', count),
    "escapes": lambda count: b'{"model_type": "llama", "a": "' + nest('\\"', count),
    "digits": lambda count: b'{"model_type": "llama", "a": ' + nest("9", min(count, 4000)) + b"}",
    "spaces": lambda count: b'{"model_type": "llama",' + nest(" ", count),
    "values": lambda count: b'{"model_type": "llama", "a": [' + nest("1,", count) + b"1]}",
}
PICKLES: dict[str, bytes] = {
    "marks": b"(",
    "tuples": b")",
    "lists": b"]",
    "nested tuples": b")\x85",
    "dictionaries": b"}",
    "copies": b"]2",
    "memo": b"]q\x01",
    "memo in turn": b"]\x94",
    "strings": b"X\x01\x00\x00\x00a",
    "globals": b"ctorch\nFloatStorage\n",
    "texts": b"Va\n",
    "numbers": b"K\x01",
    "appends": b"]K\x01a",
    "items": b"}K\x01K\x02s",
    "popped": b"]0",
    "frames": b"\x95\x00\x00\x00\x00\x00\x00\x00\x00",
}

CASES: dict[str, tuple[type[Reader], Callable[[int], Source]]] = {
    **{
        f"mlir: {name}": (
            StablehloReader,
            lambda size, pair=pair: Source(
                "case", (pair[0] + pair[1] * (size // len(pair[1]))).encode()
            ),
        )
        for name, pair in MLIR.items()
    },
    **{
        f"hlo: {name}": (
            HloReader,
            lambda size, pair=pair: Source(
                "case", (pair[0] + pair[1] * (size // len(pair[1]))).encode()
            ),
        )
        for name, pair in HLO.items()
    },
    **{
        f"config: {name}": (
            HuggingFaceReader,
            lambda size, make=make: Source("config.json", make(size // 8)),
        )
        for name, make in CONFIGS.items()
    },
    **{
        f"pickle: {name}": (
            StateDictReader,
            lambda size, piece=piece: Source(
                "case.pt", pickle.PROTO + b"\x02" + piece * (size // len(piece)) + b"."
            ),
        )
        for name, piece in PICKLES.items()
    },
}


@pytest.mark.parametrize("case", CASES)
def test_four_times_the_text_takes_four_times_the_time(case: str) -> None:
    make_reader, make_source = CASES[case]

    def make(size: int) -> Callable[[], None]:
        reader, source = make_reader(), make_source(size)

        def work() -> None:
            with suppress(UnreadableModel):
                reader.recognises(source)
                reader.read(source)

        return work

    grows_in_proportion(make, SIZE)
