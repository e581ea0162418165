"""Parts of models of text that take images or sounds: towers, and what stands behind them."""
