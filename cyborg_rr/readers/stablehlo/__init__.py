"""StableHLO modules in MLIR text."""
