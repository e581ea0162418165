"""What the conductor and Nova tell each other of instances."""
