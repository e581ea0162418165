"""Transformers of diffusers, drawn piece by piece; those that came first are one folder above."""
