"""StableHLO modules in MLIR text and bytecode; MHLO and CHLO are read along with it.

``loading`` finds the module of a file in any form, ``exported`` within an export of JAX;
``arguments`` tells weights from inputs, ``calls`` bounds what inlining may cost, ``functions``
writes everything out as one block by way of ``nodes``, ``constants`` and ``scope``, and
``translation`` turns operations into canonical ones.
"""
