"""The forms of the networks in ``tests/data/forms``: a new one is one row here and its files.

What a form keeps more or less of the weights, and why, is named; nothing else may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Model = Literal["encoder", "decoder", "cnn"]
MODELS: Final[tuple[Model, ...]] = ("encoder", "decoder", "cnn")
TRANSFORMERS: Final[tuple[Model, ...]] = ("encoder", "decoder")
CHAIN: Final[tuple[Model, ...]] = ("encoder", "cnn")

Bound = Literal["", "dimensions", "inputs"]

_TIED = "the table of tokens once more, turned around for the scores"
_POSITIONS = "of the 32 positions those 16 that are used"
_SCALES = "the scales of five norms, multiplied into the weights behind them by the converter"
_FOLDED = "the batch normalisation, of which a bias of the convolution before it is left"
_SCALAR = "a number of the network's arithmetic"
_ANGLES = "sines or cosines of the rotary positions, reckoned by the exporter"
_MASK = "the mask of the attention, made by the exporter"

_NO_LOOK_UP = "it takes tensors apart at fixed places alone, so that no token finds its row"
_UNWRITTEN = "the format holds language models alone"

_WRITTEN_OUT = (1.0, 4.0)
"""Where ``erf`` stands as a polynomial of some thirty values, which compilers fuse into one."""

_NORM_FOLDED: Final = {"cnn": {_FOLDED: 96}}
"""Four vectors of eight numbers less one."""


@dataclass(frozen=True, eq=False)
class Form:
    """A form of the networks: who reads it, what is bound, and how it differs.

    ``more`` names tensors (or patterns of names) that frameworks do not count as parameters, with
    the reason. ``fewer`` says what an exporter cut off, with how many bytes. ``lacking`` says why a
    network that all other forms have is not there.
    """

    name: str
    family: str
    title: str
    bound: Bound = ""
    models: tuple[Model, ...] = MODELS
    is_documentation: bool = False
    has_work: bool = True
    has_weights_named: bool = True
    has_channels_last: bool = False
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fewer: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    peaks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)


TABLE = (
    Form(
        "huggingface", "huggingface", "Hugging Face folder", bound="dimensions",
        models=TRANSFORMERS, lacking={"cnn": _UNWRITTEN},
    ),
    Form(
        "llama_cpp.gguf", "gguf", "GGUF", bound="dimensions", models=TRANSFORMERS,
        lacking={"cnn": _UNWRITTEN},
    ),
    Form("state_dict.pt", "statedict", "state dict", has_work=False),
    Form("torch_export.pt2", "pt2", "torch.export"),
    Form(
        "torch_script.pt", "torchscript", "TorchScript", bound="inputs",
        more={"decoder": dict.fromkeys(
            ("model.model.rotary_emb.inv_freq", "model.model.rotary_emb.original_inv_freq"),
            "a buffer, which TorchScript keeps like a parameter",
        )},
    ),
    Form(
        "dynamo.onnx", "onnx", "ONNX, dynamo exporter",
        more={
            "encoder": {"val_68": _SCALAR, "val_72": _SCALAR, "val_74": _MASK},
            "decoder": {
                "val_382": _TIED, "unsqueeze_14": _ANGLES, "unsqueeze_15": _ANGLES,
                "val_216": _MASK, "val_210": _SCALAR, "val_100": _SCALAR, "val_103": _SCALAR,
                "val_214": _SCALAR,
            },
        },
        fewer={"encoder": {_POSITIONS: 4096}, **_NORM_FOLDED},
    ),
    Form(
        "older.onnx", "onnx", "ONNX, older exporter", bound="dimensions",
        more={"decoder": {"onnx::MatMul_768": _TIED}}, fewer=_NORM_FOLDED,
    ),
    Form(
        "runtime.ort", "onnx", "ONNX Runtime (.ort)", bound="dimensions",
        more={
            "encoder": {"*/Constant*_output_0": _SCALAR},
            "decoder": {"onnx::MatMul_768": _TIED, "*/Constant*_output_0": _SCALAR},
        },
        fewer=_NORM_FOLDED,
    ),
    Form("stablehlo.mlir", "stablehlo", "StableHLO text", has_weights_named=False),
    Form("stablehlo.mlirbc", "stablehlo", "StableHLO bytecode", has_weights_named=False),
    Form("portable.mlirbc", "stablehlo", "StableHLO portable", has_weights_named=False),
    Form("jax_export.jaxexport", "stablehlo", "jax.export", peaks={"encoder": _WRITTEN_OUT}),
    Form("before.hlo", "hlo", "HLO text", peaks={"encoder": _WRITTEN_OUT}),
    Form("before.hlo.pb", "hlo", "HLO proto", peaks={"encoder": _WRITTEN_OUT}),
    Form("compiled.hlo", "hlo", "HLO text, compiled"),
    Form("planned.hlo.pb", "hlo", "HLO proto, compiled", peaks=dict.fromkeys(MODELS, (1.0, 1.0))),
    Form(
        "saved_model", "graphdef", "TensorFlow SavedModel", bound="inputs",
        has_channels_last=True,
    ),
    Form("frozen.pb", "graphdef", "TensorFlow, frozen", has_channels_last=True),
    Form(
        "converted.tflite", "tflite", "TensorFlow Lite", has_channels_last=True,
        more={
            "encoder": {"arith.constant": _SCALAR, "arith.constant4": _SCALAR},
            "decoder": {
                "mul_28;Reshape_9": _TIED, "arith.constant5": _ANGLES, "arith.constant6": _ANGLES,
                "mul": _MASK, "arith.constant4": _SCALAR, "arith.constant10": _SCALAR,
            },
        },
        fewer={"encoder": {_POSITIONS: 4096}, "decoder": {_SCALES: 5 * 256}, **_NORM_FOLDED},
    ),
    Form(
        "openvino", "openvino", "OpenVINO IR", fewer=_NORM_FOLDED,
        more={
            "encoder": dict.fromkeys(("Constant_3446", "Constant_3544", "*/Constant_10"), _SCALAR),
            "decoder": {
                "Constant_13163": _ANGLES,
                **dict.fromkeys(
                    ("Constant_13159", "Constant_1316[0145]", "*/Constant_59", "*/Constant_60"),
                    _SCALAR,
                ),
            },
        },
    ),
    Form("relax.tvmscript", "relax", "Relax", models=CHAIN, fewer=_NORM_FOLDED),
    Form("mxnet", "mxnet", "MXNet", bound="inputs", models=CHAIN),
    Form(
        "nnvm_symbol.json", "nnvm", "NNVM symbol", bound="inputs", models=CHAIN,
        is_documentation=True,
    ),
    Form(
        "nnvm_compiled.json", "nnvm", "NNVM, compiled", models=CHAIN, is_documentation=True,
        fewer=_NORM_FOLDED,
    ),
    Form(
        "ngraph.json", "ngraph", "nGraph", models=CHAIN, is_documentation=True,
        more={"encoder": {"Constant_*": _SCALAR}},
    ),
    Form("relay.relay", "relay", "Relay", models=CHAIN, is_documentation=True),
    Form(
        "module.dl", "dlvm", "DLVM", models=("cnn",), is_documentation=True,
        lacking={"encoder": _NO_LOOK_UP},
    ),
)  # fmt: skip
