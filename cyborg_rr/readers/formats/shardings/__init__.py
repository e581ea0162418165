"""Shardings as text: Shardy's (``sdy``) and GSPMD's, which stand in StableHLO and in HLO."""
