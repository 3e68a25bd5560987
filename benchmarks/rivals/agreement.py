"""Do two implementations of the baseline compute the same? Asked before either is timed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.independent.outputs import Record

MOST_APART = 1e-8
MOST_MOVED = 1e-6
LARGEST_SCORE = 6.0
"""Of 2,495 normal scores the largest is beyond it once in 200,000 comparisons of correct code."""


class Disagreement(Exception):
    """A rival computes something else."""


@dataclass(frozen=True)
class Moments:
    """Number of trajectories, sums and squares by figure."""

    count: int
    total: np.ndarray
    squares: np.ndarray

    def mean(self) -> np.ndarray:
        """Means."""
        return self.total / self.count

    def variance(self) -> np.ndarray:
        """Variances of the figures."""
        return np.maximum(self.squares / self.count - self.mean() ** 2, 0.0)


def scores(one: Moments, other: Moments) -> np.ndarray:
    """Differences of means in standard errors; of figures that vary beyond what rounding makes of a constant."""
    variance = one.variance() / one.count + other.variance() / other.count
    varies = one.variance() > 1e-10 * one.mean() ** 2
    return (one.mean() - other.mean())[varies] / np.sqrt(variance[varies])


def same_means(one: Moments, other: Moments) -> str:
    """In a sentence, that the means agree. Raises Disagreement."""
    found = scores(one, other)
    largest, spread = float(np.abs(found).max()), float(np.sqrt(np.mean(found**2)))
    if not (np.isfinite(found).all() and largest < LARGEST_SCORE):
        raise Disagreement(f"means differ by {largest:.1f} standard errors")
    return f"means of {found.size:,} figures within {largest:.1f} standard errors (root mean square {spread:.2f})"


def same_figures(one: Record, other: Record) -> str:
    """In a sentence, that sums agree and figures fall into the same bins, of the same draws. Raises Disagreement."""
    worst, moved, total = 0.0, 0, 0
    for key, kept in one.kept.items():
        theirs = other.kept[key]
        moved += int(np.abs(kept.counts - theirs.counts).sum()) // 2
        total += int(kept.counts.sum())
        if key[0] != "event":
            apart = np.abs(kept.total - theirs.total) / np.sqrt(one.trajectories * kept.total_sq).clip(1e-300)
            worst = max(worst, float(apart.max()))
    if not (worst < MOST_APART and moved <= MOST_MOVED * total):
        raise Disagreement(f"sums differ by {worst:.1e}, {moved:,} of {total:,} figures fall into other bins")
    return f"on the core's own draws sums within {worst:.0e}, {moved:,} of {total:,} figures in other bins"
