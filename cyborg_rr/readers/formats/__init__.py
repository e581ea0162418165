"""Encodings that several IRs are written in; knows no IR."""
