"""TFLite flatbuffers (LiteRT).

``model`` reads the tables of the file into records; ``schema`` holds the names and numbers of the
format, ``options`` those of what operations state. ``tensors`` gives the values of a model their
names and types and says which of them the file stores. ``lists`` and ``variables`` recognise what
the converter spells with several operations or with handles. ``graph`` writes subgraphs as blocks
and has ``translation`` turn operations into canonical ones.
"""
