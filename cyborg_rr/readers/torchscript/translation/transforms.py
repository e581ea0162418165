"""Rules for Fourier transforms: one dimension after the other, each as long as it is."""

from __future__ import annotations

from cyborg_rr.domain.words import COMPLEX_OF
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value


def transform(kind: str, dimensions: int | None) -> Rule:
    """fft_rfft(self, n, dim), fft_rfft2(self, s, dim) and their like; None is all dimensions.

    Real numbers are transformed along the last one first, and come back along it last.
    """

    def rule(call: Call) -> Value:
        data, rank = call.tensor(0, "self"), call.drawing.rank(call.get(0, "self"))
        axes = _list_axes(call, dimensions)
        length = call.get(1, "n") if dimensions == 1 else None
        if call.get(1, "s") is not None and dimensions != 1:
            raise NoRule
        if length is not None and (not isinstance(length, int) or kind in ("FFT", "IFFT")):
            raise NoRule
        lengths = (length,) if isinstance(length, int) else None
        whole = {"RFFT": "FFT", "IRFFT": "IFFT"}.get(kind, kind)
        element = call.drawing.elements.get(data)
        if kind in ("FFT", "IFFT") and not (element or "").startswith("c"):
            element = COMPLEX_OF.get(element or "", "c64")
            data = call.step("convert", (data,), rank, element, element_type=element).name
        if lengths is None and axes == tuple(range(-len(axes), 0)):
            return Ref(_transform_last(call, kind, data, rank, len(axes)))
        kinds = [whole] * (len(axes) - 1)
        kinds = [kind, *kinds] if kind == "RFFT" else [*kinds, kind]
        order = tuple(reversed(axes)) if kind == "RFFT" else axes
        for place, axis in zip(kinds, order, strict=True):
            data = _along(call, place, data, axis, rank, lengths)
        return Ref(data)

    return rule


def _list_axes(call: Call, dimensions: int | None) -> tuple[int, ...]:
    """The dimensions in the order that they have; none stands for all of them."""
    stated = call.get(2, "dim")
    if isinstance(stated, int | Sequence):
        axes = call.integers(2, "dim")
        if not axes:
            raise NoRule
        return axes
    return tuple(range(-(dimensions or 0), 0))


def _element_after(call: Call, kind: str, data: str) -> str | None:
    known = call.drawing.elements.get(data)
    return {"RFFT": COMPLEX_OF.get(known or "", "c64"), "IRFFT": "f64" if known == "c128" else
            "f32"}.get(kind, known)  # fmt: skip


def _transform_last(call: Call, kind: str, data: str, rank: int | None, count: int) -> str:
    """The last dimensions at once, or all where ``count`` is 0."""
    element = _element_after(call, kind, data)
    return call.step("fft", (data,), rank, element, fft_type=kind, dimensions=count).name


def _along(
    call: Call, kind: str, data: str, axis: int, rank: int | None, lengths: tuple[int, ...] | None
) -> str:
    """One dimension, which changes places with the last one meanwhile."""
    element = _element_after(call, kind, data)
    is_last = axis in (-1, None if rank is None else rank - 1)
    if not is_last:
        data = call.step("transpose", (data,), rank, swapped=(axis, -1)).name
    data = call.step("fft", (data,), rank, element, fft_type=kind, fft_length=lengths).name
    if not is_last:
        data = call.step("transpose", (data,), rank, swapped=(axis, -1)).name
    return data


TRANSFORMS = {
    f"fft_{'i' if word.startswith('I') else ''}{'r' if 'R' in word else ''}fft{end}": transform(
        word, count
    )
    for word in ("FFT", "IFFT", "RFFT", "IRFFT")
    for end, count in (("", 1), ("2", 2), ("n", None))
}
"""Operations of torch.fft."""
