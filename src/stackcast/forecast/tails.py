"""Is the standard error of a mean worth anything?

The standard error of a mean is the standard deviation over sqrt(n). It says nothing when the variance is infinite, or
when so few draws carry the sum of squares that the next run would give another one. Both are asked of the histogram:

- *Hill's tail index* (Hill 1975, Ann. Stat. 3: 1163-1174) of the sqrt(n) draws furthest from the median, on either side
  alone: below 2 the variance does not exist. Asked only of quantities without a bound, and of 625 draws or more: the
  upper tenth of a small sample is not a tail, and a lognormal one would look infinite.
- *Effective draws*: (sum d^2)^2 / sum d^4, d the distance from the mean, is the number of draws that carry the sum of
  squares. It equals n / kurtosis; the standard error itself is then uncertain by about 0.5 / sqrt of it. Below five
  that is a fifth and more, and comes from a handful of draws.
"""

from __future__ import annotations

import numpy as np

from .histogram import Histogram, quantiles

INFINITE_VARIANCE = 2.0
FEWEST_EFFECTIVE_DRAWS = 5.0
FEWEST_TAIL_DRAWS = 25


def tail_draws(n: int) -> int:
    """How many of the largest draws Hill's estimator looks at: few enough to be the tail of the distribution."""
    return int(np.sqrt(n))


def hill_index(distance: np.ndarray, counts: np.ndarray, most: int) -> float:
    """Hill's estimate of the tail index from distances, furthest first, and how many draws lie at each.

    Infinite when fewer than `most` draws have a positive distance or all of these have the same.
    """
    positive = distance > 0.0
    distance, counts = distance[positive], counts[positive]
    if counts.sum() <= most:
        return float("inf")
    upto = np.cumsum(counts)
    last = int(np.searchsorted(upto, most, side="left"))
    used = counts[: last + 1].copy()
    used[last] -= upto[last] - most
    excess = float((used * np.log(distance[: last + 1] / distance[last])).sum())
    return most / excess if excess > 0.0 else float("inf")


def effective_draws(hist: Histogram) -> float:
    """Number of draws that carry the sum of squared distances from the mean; n for a constant."""
    mean = float((hist.counts * hist.centre).sum() / hist.n)
    scale = max(hist.maximum - mean, mean - hist.minimum)
    if scale <= 0.0:
        return float(hist.n)
    square = ((_outermost_exact(hist) - mean) / scale) ** 2
    fourth = float((hist.counts * square * square).sum())
    # Zero when one bin holds everything: nothing inside it lies far out.
    return float((hist.counts * square).sum()) ** 2 / fourth if fourth > 0.0 else float(hist.n)


def error_is_meaningless(hist: Histogram, bounded: bool) -> bool:
    """True when the standard error of this mean should not be believed."""
    if hist.n < 2 or hist.minimum == hist.maximum:
        return False
    if effective_draws(hist) < FEWEST_EFFECTIVE_DRAWS:
        return True
    return not bounded and _tail_index(hist) < INFINITE_VARIANCE


def _tail_index(hist: Histogram) -> float:
    """The heavier side's index, raised by one standard error (index / sqrt(k)) so that chance alone rarely flags."""
    most = tail_draws(hist.n)
    if most < FEWEST_TAIL_DRAWS:
        return float("inf")
    median = float(quantiles(hist, np.array([0.5]))[0])
    value = _outermost_exact(hist)
    right = hill_index((value - median)[::-1], hist.counts[::-1], most)
    left = hill_index(median - value, hist.counts, most)
    return min(right, left) * (1.0 + 1.0 / np.sqrt(most))


def _outermost_exact(hist: Histogram) -> np.ndarray:
    """Bin centres; an end bin that holds one draw holds the smallest or largest, which is known exactly."""
    value = hist.centre.copy()
    if hist.counts[0] == 1.0:
        value[0] = hist.minimum
    if hist.counts[-1] == 1.0:
        value[-1] = hist.maximum
    return value
