"""No program states a rank: with an input's size given later, all there is to know is known.

Shapes are those that PyTorch gives, work is that of the same model as an exported program.
"""

from __future__ import annotations

import pytest

from tests.readers.torchscript.test_same_as_exported import count

SQUARE = "m = torch.matmul(x, torch.transpose(x, -1, -2)); "
"""Of 2 x 4 x 8 numbers 2 x 4 x 4, by 256 multiply-adds."""
VECTOR = "v = torch.select(torch.select(x, 0, 0), 0, 0); "
PLACES = "i = torch.arange(3, dtype=4); "

ARRANGED: dict[str, tuple[str, tuple[int, ...]]] = {
    "movedim": ("return torch.movedim(x, [0], [2])", (4, 8, 2)),
    "movedim of several": ("return torch.movedim(x, [0, 1], [-1, 0])", (4, 8, 2)),
    "moveaxis": ("return torch.moveaxis(x, -1, 0)", (8, 2, 4)),
    "numpy_T": ("return torch.numpy_T(torch.select(x, 0, 0))", (8, 4)),
    "rot90": ("return torch.rot90(x, 1, [0, 1])", (4, 2, 8)),
    "rot90 twice": ("return torch.rot90(x, 2, [0, 1])", (2, 4, 8)),
    "rot90 thrice": ("return torch.rot90(x, -1, [0, 2])", (8, 4, 2)),
    "hstack": ("return torch.hstack([x, x])", (2, 8, 8)),
    "hstack of vectors": (VECTOR + "return torch.hstack([v, v])", (16,)),
    "vstack": ("return torch.vstack([x, x])", (4, 4, 8)),
    "vstack of vectors": (VECTOR + "return torch.vstack([v, v])", (2, 8)),
    "dstack": ("return torch.dstack([x, x])", (2, 4, 16)),
    "dstack of vectors": (VECTOR + "return torch.dstack([v, v])", (1, 8, 2)),
    "column_stack": ("return torch.column_stack([x, x])", (2, 8, 8)),
    "column_stack of vectors": (VECTOR + "return torch.column_stack([v, v])", (8, 2)),
    "atleast_2d": ("return torch.atleast_2d(x)", (2, 4, 8)),
    "atleast_3d": (VECTOR + "return torch.atleast_3d(v)", (1, 8, 1)),
    "x[:, i, i]": (PLACES + "y = torch.slice(x, 0); return torch.index(y, [None, i, i])", (2, 3)),
    "x[:, i[:, None], i]": (
        PLACES + "j = torch.unsqueeze(i, 1); return torch.index(x, [None, j, i])", (2, 3, 3)),
    "x[i, :, i]": (PLACES + "return torch.index(x, [i, None, i])", (3, 4)),
    "x[:, 1, 2]": ("y = torch.select(torch.slice(x, 0), 1, 1); return torch.select(y, 1, 2)", (2,)),
    "tile": ("return torch.tile(x, [2, 3])", (2, 8, 24)),
    "tile by more": ("return torch.tile(x, [2, 1, 1, 1])", (2, 2, 4, 8)),
    "repeat": ("return torch.repeat(x, [2, 1, 1])", (4, 4, 8)),
    "repeat by more": ("return torch.repeat(x, [2, 1, 1, 1])", (2, 2, 4, 8)),
    "repeat_interleave": ("return torch.repeat_interleave(x, 2, 1)", (2, 8, 8)),
    "repeat_interleave of the last": ("return torch.repeat_interleave(x, 2, -1)", (2, 4, 16)),
    "repeat_interleave of all": ("return torch.repeat_interleave(x, 2)", (128,)),
    "pad": ("return torch.pad(x, [1, 1])", (2, 4, 10)),
    "repeat by a size": ("return torch.repeat(x, [torch.size(x, 0), 1, 1])", (4, 4, 8)),
    "pad by a size": ("return torch.pad(x, [0, torch.size(x, 0)])", (2, 4, 10)),
    "pad of two": ("return torch.constant_pad_nd(x, [1, 1, 2, 0], 0.)", (2, 6, 10)),
    "reflection_pad1d": ("return torch.reflection_pad1d(x, [1, 2])", (2, 4, 11)),
    "flatten": ("return torch.flatten(x, 0, 1)", (8, 8)),
    "flatten in the middle": ("return torch.flatten(torch.unsqueeze(x, 0), 1, 2)", (1, 8, 8)),
    "flatten from the back": ("return torch.flatten(x, -2, -1)", (2, 32)),
    "flatten before the last": ("return torch.flatten(x, -3, -2)", (8, 8)),
    "unflatten": ("return torch.unflatten(x, 1, [2, 2])", (2, 2, 2, 8)),
    "unflatten of the last": ("return torch.unflatten(x, -1, [2, 4])", (2, 4, 2, 4)),
    "ones_like": ("return torch.ones_like(x)", (2, 4, 8)),
    "diagonal": ("return torch.diagonal(x, 0, 1, 2)", (2, 4)),
    "take": (PLACES + "return torch.take(x, i)", (3,)),
    "eye": ("return torch.eye(3, 6, 0, 0, False)", (3, 3)),
    "eye of two": ("return torch.eye(3, 4, 6, 0, 0, False)", (3, 4)),
    "nearest1d": ("return torch.upsample_nearest1d(x, None, [2.])", (2, 4, 16)),
}  # fmt: skip


@pytest.mark.parametrize("name", ARRANGED)
def test_what_is_arranged_has_its_shape(name: str) -> None:
    lines, shape = ARRANGED[name]
    operations, *found = count(lines)
    assert "unknown" not in operations
    assert found == [shape, 0, 0]


IMAGE = "y = torch.unsqueeze(x, 0); "
RECKONED: dict[str, tuple[str, tuple[int, ...], int, int]] = {
    "linalg_inv": (SQUARE + "return torch.linalg_inv(m)", (2, 4, 4), 32 * 8 // 3 + 2 * 128, 256),
    "inverse": (SQUARE + "return torch.inverse(m)", (2, 4, 4), 32 * 8 // 3 + 2 * 128, 256),
    "linalg_solve": (SQUARE + "return torch.linalg_solve(m, x)", (2, 4, 8), 85 + 2 * 256, 256),
    "linalg_det": (SQUARE + "return torch.linalg_det(m)", (2,), 85 + 8, 256),
    "median": ("return torch.median(x)", (), 64 * 3, 0),
    "median of one": ("a, b, = torch.median(x, 1); return a", (2, 8), 64 * 2, 0),
    "median kept": ("a, b, = torch.median(x, 1, True); return b", (2, 1, 8), 64 * 2, 0),
    "kthvalue": ("a, b, = torch.kthvalue(x, 2, 1); return a", (2, 8), 64 * 2, 0),
    "mode": ("a, b, = torch.mode(x); return a", (2, 4), 64 * 3, 0),
    "quantile": ("return torch.quantile(x, 0.5)", (), 64 * 3, 0),
    "linear1d": ("return torch.upsample_linear1d(x, [16], False, None)", (2, 4, 16), 4 * 128, 0),
    "bilinear2d": (
        IMAGE + "return torch.upsample_bilinear2d(y, None, False, [2., 2.])",
        (1, 2, 8, 16), 8 * 256, 0),
    "adaptive_avg_pool1d": ("return torch.adaptive_avg_pool1d(x, [4])", (2, 4, 4), 64, 0),
    "adaptive_avg_pool1d that overlaps": (
        "return torch.adaptive_avg_pool1d(x, [5])", (2, 4, 5), 40 * 4, 0),
    "adaptive_avg_pool2d": (
        IMAGE + "return torch.adaptive_avg_pool2d(y, [2, 2])", (1, 2, 2, 2), 64, 0),
    "attention without heads": (
        "return torch.scaled_dot_product_attention(x, x, x)", (2, 4, 8), 32 + 128, 2 * 256),
    "nearest2d": (IMAGE + "return torch.upsample_nearest2d(y, [8, 9], None)", (1, 2, 8, 9), 0, 0),
    "rfft2": ("return torch.fft_rfft2(x)", (2, 4, 5), 5 * 64 * 5, 0),
    "irfft2": ("return torch.fft_irfft2(torch.fft_rfft2(x))", (2, 4, 8), 2 * 5 * 64 * 5, 0),
    "rfftn": ("return torch.fft_rfftn(x)", (2, 4, 5), 5 * 64 * 6, 0),
    "fft2": ("return torch.fft_fft2(x)", (2, 4, 8), 64 + 5 * 64 * 5, 0),
    "fftn": ("return torch.fft_fftn(x)", (2, 4, 8), 64 + 5 * 64 * 6, 0),
    "tensordot": ("return torch.tensordot(x, x, [2], [-1])", (2, 4, 2, 4), 0, 64 * 8),
}  # fmt: skip


@pytest.mark.parametrize("name", RECKONED)
def test_what_is_reckoned_has_its_shape_and_work(name: str) -> None:
    lines, *expected = RECKONED[name]
    operations, *found = count(lines)
    assert "unknown" not in operations
    assert found == expected
