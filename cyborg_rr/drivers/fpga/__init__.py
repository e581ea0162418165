"""Drivers of FPGA cards."""
