"""CPU kernels for operations that XLA compiles slowly."""
