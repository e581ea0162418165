"""The reader of TensorFlow: GraphDef (binary and text), MetaGraphDef and SavedModel.

``messages`` reads protobuf into records, ``entry`` chooses what of a file is the model,
``writing`` makes blocks of graphs and functions with the rules in ``translation``, ``folders``
and ``bundle`` hold a SavedModel's files against its graph. Nothing of TensorFlow is imported.
"""
