"""Makes what TVM's importer makes of the networks: ``python make_relax.py``.

Needs tvm and onnx. It reads ``older.onnx``, which ``make_torch.py`` writes.
"""

from __future__ import annotations

import lzma

import onnx
import tvm
from packing import FOLDER, keep
from tvm.relax.frontend.onnx import from_onnx

INPUTS = {
    "encoder": {"input_ids": [1, 16], "token_type_ids": [1, 16]},
    "cnn": {"image": [1, 3, 32, 32]},
}


def main() -> None:
    """Write the script of each network, whose weights are arguments."""
    for model, inputs in INPUTS.items():
        packed = FOLDER / model / "older.onnx.xz"
        source = onnx.load_from_string(lzma.decompress(packed.read_bytes()))
        module = from_onnx(source, shape_dict=inputs, keep_params_in_input=True)
        module, _ = tvm.relax.frontend.detach_params(module)
        keep(model, "relax.tvmscript", module.script(show_meta=True).encode())


if __name__ == "__main__":
    main()
