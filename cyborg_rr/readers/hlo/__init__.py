"""XLA's HLO: modules as text and as protobuf, before and after XLA's own passes.

``module`` is what both forms become, ``text`` and ``proto`` read them, ``calls`` orders what calls
what, ``writing`` makes one block of each computation, however often it is called, by way of
``translation``, and ``entry`` tells weights from inputs.
"""
