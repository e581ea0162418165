"""How TVM writes things down, whatever the IR: tokens of text, JSON of nodes, arrays, types."""
