"""What configurations mean, model type by model type."""
