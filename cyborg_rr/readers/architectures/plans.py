"""What a decoder is made of: hyper-parameters in one form, whatever the file calls them.

Names are templates of the names that weights have in the file, relative to their layer;
``{expert}`` stands for the number of an expert. An empty name is a part that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cyborg_rr.readers.architectures.recurrences import (
    ChannelMix,
    GatedDelta,
    LaterChannelMix,
    Recurrence,
    SelectiveScan,
    StateSpaceDuality,
)

Normalisation = Literal["rms", "layer", "layer_without_bias", "bare"]
"""Scaled by deviation or root mean square; ``bare`` is a layer normalisation without weights."""

KeyNorm = Literal["none", "head", "head_layer", "heads", "all", "bare"]
"""What queries and keys are normalised over: one head's width, by root mean square or with mean and
bias, likewise with weights for each head, or all heads together; ``bare`` has no weights."""

Activation = Literal["silu", "gelu", "relu", "relu2"]

Extra = tuple[tuple[str, tuple[int, ...]], ...]
"""Names and shapes of weights that are stored and take no work worth drawing: scales of a part."""

MAX_LAYERS: Final = 1024
"""The deepest that are known have 128; so many are drawn in less than a second."""

MAX_EXPERTS: Final = 65536


@dataclass(frozen=True, slots=True)
class Linear:
    """A weight's name, and whether a bias stands beside it."""

    name: str
    bias: bool = False


@dataclass(frozen=True, slots=True)
class Attention:
    """Queries, keys and values of heads; ``fused`` names one weight for all three.

    ``window`` is that of a sliding layer. ``transposed`` weights are stored inputs first.
    ``gated`` queries come with a gate of their size for the result, or it has a ``gate`` of its
    own, one number for each head if it ``gates_heads``. Values may have a ``value_width`` of their
    own. ``shares_key`` layers take their keys as values. ``relative`` is the name and the rows of a
    table of distances, which is added to the scores.
    """

    heads: int
    kv_heads: int
    width: int
    query: Linear
    key: Linear
    value: Linear
    output: Linear
    fused: Linear | None = None
    key_norm: KeyNorm = "none"
    key_norm_names: tuple[str, str] = ("self_attn.q_norm", "self_attn.k_norm")
    rotary: bool = True
    window: int | None = None
    softcap: float = 0.0
    sinks: str = ""
    transposed: bool = False
    gated: bool = False
    shares_key: bool = False
    causal: bool = True
    gate: Linear | None = None
    output_norm: str = ""
    relative: tuple[str, int] = ("", 0)
    value_width: int = 0
    gates_heads: bool = False


@dataclass(frozen=True, slots=True)
class Indexer:
    """What chooses the tokens that are attended to (DeepSeek-V3.2): heads that share one key."""

    heads: int
    width: int


@dataclass(frozen=True, slots=True)
class Latent:
    """Multi-head latent attention (DeepSeek-V2): keys and values come from one small vector."""

    heads: int
    query_rank: int | None
    rank: int
    plain_width: int
    rotary_width: int
    value_width: int
    prefix: str = "self_attn."
    bias: bool = False
    indexer: Indexer | None = None


@dataclass(frozen=True, slots=True)
class FeedForward:
    """Two weights, or with a ``gate`` three; ``fused`` names one for gate and up."""

    width: int
    up: Linear
    down: Linear
    gate: Linear | None = None
    fused: Linear | None = None
    activation: Activation = "silu"
    transposed: bool = False
    norm: str = ""


@dataclass(frozen=True, slots=True)
class Experts:
    """A choice of feed-forward parts for each token.

    ``stacked`` weights hold all experts in one tensor, inputs first if ``transposed``; others have
    ``{expert}`` in their names. The shared part runs for every token. ``norms`` stand before and
    behind the experts, and behind the shared part.
    """

    count: int
    chosen: int
    width: int
    router: Linear
    up: Linear
    down: Linear
    gate: Linear | None = None
    fused: Linear | None = None
    activation: Activation = "silu"
    stacked: bool = False
    transposed: bool = False
    correction: str = ""
    correction_is_wide: bool = True
    shared: FeedForward | None = None
    shared_gate: str = ""
    norms: tuple[str, str, str] = ("", "", "")
    extra: Extra = ()


@dataclass(frozen=True, slots=True)
class Both:
    """Attention and a state space side by side on the same vectors, summed up (Falcon-H1)."""

    attention: Attention
    scan: StateSpaceDuality


@dataclass(frozen=True, slots=True)
class Detour:
    """What some layers of Zamba add to their input: a part that several of them share.

    It takes the first vectors beside the layer's own. ``prefix`` begins at the root. Adapters of a
    low rank, 0 without them, are the layer's own under its ``number``.
    """

    attention: Attention
    feed: FeedForward
    prefix: str
    number: int = 0
    feed_rank: int = 0
    attention_rank: int = 0


Mixer = Attention | Latent | SelectiveScan | StateSpaceDuality | GatedDelta | Both | Recurrence
Feed = FeedForward | Experts | ChannelMix | LaterChannelMix


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: names of its norms, and what stands between them.

    ``parallel`` layers feed attention and feed-forward from the same input; with one norm for both
    where ``feed_norm`` is empty. ``*_post_norm`` stand behind a part, before its sum, and
    all norms behind the sums if ``after_sum``. ``cross`` attends to what an encoder hands over.
    """

    mixer: Mixer | None
    feed: Feed | None
    mixer_norm: str = "input_layernorm"
    feed_norm: str = "post_attention_layernorm"
    mixer_post_norm: str = ""
    feed_post_norm: str = ""
    parallel: bool = False
    after_sum: bool = False
    cross: Attention | None = None
    cross_norm: str = ""
    cross_post_norm: str = ""
    buffers: Extra = ()
    extra: Extra = ()
    detour: Detour | None = None


@dataclass(frozen=True, slots=True)
class Decoder:
    """A language model: a table of tokens, layers, and scores of each next token.

    ``positions`` are rows of a table of learnt positions, 0 without one. An ``embedding_width``
    other than ``hidden`` is projected in and out. ``head`` is empty where the table of tokens
    serves again. ``classes`` are scored instead of tokens where they are not None; of 0 there is
    no head at all. ``layer_prefix`` holds ``{layer}``. ``transform`` and its norm stand before the
    scores, whose bias is ``bias_name`` where the table of tokens makes them. The table may have
    more ``embedding_rows`` than there are tokens to score; so many of a ``prompt`` stand in front
    of what is given. Layers that attend to an image see ``source_positions``, None where it is not
    said how many. ``extra`` is as in ``Stack``.
    """

    hidden: int
    vocabulary: int
    layers: tuple[Layer, ...]
    element_type: str
    embedding: str = "model.embed_tokens"
    layer_prefix: str = "model.layers.{layer}."
    final_norm: str = "model.norm"
    head: str = "lm_head"
    head_bias: bool = False
    classes: int | None = None
    norm: Normalisation = "rms"
    embedding_norm: str = ""
    positions: int = 0
    position_table: str = ""
    score_cap: float = 0.0
    state_type: str = "f32"
    transform: Linear | None = None
    transform_norm: str = ""
    bias_name: str = "lm_head.bias"
    embedding_rows: int = 0
    prompt: int = 0
    source_positions: int | None = None
    extra: Extra = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What all layers of a stack share: width, names and kind of norms."""

    hidden: int
    layer_prefix: str
    norm: Normalisation = "layer"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are looked up by number and added: tokens, positions, kinds of segments."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class TextEntry:
    """Tokens as vectors: the sum of rows of tables, normalised where ``norm`` names it.

    Rows of another ``width`` than the layers' are made as wide by the ``projection``.
    """

    tables: tuple[Table, ...]
    norm: str = ""
    width: int = 0
    projection: str = ""


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """Square patches of an image as vectors, one more for the class, and their positions."""

    channels: int
    height: int
    width: int
    patch: int
    projection: Linear
    classes: tuple[str, ...] = ()
    positions: str = ""
    norm: str = ""


@dataclass(frozen=True, slots=True)
class SoundEntry:
    """A spectrogram as vectors: two convolutions, the second of which halves its length."""

    bands: int
    length: int
    first: str
    second: str
    positions: str


@dataclass(frozen=True, slots=True)
class Projection:
    """A weight of a head with a bias, ``rows`` wide, and the function and norm behind it."""

    name: str
    rows: int
    activation: Activation | Literal["tanh", ""] = ""
    norm: str = ""
    bias: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """What is made of the last vectors: scores of tokens, or of classes.

    ``transform`` and ``norm`` come before the scores of tokens, whose weight is ``table`` where the
    table of tokens serves again. ``chain`` works on all vectors, or on the ``first`` alone, before
    that. ``beside`` is a second head on the same vectors.
    """

    transform: str = ""
    transform_bias: bool = True
    norm: str = ""
    table: str = ""
    table_rows: int = 0
    bias: str = ""
    row_bias: str = ""
    first: bool = False
    chain: tuple[Projection, ...] = ()
    beside: Head | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers over an entry: an encoder, or the decoder of a pair.

    ``extra`` weights belong to no layer and take no work worth drawing.
    """

    frame: Frame
    entry: TextEntry | ImageEntry | SoundEntry
    layers: tuple[Layer, ...]
    final_norm: str = ""
    head: Head = Head()
    extra: Extra = ()


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder alone, or one and a decoder that attends to it.

    ``notes`` say where its graph is not quite what runs.
    """

    element_type: str
    encoder: Stack
    decoder: Stack | None = None
    notes: tuple[str, ...] = ()
