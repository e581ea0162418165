"""Requirements that Hypothesis draws."""

from __future__ import annotations

from hypothesis import strategies as st

from cyborg_rr.domain.requirement.requirement import (
    DeviceRequirement,
    IRRequirement,
    MemoryRequirement,
    Span,
)
from tests.matching.requirements import GIB, make_requirement

SIZES = st.integers(0, 30).map(lambda size: size * GIB)


@st.composite
def requirements(draw: st.DrawFn) -> IRRequirement:
    """Any mixture of bounds, fusing, derived values, guesses and shardings."""
    weights, activations, derived = draw(SIZES), draw(SIZES), draw(SIZES)
    inputs, outputs = draw(SIZES), draw(SIZES)
    sure = {
        name: draw(st.integers(0, most))
        for name, most in (
            ("input_bytes", inputs),
            ("output_bytes", outputs),
            ("activation_peak_bytes", activations),
        )
        if draw(st.booleans())
    }
    peak = sure.get("activation_peak_bytes", activations)
    memory = MemoryRequirement(
        parameter_bytes=weights,
        constant_bytes=0,
        input_bytes=inputs,
        output_bytes=outputs,
        activation_peak_bytes=activations,
        parameter_bytes_by_element_type={"f16": weights},
        activation_peak_by_element_type={"f16": activations},
        aliased_bytes=draw(st.integers(0, min(inputs, outputs))),
        derived_bytes=derived,
        parameters_guessed=draw(st.booleans()),
        at_most=sure,
        fused_peak_bytes=draw(st.none() | st.integers(0, peak)),
    )
    if not draw(st.booleans()):
        return make_requirement(memory=memory)

    def span(most: int) -> Span:
        return Span(draw(st.integers(0, most)), most)

    aliased = memory.aliased_bytes
    share = DeviceRequirement(
        4,
        span(weights),
        Span(0, 0),
        Span(inputs // 2, inputs),
        Span(outputs // 2, outputs),
        Span(aliased // 2, aliased),
        span(activations),
        Span(1, 10**9),
    )
    return make_requirement(memory=memory, partitions=4, per_device=share)
