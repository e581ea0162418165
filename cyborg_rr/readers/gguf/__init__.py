"""GGUF: a header of metadata and tensors before the weights, as ggml and llama.cpp keep models.

The format is that of ggml/docs/gguf.md, where this and ggml/src/gguf.cpp differ that of the latter.
"""
