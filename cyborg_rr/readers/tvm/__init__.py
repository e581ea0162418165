"""The two graph IRs of TVM that are more than a list of kernels: Relay, and Relax after it.

Both say the same things (tensors and tuples, operations by name with attributes, functions,
conditions), so each reader only turns its syntax into ``program``, and what follows is written
once: ``lowering`` makes blocks of it, ``translation`` says what the operations mean.
"""
