"""TensorFlow's operations as canonical ones: one table, and rules by what they do."""
