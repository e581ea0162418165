"""The reader of TorchScript: what torch.jit.save writes, with nothing unpickled, compiled or run.

``language`` takes the source text in the archive apart, ``running`` follows the forward method of
the model with values of which only names and numbers are known, ``translation`` has the rules.
"""
