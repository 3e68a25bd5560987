"""Scalar kernels of the engine applied to whole arrays, compiled as the core compiles them."""

from __future__ import annotations

import functools

import numpy as np

from stackcast.engine.jit import compiled


@functools.cache
def over(kernel, outputs: int = 1):
    """``kernel`` of one float as a function of an array; with two outputs it returns two arrays."""
    if outputs == 2:

        def loop(x, y, z):
            for lane in range(x.shape[0]):
                y[lane], z[lane] = kernel(x[lane])

    else:

        def loop(x, y, z):
            for lane in range(x.shape[0]):
                y[lane] = kernel(x[lane])

    fast = compiled("void(float64[::1], float64[::1], float64[::1])", key="")(loop)

    def apply(values):
        x = np.ascontiguousarray(values, dtype=float).ravel()
        y, z = np.empty_like(x), np.empty_like(x)
        fast(x, y, z)
        return (y, z) if outputs == 2 else y

    return apply


def ulps(value, exact):
    """Distance of ``value`` from ``exact`` (extended precision) in units in the last place of a double."""
    spacing = np.spacing(np.abs(exact).astype(np.float64))
    return np.abs((value - exact) / spacing).astype(np.float64)
