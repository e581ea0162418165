"""Attention that a file spells out as products and a softmax, recognised as one operation."""
