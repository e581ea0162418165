"""HLO text: ``module`` finds computations and instructions, the others read what is in a line."""
