"""Recurrent parts of layers: what each is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SelectiveScan:
    """A Mamba layer of the first generation: ``inner`` channels, each with ``state`` numbers.

    Of PLaMo 2 the channels of a head share their steps.
    """

    inner: int
    state: int
    kernel: int
    step_rank: int
    prefix: str = "mixer."
    bias: bool = False
    convolution_bias: bool = True
    norms: bool = False
    bare_norms: bool = False
    step_heads: int = 0


@dataclass(frozen=True, slots=True)
class StateSpaceDuality:
    """A Mamba layer of the second generation: heads with a state of their width times ``state``.

    So many tokens make a ``chunk``; 0 where they are taken one by one. ``normed``
    is whether a norm stands behind the scan.
    """

    heads: int
    width: int
    groups: int
    state: int
    kernel: int
    prefix: str = "mixer."
    bias: bool = False
    output_bias: bool | None = None
    convolution_bias: bool = True
    chunk: int = 0
    normed: bool = True


@dataclass(frozen=True, slots=True)
class GatedDelta:
    """A gated delta net: linear attention whose state is rewritten by an error.

    ``fused`` ones have few large weights, ``separate`` ones one for each side; ``paired`` ones have
    one for the two small sides.
    """

    key_heads: int
    value_heads: int
    key_width: int
    value_width: int
    kernel: int
    prefix: str = "linear_attn."
    fused: bool = False
    separate: bool = False
    paired: bool = False
    chunk: int = 64


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
