"""From layers to canonical operations."""
