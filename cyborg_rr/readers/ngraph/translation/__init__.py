"""From operations of nGraph to canonical ones."""
