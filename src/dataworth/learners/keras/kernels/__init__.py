"""CPU kernels for operations for which XLA generates slow code."""
