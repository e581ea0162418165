"""Operations that reckon with elements: products, functions, reductions, windows, layers."""
