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

from .histogram import Histograms, quantiles_of_each

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
    upto = np.cumsum(counts)
    last = int(np.searchsorted(upto, most, side="left"))
    beyond = last if last == len(upto) or upto[last] > most else last + 1  # holds the first draw that is not used
    if beyond == len(upto) or distance[beyond] <= 0.0:
        return float("inf")
    used = counts[: last + 1].copy()
    used[last] -= upto[last] - most
    excess = float((used * np.log(distance[: last + 1] / distance[last])).sum())
    return most / excess if excess > 0.0 else float("inf")


def effective_draws(hists: Histograms) -> np.ndarray:
    """Number of draws, by output, that carry the sum of squared distances from the mean; n for a constant."""
    which = np.repeat(np.arange(len(hists.minimum)), np.diff(hists.first))
    mean = _sums(hists, hists.counts * hists.centre) / hists.n
    scale = np.maximum(hists.maximum - mean, mean - hists.minimum)
    varies = scale > 0.0
    square = ((_outermost_exact(hists) - mean[which]) / np.where(varies, scale, 1.0)[which]) ** 2
    second, fourth = (_sums(hists, hists.counts * power) for power in (square, square * square))
    # Zero when one bin holds everything: nothing inside it lies far out.
    told = varies & (fourth > 0.0)
    return np.where(told, second**2 / np.where(told, fourth, 1.0), float(hists.n))


def errors_are_meaningless(hists: Histograms, bounded: np.ndarray) -> np.ndarray:
    """By output, True when the standard error of its mean should not be believed."""
    if hists.n < 2:
        return np.zeros(len(bounded), dtype=bool)
    flags = effective_draws(hists) < FEWEST_EFFECTIVE_DRAWS
    if tail_draws(hists.n) >= FEWEST_TAIL_DRAWS:
        unsure = np.flatnonzero(~flags & ~bounded)
        value, median = _outermost_exact(hists), quantiles_of_each(hists, np.array([0.5]))[:, 0]
        for k in unsure:
            part = slice(hists.first[k], hists.first[k + 1])
            flags[k] = _tail_index(value[part] - median[k], hists.counts[part], hists.n) < INFINITE_VARIANCE
    return flags & (hists.minimum != hists.maximum)


def _tail_index(beyond: np.ndarray, counts: np.ndarray, n: int) -> float:
    """The heavier side's index, raised by one standard error (index / sqrt(k)) so that chance alone rarely flags."""
    most = tail_draws(n)
    right = hill_index(beyond[::-1], counts[::-1], most)
    left = hill_index(-beyond, counts, most)
    return min(right, left) * (1.0 + 1.0 / np.sqrt(most))


def _outermost_exact(hists: Histograms) -> np.ndarray:
    """Bin centres; an end bin that holds one draw holds the smallest or largest, which is known exactly."""
    value = hists.centre
    for ends, known in ((hists.first[:-1], hists.minimum), (hists.first[1:] - 1, hists.maximum)):
        alone = hists.counts[ends] == 1.0
        value[ends[alone]] = known[alone]
    return value


def _sums(hists: Histograms, values: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, hists.first[:-1])
