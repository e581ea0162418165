"""Cases of models of few kin and of decoders of pairs alone: more of what ``count.py`` counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Case = tuple[str, dict[str, Any], str, dict[str, Any]]
SIZES = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
         "intermediate_size": 96, "vocab_size": 99}  # fmt: skip
LATER = {**SIZES, "num_key_value_heads": 2, "head_dim": 12, "pad_token_id": None}
IDS = "ids(1,32)"
BOTH = f"{IDS} decoder_ids(1,32)"
HEAD = "ForCausalLM"
MARKS = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2,
         "forced_eos_token_id": 2}  # fmt: skip


def list_sides(**changes: Any) -> dict[str, Any]:
    """Settings of a pair after BART."""
    sides = {
        f"{side}_{name}": size
        for side in ("encoder", "decoder")
        for name, size in (("layers", 2), ("attention_heads", 4), ("ffn_dim", 96))
    }
    return {"d_model": 48, "vocab_size": 99, **sides, "max_position_embeddings": 64, **MARKS,
            **changes}  # fmt: skip


def list_pairs() -> Iterator[Case]:
    """Decoders of pairs alone, and pairs."""
    for named in ("Bart", "MBart", "Pegasus", "Blenderbot", "BlenderbotSmall", "Marian", "Mvp",
                  "PLBart", "BigBirdPegasus", "TrOCR"):  # fmt: skip
        yield f"{named}{HEAD}", list_sides(), IDS, {}
    sounds = list_sides(max_source_positions=30, max_target_positions=40, suppress_tokens=None,
                        begin_suppress_tokens=None)  # fmt: skip
    yield f"Whisper{HEAD}", sounds, IDS, {}
    for named in ("Mvp", "PLBart"):
        yield f"{named}ForConditionalGeneration", list_sides(), BOTH, {}
        yield f"{named}Model", list_sides(), BOTH, {}
    near = list_sides(attention_window=[4, 4], max_encoder_position_embeddings=64,
                      max_decoder_position_embeddings=64)  # fmt: skip
    yield "LEDForConditionalGeneration", near, "", {}
    yield "BigBirdPegasusForConditionalGeneration", list_sides(use_bias=True), "", {}
    t5 = {"d_model": 48, "d_kv": 12, "d_ff": 96, "num_layers": 2, "num_heads": 4,
          "vocab_size": 99, "num_experts": 4, "num_sparse_encoder_layers": 1,
          "num_sparse_decoder_layers": 1}  # fmt: skip
    yield "SwitchTransformersForConditionalGeneration", t5, "", {}
    for kind in ("local", "transient-global"):
        long = {**t5, "encoder_attention_type": kind}
        yield "LongT5ForConditionalGeneration", long, "", {}
    part = {**LATER, "sliding_window": 16, "pad_token_id": 0}
    yield ("T5GemmaForConditionalGeneration",
           {"encoder": part, "decoder": {**part, "num_hidden_layers": 2}, "vocab_size": 99},
           BOTH, {})  # fmt: skip


def list_decoders() -> Iterator[Case]:
    """Decoders."""
    for named in ("MegatronBert", "Electra", "XLMRobertaXL", "RobertaPreLayerNorm"):
        yield f"{named}{HEAD}", {**SIZES, "is_decoder": True}, IDS, {}
    for named in ("RoFormer", "BigBird"):
        yield f"{named}{HEAD}", {**SIZES, "is_decoder": True, "embedding_size": 48}, IDS, {}
    yield "BertGenerationDecoder", SIZES, IDS, {}
    yield "CTRLLMHeadModel", {"n_embd": 48, "n_head": 4, "n_layer": 2, "dff": 96,
                              "vocab_size": 99}, IDS, {}  # fmt: skip
    yield f"Persimmon{HEAD}", {**SIZES, "pad_token_id": None}, IDS, {}
    yield f"GPTNeoXJapanese{HEAD}", SIZES, IDS, {}
    marks = {name: mark for name, mark in MARKS.items() if "for" not in name and "st" not in name}
    ettin = {**SIZES, **marks, "cls_token_id": 3, "sep_token_id": 4}
    yield f"ModernBertDecoder{HEAD}", ettin, IDS, {}
    yield f"CpmAnt{HEAD}", {**SIZES, "dim_head": 12, "dim_ff": 96, "prompt_length": 4}, "", {}
    yield f"Doge{HEAD}", LATER, "", {}
    turned = {"layer_types": ["conv", "full_attention", "sliding_attention"], "conv_L_cache": 3}
    yield f"Lfm3{HEAD}", {**LATER, **turned, "sliding_window": 16}, IDS, {}


def list_experts() -> Iterator[Case]:
    """Decoders of experts."""
    sparse = {**LATER, "moe_intermediate_size": 24, "num_experts": 4, "n_routed_experts": 4,
              "num_experts_per_tok": 2,
              "mlp_layer_types": ["dense", "sparse", "sparse"]}  # fmt: skip
    kinds = ["full_attention", "sliding_attention", "full_attention"]
    yield f"HYV3{HEAD}", {**sparse, "num_shared_experts": 2}, IDS, {}
    yield (f"MiMoV2Flash{HEAD}", {**sparse, "v_head_dim": 8, "layer_types": kinds,
                                  "sliding_window": 16}, IDS, {})  # fmt: skip
    yield (f"Laguna{HEAD}", {**sparse, "shared_expert_intermediate_size": 36,
                             "num_attention_heads_per_layer": [4, 2, 4], "layer_types": kinds},
           IDS, {})  # fmt: skip
    yield f"Cohere2Moe{HEAD}", {**sparse, "layer_types": kinds, "num_shared_experts": 1}, IDS, {}
    yield (f"AriaText{HEAD}", {**LATER, "moe_num_experts": 4, "moe_topk": 2,
                               "moe_num_shared_experts": 2}, IDS, {})  # fmt: skip


def list_encoders() -> Iterator[Case]:
    """Encoders of text."""
    most = ("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification",
            "ForQuestionAnswering")  # fmt: skip
    for task in (*most, "ForMultipleChoice"):
        for named in ("XLMRobertaXL", "RobertaPreLayerNorm"):
            yield f"{named}{task}", SIZES, "" if "Choice" in task else IDS, {}
    for task in most:
        yield f"RoFormer{task}", {**SIZES, "embedding_size": 48}, IDS, {}
        yield f"Longformer{task}", {**SIZES, "attention_window": [4, 4, 4]}, "", {}
    for task in ("Model", "ForMaskedLM", "ForTokenClassification"):
        yield f"EuroBert{task}", LATER, IDS, {}
    for task in ("Model", "ForMaskedLM"):
        yield f"Gte{task}", SIZES, IDS, {}
    wider = {"input_embedding_size": 16, "output_embedding_size": 64}
    for task in ("ForMaskedLM", "ForCausalLM"):
        yield f"RemBert{task}", {**SIZES, **wider, "is_decoder": task == "ForCausalLM"}, IDS, {}
    yield "JinaEmbeddingsV3ForMaskedLM", SIZES, IDS, {}
    yield "BertGenerationEncoder", SIZES, IDS, {}


SELDOM: tuple[Case, ...] = (*list_pairs(), *list_decoders(), *list_experts(), *list_encoders())
