"""What one execution of a graph computes and moves."""
