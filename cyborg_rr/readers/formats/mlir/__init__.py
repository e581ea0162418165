"""MLIR text: tokens, types, attributes and statements; its bytecode has a room of its own.

It knows no dialect's operations; of what dialects write in their own way it knows the little that
cannot be passed over, such as the bounds of open dimensions in a tensor's encoding. The parsers
build on one another from ``scanner`` up to ``text``, whose ``parse_module`` readers call.
``bytecode`` gives the same modules; there the codes of attributes have to be known.
"""
