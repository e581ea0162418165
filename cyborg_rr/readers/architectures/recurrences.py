"""Recurrent parts of layers beside Mamba and gated delta nets: what each is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShortConvolution:
    """A gated convolution over the last few tokens (LFM2)."""

    kernel: int
    prefix: str = "conv."
    bias: bool = False


@dataclass(frozen=True, slots=True)
class GatedUnits:
    """Griffin's recurrent block: ``width`` units, whose gates are of blocks, one for each head."""

    width: int
    heads: int
    kernel: int
    prefix: str = "temporal_block."


@dataclass(frozen=True, slots=True)
class Lightning:
    """MiniMax' linear attention, by chunks."""

    heads: int
    width: int
    chunk: int
    prefix: str = "self_attn."


@dataclass(frozen=True, slots=True)
class KeyedDelta:
    """Kimi's delta net: a decay for each number of a key."""

    heads: int
    width: int
    kernel: int
    prefix: str = "self_attn."
    chunk: int = 64


@dataclass(frozen=True, slots=True)
class MatrixMemory:
    """The matrix memory of xLSTM: heads of keys and values of two widths."""

    heads: int
    key_width: int
    value_width: int
    chunk: int
    prefix: str = "mlstm_layer."
    bias: bool = False


@dataclass(frozen=True, slots=True)
class TimeMix:
    """RWKV 4: sums of values that decay, channel by channel."""

    width: int
    prefix: str = "attention."


@dataclass(frozen=True, slots=True)
class ChannelMix:
    """RWKV's feed-forward part: what the token before left is mixed in, and a gate."""

    width: int
    prefix: str = "feed_forward."


@dataclass(frozen=True, slots=True)
class GatedTimeMix:
    """RWKV 6: what of the token before is mixed in depends on the token, by weights of low rank.

    ``has`` names parts that some models of the kind have and others have not.
    """

    width: int
    keys: int
    head: int
    rank: int
    decay_rank: int
    has: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeltaTimeMix:
    """RWKV 7: a state that is rewritten by an error; ``ranks`` are those of w, a, v and g."""

    width: int
    head: int
    ranks: tuple[int, int, int, int]
    sides: int
    normed: bool = True
    takes_first: bool = True


@dataclass(frozen=True, slots=True)
class LaterChannelMix:
    """The feed-forward part of RWKV 6 and 7, the latter without a gate."""

    width: int
    gated: bool = True


@dataclass(frozen=True, slots=True)
class HeadedScan:
    """Zamba's Mamba layer of the first generation: channels in heads with weights of their own."""

    heads: int
    inner: int
    state: int
    kernel: int
    step_rank: int
    prefix: str = "mamba."
    convolution_bias: bool = True


Recurrence = (
    ShortConvolution
    | GatedUnits
    | Lightning
    | KeyedDelta
    | MatrixMemory
    | TimeMix
    | GatedTimeMix
    | DeltaTimeMix
    | HeadedScan
)
