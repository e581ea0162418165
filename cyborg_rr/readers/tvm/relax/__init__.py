"""Relax, TVM 0.12 and later, in the form that it is printed in: TVMScript, which is never run."""
