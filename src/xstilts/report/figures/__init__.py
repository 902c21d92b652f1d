"""The figures of a study, one file a kind: vector, pixels, and the data behind them."""
