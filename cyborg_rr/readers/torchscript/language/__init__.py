"""TorchScript, the part of Python that torch.jit.save writes: tokens, syntax, a parser, a library.

Format: torch/csrc/jit/serialization/python_print.cpp, which writes the text, and
torch/csrc/jit/frontend/parser.cpp, which reads it. Nothing is given to Python's own compiler.
"""
