"""Graphs of neural architectures, made from their hyper-parameters; no file format is known here.

Files that hold weights and hyper-parameters but no graph have readers that normalise what they
state (``plans``) and get the graph, its parameters and what it caches from here. Names of the
parameters are the reader's own.
"""
