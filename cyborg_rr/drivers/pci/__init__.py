"""Functions of the PCI bus: one scan for all drivers, and what they do with them alike.

``reading`` says what is there, ``cleaning`` takes away what an instance left; what can be handed
out, and with what else, is decided in the modules beside them.
"""
