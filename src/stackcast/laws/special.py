"""Two elementary functions that stay accurate near zero, where the textbook forms cancel."""

from __future__ import annotations

from stackcast.engine.jit import kernel
from stackcast.engine.vecmath import exp, log

# Below this the series is used: 13 terms leave less than 1e-17, and 1 - exp(-x) above loses 2 bits at most.
_SERIES_BELOW = 0.25


@kernel
def one_minus_exp(x):
    """1 - e^-x for x >= 0."""
    s = 1.0 - x * (1.0 / 13.0)
    s = 1.0 - x * (1.0 / 12.0) * s
    s = 1.0 - x * (1.0 / 11.0) * s
    s = 1.0 - x * (1.0 / 10.0) * s
    s = 1.0 - x * (1.0 / 9.0) * s
    s = 1.0 - x * (1.0 / 8.0) * s
    s = 1.0 - x * (1.0 / 7.0) * s
    s = 1.0 - x * (1.0 / 6.0) * s
    s = 1.0 - x * (1.0 / 5.0) * s
    s = 1.0 - x * (1.0 / 4.0) * s
    s = 1.0 - x * (1.0 / 3.0) * s
    s = 1.0 - x * (1.0 / 2.0) * s
    series = x * s
    direct = 1.0 - exp(-x)
    return series if x < _SERIES_BELOW else direct


@kernel
def log_one_plus(x):
    """log(1 + x) for x >= 0; the rounding of 1 + x is undone by x / ((1 + x) - 1)."""
    u = 1.0 + x
    kept = u - 1.0
    corrected = log(u) * (x / (kept if kept > 0.0 else 1.0))
    return corrected if kept > 0.0 else x
