"""Settings of every kind of model with values that no model has: read or refused, no crash."""

from __future__ import annotations

import csv
import json
import lzma
from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import inf, nan
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.reading.source import Source
from tests.readers.huggingface.truth import TRUTH

Config = Mapping[str, Any]


def list_classes() -> Iterator[Config]:
    """One configuration of each class."""
    for name in ("classes", "hybrids"):
        for line in lzma.decompress((TRUTH / f"{name}.jsonl.xz").read_bytes()).splitlines():
            yield json.loads(line)["config"]


def read(config: Config) -> Graph:
    return HuggingFaceReader().read(Source("config.json", json.dumps(config).encode()))


def try_to_read(config: Config) -> None:
    """Read it, or refuse it by a cause."""
    with suppress(UnreadableModel):
        read(config)


@pytest.mark.parametrize("value", [inf, -inf, nan, 1e300, 10**19])
def test_a_number_that_is_not_finite_or_huge_is_refused_by_name(value: float) -> None:
    with pytest.raises(UnreadableModel, match=r"config\.json: mlp_ratio is "):
        Settings({"mlp_ratio": value}).number("mlp_ratio")


@pytest.mark.parametrize("value", [inf, nan])
def test_what_any_class_asks_of_its_numbers_may_be_no_finite_number(
    value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    take = Settings.number

    def note(settings: Settings, *names: str) -> float:
        asked.update(names)
        return take(settings, *names)

    monkeypatch.setattr(Settings, "number", note)
    refused = 0
    for config in list_classes():
        asked.clear()
        read(config)
        for name in tuple(asked):
            try:
                read({**config, name: value})
            except UnreadableModel as error:
                refused += f"config.json: {name} is " in str(error)
    assert refused > 30


def test_every_class_reads_or_refuses_no_layers_and_lists_of_what_is_no_word() -> None:
    for config in list_classes():
        for name, stated in config.items():
            if type(stated) is int:
                try_to_read({**config, name: 0})
            elif isinstance(stated, list):
                try_to_read({**config, name: [{}]})
                try_to_read({**config, name: []})


def test_words_of_attention_may_be_no_words() -> None:
    config = {"model_type": "deberta", "architectures": ["DebertaModel"], "hidden_size": 64,
              "relative_attention": True}  # fmt: skip
    stated: tuple[object, ...] = ([{}], [["c2p"], "p2c"], 7, {}, "c2p")
    for words in stated:
        assert read({**config, "pos_att_type": words}).completeness == "header"


def test_a_network_of_empty_lists_has_no_graph() -> None:
    lists = ("in_channels", "out_channels", "strides", "kernel_sizes", "expand_ratios",
             "num_block_repeats")  # fmt: skip
    config = {"model_type": "efficientnet", "architectures": ["EfficientNetModel"]}
    assert read({**config, **{name: [] for name in lists}}).completeness == "header"


def test_a_decoder_without_layers_is_read() -> None:
    read({"model_type": "glm4", "architectures": ["Glm4ForCausalLM"], "hidden_size": 64,
          "num_attention_heads": 4, "num_hidden_layers": 0, "vocab_size": 320,
          "intermediate_size": 128})  # fmt: skip


def list_stray() -> Mapping[str, list[tuple[str, Any]]]:
    """Settings, by model type, that change nothing of a model of its class; see the README."""
    found: dict[str, list[tuple[str, Any]]] = {}
    with (TRUTH / "stray.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["model_type"], []).append(
                (row["setting"], json.loads(row["value"]))
            )
    return found


def test_a_setting_that_its_class_does_not_have_is_not_believed() -> None:
    configs = {config.get("model_type"): config for config in reversed(list(list_classes()))}
    stray, tried = list_stray(), 0
    for model_type, settings in stray.items():
        config = configs[model_type]
        body = repr(read(config).body)
        for name, value in settings:
            assert repr(read({**config, name: value}).body) == body, f"{model_type}: {name}"
            tried += 1
    assert tried > 200


def test_a_part_does_not_believe_what_its_class_does_not_have_either() -> None:
    text = {"model_type": "mistral", "hidden_size": 64, "intermediate_size": 96,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "vocab_size": 99}  # fmt: skip
    config = {"model_type": "llava", "text_config": text}
    stray = {"model_type": "llava", "text_config": {**text, "mlp_bias": True, "kv_channels": 3}}
    assert repr(read(stray).body) == repr(read(config).body)
