"""Decoders that mix attention with recurrent parts, or layers with streams beside them."""
