"""Plans of architectures, read off the names and shapes of tensors."""
