"""Which canonical operations StableHLO, MHLO and CHLO operations mean."""
