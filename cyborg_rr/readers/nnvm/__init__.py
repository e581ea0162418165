"""The reader of NNVM: symbol graphs, and graphs that NNVM or TVM compiled."""
