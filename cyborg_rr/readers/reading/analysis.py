"""From a source to its IR requirement: pick the reader, read, infer, extract."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.examples import find_example
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.weights import guess_weights, state_weights
from cyborg_rr.domain.printing import render_printable
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.answers import naming_reader
from cyborg_rr.readers.reading.beside import explain_others
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.options import AnalysisOptions, render_input
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source, let_go

HASHED_WHOLE_BYTES = 32 * 1024**2
"""Files up to this size are hashed; larger ones only when the caller knows the hash already."""


def analyse(source: Source, options: AnalysisOptions) -> IRRequirement:
    """What the model asks for.

    Runs third-party-sized input through our readers: call it in a process of its own (see
    ``sandbox``). Raises ``UnreadableModel`` or ``InvalidInput``.
    """
    return analyse_by(find_reader(source), source, options)


def analyse_by(reader: Reader, source: Source, options: AnalysisOptions) -> IRRequirement:
    """What the model asks for, as one reader has it; raises what ``analyse`` does."""
    with naming_reader(reader.family):
        graph = reader.read(source)
    if told := explain_others(source, reader.family):
        graph = replace(graph, warnings=(*told, *graph.warnings))
    graph = state_weights(graph, options.weights) if options.weights else guess_weights(graph)
    bindings = Bindings(batch=options.batch, inputs=options.inputs)
    sha256 = options.sha256
    if sha256 is None and source.data and source.size_bytes <= HASHED_WHOLE_BYTES:
        sha256 = hashlib.sha256(source.data).hexdigest()
    let_go(source.data)
    typed = infer(graph, bindings)
    return extract(
        typed,
        name=render_printable(source.name),
        sha256=sha256,
        size_bytes=source.size_bytes,
        reader_name=reader.family,
        bindings=options.render_bindings(),
        example=[
            render_input(name, tensor) for name, tensor in find_example(typed, bindings).items()
        ],
    )
