"""Encoders of text that are no stack of BERT's layers, drawn piece by piece."""
