"""Write the coverage table of llama.cpp: the architectures that it loads, by GGUF's names of them.

    python tools/coverage/llama_cpp.py SOURCE COMMIT cyborg_rr/catalogue/coverage/llama-cpp.json

SOURCE is the source tree of llama.cpp at COMMIT: ``src/llama-arch.cpp`` names what it loads, all
else is refused ("unknown model architecture"). That what these models do runs on the device is
checked by the way: the backend for CUDA, of which those for HIP and MUSA are builds, must have each
operation of ggml that is no private or backward one. The types of weights that it multiplies by are
printed for ``toolchains/llama-cpp.yaml``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from probing.tables import Rules, write_table

DATE = "2026-11-27"

_NO_MODELS = {"(unknown)"}
_PROJECTOR = {"limit": "beside the model whose projector it is (--mmproj)"}

_NOT_OF_MODELS = re.compile(
    r"NONE|COUNT|MAP_CUSTOM\d|CUSTOM|DIAG_MASK_ZERO|WIN_(UN)?PART|(GET|ADD)_REL_POS|\w+_BACK"
)
"""Operations that are for training, for a program's own code, or for the encoder of SAM alone."""


def read_architectures(source: Path) -> list[str]:
    """The names that the loader knows."""
    text = (source / "src" / "llama-arch.cpp").read_text(encoding="utf-8")
    table = text[text.index("LLM_ARCH_NAMES = {") :]
    found: list[str] = re.findall(r'\{ LLM_ARCH_\w+,\s*"([^"]+)"', table[: table.index("};")])
    return [name for name in found if name not in _NO_MODELS]


def list_missing(source: Path) -> list[str]:
    """Operations of models that the backend for CUDA has not."""
    header = (source / "ggml" / "include" / "ggml.h").read_text(encoding="utf-8")
    names = _cut(header, "enum ggml_op {", "}")
    known = set(re.findall(r"case GGML_OP_(\w+):", _read_backend(source)))
    every: list[str] = re.findall(r"GGML_OP_(\w+)", names)
    return [name for name in every if name not in known and not _NOT_OF_MODELS.fullmatch(name)]


def list_factors(source: Path) -> list[str]:
    """The types of weights that products of matrices take on CUDA, as ggml calls them."""
    product = _cut(_read_backend(source), "case GGML_OP_MUL_MAT_ID:", "case GGML_OP_OUT_PROD:")
    return re.findall(r"case GGML_TYPE_(\w+):", product)


def _read_backend(source: Path) -> str:
    file = source / "ggml" / "src" / "ggml-cuda" / "ggml-cuda.cu"
    text = file.read_text(encoding="utf-8")
    return _cut(text, "static bool ggml_backend_cuda_device_supports_op", "\n}\n")


def _cut(text: str, start: str, end: str) -> str:
    begun = text[text.index(start) :]
    return begun[: begun.index(end)]


def main() -> None:
    """Write the table, and print what the toolchains state."""
    source, commit, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    rules: Rules = {name: [{}] for name in read_architectures(source)}
    rules["clip"] = [_PROJECTOR]
    header = {
        "release": commit[:9],
        "date": DATE,
        "source": f"tools/coverage/llama_cpp.py: src/llama-arch.cpp of ggml-org/llama.cpp at"
        f" {commit[:9]}; what is not there it refuses (unknown model architecture)",
        "otherwise": "refused",
    }
    out.write_text(write_table(header, {"gguf": rules}, names_rules=True), encoding="utf-8")
    print("operations without a kernel:", list_missing(source))
    print("types of weights:", *list_factors(source))


if __name__ == "__main__":
    main()
