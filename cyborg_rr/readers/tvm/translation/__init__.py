"""What the operations of Relay and Relax mean in canonical ones."""
