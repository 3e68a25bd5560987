"""The exponent with which time grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Exponent:
    """Slope of a straight line in logarithms, and its standard error from the scatter about the line."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f}"


def exponent(sizes: Sequence[float], times: Sequence[float]) -> Exponent:
    """Least squares of log time on log size. Raises ValueError for fewer than three points or one not above zero."""
    x, y = np.asarray(sizes, dtype=float), np.asarray(times, dtype=float)
    if x.size < 3 or x.shape != y.shape or not (x > 0.0).all() or not (y > 0.0).all() or np.ptp(x) == 0.0:
        raise ValueError(f"exponent: sizes {sizes}, times {times}: allowed: three or more of each, above zero")
    x, y = np.log(x), np.log(y)
    deviation = x - x.mean()
    slope = float(deviation @ y / (deviation @ deviation))
    residuals = y - y.mean() - slope * deviation
    error = float(np.sqrt(residuals @ residuals / (x.size - 2) / (deviation @ deviation)))
    return Exponent(slope, error)
