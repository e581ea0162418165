"""Placement, where schedulers look for what is free: made to agree with our inventory."""
