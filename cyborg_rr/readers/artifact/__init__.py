"""Compiled artifacts: no graph is left in them, but each says what it was built for.

``marks`` is the table of kinds: how each is told, and the module that reads its header. A kind is
one such module, in the room of what it is for (``gpu``, ``fpga``, ``npu``, and ``modules`` for what
holds code of several), and one line of the table. What a module finds is a ``Found``; of that
``assembling`` makes a graph without nodes, with the targets that the file demands.
"""
