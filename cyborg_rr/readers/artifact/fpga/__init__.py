"""Designs for FPGAs, whose headers say what they are loaded into."""
