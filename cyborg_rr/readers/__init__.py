"""From a model file to what it asks of a device: one package for each family of IRs.

``reading`` picks the reader and runs it in a process with limits; it knows no IR. ``formats`` holds
the encodings that several IRs are written in; it knows no IR either. ``kit`` holds what every
translation into canonical operations needs. Every other package here is a family, known to the
rest by its entry point alone: no family knows another, and no shared room knows a family.
"""
