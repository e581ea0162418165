"""The ``main`` of each process: parse, wire, run."""
