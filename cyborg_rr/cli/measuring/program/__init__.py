"""The measuring program: it runs by itself where a runtime is, and needs nothing else installed.

``packing.py`` makes one file of this folder; the modules here know the standard library, each other
and, when they are asked for it, their runtime.
"""
