"""From operations of aten to canonical ones."""
