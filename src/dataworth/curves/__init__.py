"""Learning curves, and readers of them."""
