"""What operators say of facts that stand elsewhere: corrections, and that nothing contradicts."""
