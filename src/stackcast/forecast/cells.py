"""The outputs of a run one by one: their histogram, their statistics, the share of draws for which something holds."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import StackcastError
from .histogram import (
    Histogram,
    error_levels,
    histogram,
    probability_error,
    quantiles,
    quantiles_with_errors,
    share_above,
    standard_deviation,
)
from .labels import category_name
from .lookup import Index, index_cells, unknown
from .tails import error_is_meaningless

PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
QUANTILES = np.array(PERCENTS) / 100.0
QUANTILE_NAMES = tuple(f"p{p}" for p in PERCENTS)
BOUNDED = ("share",)
DATED = "event"
COUNTED = "category"


class Statistic(NamedTuple):
    """One row of the tidy frame."""

    name: str
    value: float
    mcse: float
    tail_flag: bool = False


class Probability(NamedTuple):
    """Share of the trajectories for which a statement holds, and its Monte Carlo standard error."""

    value: float
    mcse: float

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.4f} +- {self.mcse:.4f}"


class Cells:
    """Read-only view of the aggregates; histograms are built when they are asked for and not kept."""

    def __init__(self, aggregates: Any, start: float) -> None:
        self.aggregates = aggregates
        self.start = start
        self.n = int(aggregates.n)

    @cached_property
    def index(self) -> Index:
        return index_cells(self.aggregates.cells)

    def kind(self, number: int) -> str:
        return self.aggregates.cells[number].scale.kind

    def counts(self, number: int) -> np.ndarray:
        first, last = self.aggregates.offsets[number : number + 2]
        return np.asarray(self.aggregates.counts[first:last])

    def histogram(self, number: int) -> Histogram:
        """Counts with the edges of their bins, in the output's unit."""
        data = self.aggregates
        edges = _edges(data.cells[number].scale)
        return histogram(edges, self.counts(number), float(data.minimum[number]), float(data.maximum[number]))

    def mean(self, number: int) -> float:
        """Mean of the draws, kept between the extremes, which a rounded sum could leave by a last bit."""
        data = self.aggregates
        mean = float(data.total[number]) / max(self.n, 1)
        return float(np.clip(mean, data.minimum[number], data.maximum[number]))

    def sd(self, number: int) -> float:
        data = self.aggregates
        return standard_deviation(
            self.n,
            float(data.total[number]),
            float(data.total_sq[number]),
            float(data.minimum[number]),
            float(data.maximum[number]),
        )

    def statistics(self, number: int) -> list[Statistic]:
        """mean, sd, p1 ... p99, min, max of one output; of an event the quantiles of its date."""
        if self.kind(number) == DATED:
            return self._dates(number)
        hist, sd = self.histogram(number), self.sd(number)
        flag = error_is_meaningless(hist, bounded=self.kind(number) in BOUNDED)
        values, errors = quantiles_with_errors(hist, QUANTILES)
        return [
            Statistic("mean", self.mean(number), sd / np.sqrt(self.n), flag),
            Statistic("sd", sd, np.nan),
            *(Statistic(*row) for row in zip(QUANTILE_NAMES, values.tolist(), errors.tolist(), strict=True)),
            Statistic("min", hist.minimum, np.nan),
            Statistic("max", hist.maximum, np.nan),
        ]

    def quantiles(self, number: int, q: np.ndarray) -> np.ndarray:
        if self.kind(number) == DATED:
            return _steps(self.event_dates(number), self.counts(number), q)
        return quantiles(self.histogram(number), q)

    def probability(self, number: int, above: float | None, below: float | None) -> Probability:
        """Share of the draws in the open interval (above, below)."""
        hist = self.histogram(number)
        lower = 1.0 if above is None else share_above(hist, float(above))
        upper = 0.0 if below is None else share_above(hist, float(below), inclusive=True)
        return self.with_error(max(lower - upper, 0.0))

    def category(self, number: int, name: object) -> Probability:
        """Share of the draws in a category, given by name or number."""
        metric, known = self.aggregates.cells[number].metric, self.categories(number)
        given = category_name(metric, int(name)) if isinstance(name, (int, float)) else str(name)
        if given not in known:
            raise StackcastError(unknown(given, known, f"{metric}: equals"))
        return known[given]

    def categories(self, number: int) -> dict[str, Probability]:
        """Probability of every category that has a name or was met."""
        cell, counts = self.aggregates.cells[number], self.counts(number)
        named = {}
        for code, count in enumerate(counts[cell.scale.below :]):
            name = category_name(cell.metric, code)
            if count or name != str(code):
                named[name] = self.with_error(float(count) / self.n)
        return named

    def event_dates(self, number: int) -> np.ndarray:
        """Date of the start of each quarter in which the event can fall; infinite for never, which is counted last."""
        quarters = len(self.counts(number)) - 1
        return np.append(self.start + 0.25 * np.arange(quarters), np.inf)

    def happened(self, number: int, before: float) -> Probability:
        """Probability that the event's quarter starts before a date."""
        dates, counts = self.event_dates(number), self.counts(number)
        return self.with_error(float(counts[dates < before].sum()) / self.n)

    def event_years(self, number: int) -> list[int]:
        dates = self.event_dates(number)
        return sorted({int(date) for date in dates[np.isfinite(dates)]})

    def with_error(self, p: float) -> Probability:
        return Probability(p, float(probability_error(p, self.n)))

    def _dates(self, number: int) -> list[Statistic]:
        every, counts = self.event_dates(number), self.counts(number)
        above, under, between = error_levels(QUANTILES, self.n)
        values, high, low = _steps(every, counts, np.stack([QUANTILES, above, under]))
        apart = np.subtract(high, low, out=np.zeros_like(high), where=high != low)  # inf - inf: never, surely
        rows = zip(QUANTILE_NAMES, values.tolist(), (apart / between).tolist(), strict=True)
        met = every[counts > 0]
        return [
            *(Statistic(*row) for row in rows),
            Statistic("min", float(met.min(initial=np.inf)), np.nan),
            Statistic("max", float(met.max(initial=-np.inf)), np.nan),
        ]


@lru_cache(maxsize=32)
def _edges(scale: Any) -> np.ndarray:
    """Edges of a scale: thousands of outputs share a handful of scales."""
    edges = np.asarray(scale.edges(), dtype=np.float64)
    edges.flags.writeable = False
    return edges


def _steps(dates: np.ndarray, counts: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Quantiles of a discrete distribution: the first date by which a share q of the draws has had the event."""
    upto = np.cumsum(counts)
    rank = np.clip(np.asarray(q, dtype=np.float64), 0.0, 1.0) * upto[-1]
    return dates[np.searchsorted(upto, np.maximum(rank, 0.5), side="left")]
