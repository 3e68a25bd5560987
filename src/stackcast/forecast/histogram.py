"""What the counts of one output say: quantiles, probabilities and their Monte Carlo errors.

A histogram keeps every draw but forgets where inside its bin each one lay. Inside a bin the draws are taken as spread
evenly between the edges, the outermost ones clipped to the smallest and largest draw, so no answer is off by more than
the width of the bin that it falls in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_REACH = 2.0


@dataclass(frozen=True)
class Histogram:
    """The occupied bins of one output, from the lowest to the highest."""

    n: int
    counts: Floats
    low: Floats
    high: Floats
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Histograms:
    """The occupied bins of several outputs with ``n`` draws each, one output after the other.

    ``first`` (outputs + 1) says where each begins. A run has thousands of outputs, and NumPy takes as long to begin as
    for one of them.
    """

    n: int
    first: NDArray[np.int64]
    counts: Floats
    low: Floats
    high: Floats
    minimum: Floats
    maximum: Floats

    @classmethod
    def of(cls, hist: Histogram) -> Histograms:
        """One alone."""
        ends = np.array([hist.minimum]), np.array([hist.maximum])
        return cls(hist.n, np.array([0, len(hist.counts)]), hist.counts, hist.low, hist.high, *ends)

    @property
    def centre(self) -> Floats:
        """One value standing for the draws of each bin."""
        return 0.5 * (self.low + self.high)

    def one(self, number: int) -> Histogram:
        """The histogram of an output."""
        part = slice(self.first[number], self.first[number + 1])
        ends = float(self.minimum[number]), float(self.maximum[number])
        return Histogram(self.n, self.counts[part], self.low[part], self.high[part], *ends)


def histograms(
    edges: Sequence[Floats], counts: Sequence[NDArray[np.int64]], minimum: Floats, maximum: Floats
) -> Histograms:
    """Bins of several outputs from the edges, one more than bins, the counts and the extremes of each."""
    every = np.concatenate(counts)
    filled = np.flatnonzero(every)
    first = np.searchsorted(filled, np.cumsum([0, *map(len, counts)]))
    which = np.repeat(np.arange(len(counts)), np.diff(first))
    edge = np.concatenate(edges)
    place = filled + which  # each output before has one edge more than bins
    least, most = minimum[which], maximum[which]
    return Histograms(
        n=int(counts[0].sum()),
        first=first,
        counts=every[filled].astype(np.float64),
        low=np.clip(edge[place], least, most),
        high=np.clip(edge[place + 1], least, most),
        minimum=minimum,
        maximum=maximum,
    )


def histogram(edges: Floats, counts: NDArray[np.int64], minimum: float, maximum: float) -> Histogram:
    """Bins from their edges: `len(counts) + 1` of them, or the inner ones alone where the end bins are open."""
    if len(edges) == len(counts) - 1:
        edges = np.concatenate(([-np.inf], edges, [np.inf]))
    if len(edges) != len(counts) + 1:
        raise ValueError(f"edges: {len(edges)} for {len(counts)} bins: allowed {len(counts) - 1} or {len(counts) + 1}")
    return histograms([edges], [counts], np.array([float(minimum)]), np.array([float(maximum)])).one(0)


def quantiles(hist: Histogram, q: Floats) -> Floats:
    """Values below which a share q of the draws lies."""
    q = np.asarray(q, dtype=np.float64)
    if hist.n == 0:
        return np.full(q.shape, np.nan)
    return quantiles_of_each(Histograms.of(hist), q.reshape(1, -1)).reshape(q.shape)


def quantiles_of_each(hists: Histograms, q: Floats) -> Floats:
    """Values (outputs, levels) below which a share q, (levels) or (outputs, levels), of an output's draws lies."""
    q = np.broadcast_to(q, (len(hists.minimum), q.shape[-1]))
    begin, end = hists.first[:-1, np.newaxis], hists.first[1:, np.newaxis]
    before = hists.n * np.arange(len(q))[:, np.newaxis]  # draws of the outputs before
    rank = np.clip(q, 0.0, 1.0) * hists.n
    upto = np.cumsum(hists.counts.astype(np.int64))
    found = np.searchsorted(upto, np.ceil(rank).astype(np.int64) + before, side="left")
    bin_ = np.clip(found, begin, end - 1)
    count, low = hists.counts[bin_], hists.low[bin_]
    inside = (rank - (upto[bin_] - before - count)) / count
    value = low + inside * (hists.high[bin_] - low)
    value = np.where(q <= 0.0, hists.minimum[:, np.newaxis], value)
    return np.where(q >= 1.0, hists.maximum[:, np.newaxis], value)


def share_above(hist: Histogram, threshold: float, inclusive: bool = False) -> float:
    """Share of the draws above (or at) a threshold: exact at the edge of a bin, interpolated inside it."""
    if hist.n == 0:
        return float("nan")
    width = hist.high - hist.low
    part = np.divide(hist.high - threshold, width, out=np.zeros_like(width), where=width > 0.0)
    whole = hist.low >= threshold if inclusive else hist.low > threshold
    above = np.where(whole, 1.0, np.clip(part, 0.0, 1.0))
    return float((hist.counts * above).sum() / hist.n)


def pooled_error(n: NDArray[np.int64], total: NDArray) -> Floats:
    """Standard error of sum(total) / sum(n), estimated from parts (first axis) that are independent and alike.

    With w the share of a part in all draws and m its mean, the variance of the weighted mean M is estimated by
    sum(w^2 (m - M)^2) / (1 - sum(w^2)): without bias where a part's variance falls with its size, and for k equal parts
    the variance of their means over k (Owen, Monte Carlo theory, methods and examples, section 17.3), with k - 1
    degrees of freedom.
    """
    count = np.asarray(n, dtype=np.float64)
    whole = count.sum(axis=0)
    mean = np.asarray(total).sum(axis=0) / whole
    deviation = (total - count * mean) / whole
    return np.sqrt((deviation**2).sum(axis=0) / (1.0 - ((count / whole) ** 2).sum(axis=0)))


def interval_factor(degrees: float, level: float) -> float:
    """How many standard errors an interval of this level reaches to either side, by Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + 0.5 * level))


def probability_error(p: Floats | float, n: Floats | float) -> Floats | float:
    """Standard error of a probability estimated from n draws (half-width of Wilson's interval at one sigma).

    It is sqrt(p (1 - p) / n) for large n, and stays above zero, near 1 / (2 n), when no draw or every draw is counted.
    Wilson 1927, J. Am. Stat. Assoc. 22: 209-212.
    """
    p = np.asarray(p, dtype=np.float64)
    error = np.sqrt(p * (1.0 - p) / n + 0.25 / (n * n)) / (1.0 + 1.0 / n)
    return error if error.ndim else float(error)


def quantiles_with_errors(hists: Histograms, q: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """Quantiles of several outputs at levels q and their standard errors, from the order statistics around them.

    The number of draws below the true quantile is binomial (n, q), so the order statistics around rank n q enclose it
    without a density being known (David & Nagaraja, Order Statistics, 3rd ed., section 7.1). Their distance over the
    standard deviations between them is the error; two deviations to either side, cut at the ends of the sample, give a
    steadier error than one (1.96 errors at p99 of 2,000 draws cover 93 instead of 91 %). At an atom it is 0.
    ``worth`` (outputs, levels) is the number of independent draws that a level's error is that of.
    """
    high, low, between = error_levels(q, worth)
    levels = np.concatenate([np.broadcast_to(q, worth.shape), high, low], axis=1)
    value, upper, lower = np.split(quantiles_of_each(hists, levels), 3, axis=1)
    return value, (upper - lower) / between


def error_levels(q: Floats, n: Floats | int) -> tuple[Floats, Floats, Floats]:
    """Levels around q between which a quantile's error is taken, and how many standard deviations lie between them."""
    deviation = np.maximum(np.sqrt(q * (1.0 - q) / n), np.finfo(float).tiny)
    high, low = np.minimum(q + _REACH * deviation, 1.0), np.maximum(q - _REACH * deviation, 0.0)
    return high, low, np.maximum((high - low) / deviation, 1.0)


def standard_deviation(n: int, total: float, total_sq: float, minimum: float, maximum: float) -> float:
    """Sample standard deviation from running sums.

    Where the draws hardly differ the difference of the sums is rounding only; no sample spreads more than half its
    range (Popoviciu), which bounds the damage and gives an exact 0 for a constant.
    """
    if n < 2:
        return float("nan")
    if minimum == maximum:
        return 0.0
    variance = max(total_sq - total * (total / n), 0.0) / (n - 1)
    limit = 0.5 * (maximum - minimum) * np.sqrt(n / (n - 1.0))
    return float(min(np.sqrt(variance), limit))
