"""StableHLO modules in MLIR text; MHLO and CHLO are read along with it.

``arguments`` tells weights from inputs, ``calls`` bounds what inlining may cost, ``functions``
writes everything out as one block by way of ``nodes``, ``constants`` and ``scope``, and
``translation`` turns operations into canonical ones.
"""
