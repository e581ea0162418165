"""MLIR text: tokens, types, attributes, statements; knows no dialect."""
