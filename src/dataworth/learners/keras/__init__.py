"""Keras models trained by compiled JAX programs."""
