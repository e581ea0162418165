"""MXNet's symbols in JSON, of every generation from 0.8 to 2.0, with the parameters beside them.

``roles`` tells weights from inputs, ``parameters`` reads the headers of ``.params`` files,
``graph`` writes nodes by the rules of ``translation``, ``subgraphs`` what nodes run inside.
"""
