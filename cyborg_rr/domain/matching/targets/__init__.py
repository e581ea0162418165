"""Exact targets that a file demands, such as an architecture, a platform or an FPGA function.

``refusing`` has a rule for each kind of target; ``machine_code`` judges code for processors,
``programmable`` what is loaded into FPGAs.
"""
