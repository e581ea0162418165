"""Parts of decoders that are neither attention nor state spaces, and those that mix several."""
