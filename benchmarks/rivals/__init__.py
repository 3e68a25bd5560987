"""Rivals on the same model: NumPy (tests/independent), the same source under JAX, numba one trajectory at a time."""
