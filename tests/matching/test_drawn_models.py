"""Models that are drawn from a configuration take as long as the code that people run."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.domain.matching.matching import match
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.shipped import load

MEASURED = Path(__file__).parent / "measured" / "h100" / "torch.csv"

BERT = {
    "model_type": "bert", "architectures": ["BertModel"], "hidden_size": 768,
    "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
    "max_position_embeddings": 512, "type_vocab_size": 2, "vocab_size": 30522,
}  # fmt: skip
GPT2 = {
    "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1024, "n_layer": 24,
    "n_head": 16, "n_positions": 1024, "vocab_size": 50257,
}  # fmt: skip


def read_measured(model: str, batch: int) -> float:
    """Seconds of one execution in bf16, eager."""
    with MEASURED.open() as file:
        for row in csv.DictReader(file):
            key = row["model"], row["batch"], row["dtype"], row["runtime"]
            if key == (model, str(batch), "bf16", "eager") and row["median_ms"]:
                return float(row["median_ms"]) / 1e3
    raise LookupError(model)


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(
    ("model", "config", "sequence"),
    [("bert_base_s128", BERT, 128), ("gpt2_medium_s512", GPT2, 512)],
)
def test_what_the_host_does_for_each_operation_that_is_drawn_is_counted(
    model: str, config: dict[str, Any], sequence: int, batch: int
) -> None:
    """Where launches bind, an operation that is drawn is some calls, not one."""
    data = json.dumps({**config, "torch_dtype": "bfloat16"}).encode()
    options = parse_options(batch, (f"sequence={sequence}",), None)
    requirement = analyse_by(HuggingFaceReader(), Source("config.json", data), options)
    device = load().represent_product("nvidia-h100-sxm-80")
    (verdict,) = match(
        requirement, [device], coverage=load().find_coverage, runtimes=load().runtimes
    )
    assert verdict.time_seconds is not None
    assert 0.6 < verdict.time_seconds.expected / read_measured(model, batch) < 1.5
