"""What operations of nnvm.top mean in canonical ones."""
