"""Decoders whose names are those of an encoder or of a pair, and decoders of few kin."""
