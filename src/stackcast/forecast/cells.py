"""The outputs of a run one by one: their histogram, their statistics, the share of draws for which something holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..aggregate.pairs import Pairs
from ..aggregate.replicates import Replicates
from ..errors import StackcastError
from .histogram import (
    Histogram,
    Histograms,
    error_levels,
    histogram,
    histograms,
    pooled_error,
    probability_error,
    quantiles,
    quantiles_with_errors,
    share_above,
    standard_deviation,
)
from .labels import category_name
from .lookup import Index, index_cells, unknown
from .tails import errors_are_meaningless

PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
QUANTILES = np.array(PERCENTS) / 100.0
QUANTILE_NAMES = tuple(f"p{p}" for p in PERCENTS)
BOUNDED = ("share",)
DATED = "event"
COUNTED = "category"
_TOGETHER = 64
"""Outputs whose bins are looked at together: a few megabytes."""


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

    def mean_error(self, number: int) -> float:
        """Standard error of the mean: from the spread of the draws, of the pairs' or of the randomisations' means."""
        if self.pairs is not None:
            return self._error_of_pairs(number, self.pairs)
        parts = self.replicates
        if parts is None:
            return self.sd(number) / np.sqrt(self.n)
        return float(pooled_error(parts.n, parts.total[:, number]))

    def _error_of_pairs(self, number: int, pairs: Pairs) -> float:
        """Standard error of the mean of independent pairs, and of single draws where a run ends within a pair."""
        data, alone = self.aggregates, self.sd(number)
        if pairs.n < 2:
            return alone / np.sqrt(self.n)
        ends = 2.0 * float(data.minimum[number]), 2.0 * float(data.maximum[number])
        together = standard_deviation(pairs.n, float(pairs.total[number]), float(pairs.total_sq[number]), *ends)
        return float(np.sqrt(pairs.n * together**2 + (self.n - 2 * pairs.n) * alone**2) / self.n)

    @property
    def pairs(self) -> Pairs | None:
        """The antithetic pairs of the run, where they are independent of each other."""
        return getattr(self.aggregates, "pairs", None)

    @cached_property
    def replicates(self) -> Replicates | None:
        """The randomisations of the run, where there are two or more."""
        parts = getattr(self.aggregates, "replicates", None)
        return parts if parts is not None and len(parts.n) > 1 else None

    @property
    def degrees(self) -> float:
        """Degrees of freedom of the errors: infinite where they come from independent trajectories."""
        return np.inf if self.replicates is None else len(self.replicates.n) - 1.0

    @property
    def degrees_of_means(self) -> float:
        """Those of the errors of means: infinite where they come from independent pairs as well."""
        return np.inf if self.pairs is not None else self.degrees

    def worth(self, number: int, p: Any) -> np.ndarray:
        """How many independent trajectories would give the same error to a probability, or to a quantile of that level.

        Where the draws are independent, as many as there are. Else the variance of the cumulative counts over the
        randomisations is compared with that of independent draws, at the places that were kept, and read off between.
        """
        p = np.asarray(p, dtype=np.float64)
        if self.replicates is None:
            return np.full(p.shape, float(self.n))
        level, ratio = self._ratios(number)
        if len(level) == 0:
            return np.full(p.shape, float(self.n))
        # Towards 0 and 1 a count is that of single draws, and no more even than those.
        level = np.concatenate([[0.0], level, [1.0]])
        ratio = np.concatenate([[max(ratio[0], 1.0)], ratio, [max(ratio[-1], 1.0)]])
        return self.n / np.interp(p, level, ratio)

    def _ratios(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Cumulative probabilities of an output and the variance of each over that of independent draws."""
        parts = self.replicates
        first, last = parts.first[number : number + 2]
        upto = parts.upto[:, first:last]
        level, here = np.unique(upto.sum(axis=0) / self.n, return_index=True)
        inside = (level > 0.0) & (level < 1.0)
        level, here = level[inside], here[inside]
        variance = pooled_error(parts.n[:, np.newaxis], upto[:, here]) ** 2
        return level, np.maximum(variance * self.n / (level * (1.0 - level)), 1.0 / self.n)

    def statistics(self, number: int) -> list[Statistic]:
        """mean, sd, p1 ... p99, min, max of one output; of an event the quantiles of its date."""
        return next(self.statistics_of([number]))

    def statistics_of(self, numbers: Sequence[int]) -> Iterator[list[Statistic]]:
        """Those of several outputs, in their order."""
        for some in _batched(numbers):
            spread = [number for number in some if self.kind(number) != DATED]
            found = iter(self._of_spread(spread) if spread else ())
            for number in some:
                yield self._dates(number) if self.kind(number) == DATED else next(found)

    def _of_spread(self, numbers: Sequence[int]) -> Iterator[list[Statistic]]:
        hists = self._histograms(numbers)
        flags = errors_are_meaningless(hists, np.array([self.kind(number) in BOUNDED for number in numbers]))
        worth = np.array([self.worth(number, QUANTILES) for number in numbers])
        values, errors = quantiles_with_errors(hists, QUANTILES, worth)
        each = zip(numbers, flags.tolist(), values.tolist(), errors.tolist(), strict=True)
        for k, (number, flag, value, error) in enumerate(each):
            yield [
                Statistic("mean", self.mean(number), self.mean_error(number), flag),
                Statistic("sd", self.sd(number), np.nan),
                *map(Statistic, QUANTILE_NAMES, value, error),
                Statistic("min", float(hists.minimum[k]), np.nan),
                Statistic("max", float(hists.maximum[k]), np.nan),
            ]

    def _histograms(self, numbers: Sequence[int]) -> Histograms:
        data = self.aggregates
        edges = [_edges(data.cells[number].scale) for number in numbers]
        ends = data.minimum[numbers], data.maximum[numbers]
        return histograms(edges, [self.counts(number) for number in numbers], *ends)

    def quantiles(self, number: int, q: np.ndarray) -> np.ndarray:
        if self.kind(number) == DATED:
            return _steps(self.event_dates(number), self.counts(number), q)
        return quantiles(self.histogram(number), q)

    def probability(self, number: int, above: float | None, below: float | None) -> Probability:
        """Share of the draws in the open interval (above, below)."""
        hist = self.histogram(number)
        lower = 1.0 if above is None else share_above(hist, float(above))
        upper = 0.0 if below is None else share_above(hist, float(below), inclusive=True)
        ends = [1.0 - share for share, given in ((lower, above), (upper, below)) if given is not None]
        return self.with_error(number, max(lower - upper, 0.0), ends)

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
                named[name] = self._in_bin(number, cell.scale.below + code, float(count) / self.n)
        return named

    def event_dates(self, number: int) -> np.ndarray:
        """Date of the start of each quarter in which the event can fall; infinite for never, which is counted last."""
        quarters = len(self.counts(number)) - 1
        return np.append(self.start + 0.25 * np.arange(quarters), np.inf)

    def happened(self, number: int, before: float) -> Probability:
        """Probability that the event's quarter starts before a date."""
        dates, counts = self.event_dates(number), self.counts(number)
        return self.with_error(number, float(counts[dates < before].sum()) / self.n)

    def event_years(self, number: int) -> list[int]:
        dates = self.event_dates(number)
        return sorted({int(date) for date in dates[np.isfinite(dates)]})

    def with_error(self, number: int, p: float, ends: Sequence[float] = ()) -> Probability:
        """A probability of an output with its error; ``ends`` are the cumulative probabilities where it begins and ends
        (p itself, if not given). Of two ends, the error of the one that is known less well counts."""
        worth = float(np.min(self.worth(number, ends or [p])))
        return Probability(p, max(float(probability_error(p, worth)), float(probability_error(0.0, self.n))))

    def _in_bin(self, number: int, bin_: int, p: float) -> Probability:
        """The probability of one bin of an output all of whose bins are kept."""
        parts = self.replicates
        if parts is None or p in (0.0, 1.0):
            return Probability(p, float(probability_error(p, self.n)))
        upto = parts.upto[:, parts.first[number] :]
        counts = upto[:, bin_] - (upto[:, bin_ - 1] if bin_ > 0 else 0)
        return Probability(p, max(float(pooled_error(parts.n, counts)), 0.5 / self.n))

    def _dates(self, number: int) -> list[Statistic]:
        every, counts = self.event_dates(number), self.counts(number)
        above, under, between = error_levels(QUANTILES, self.worth(number, QUANTILES))
        values, high, low = _steps(every, counts, np.stack([QUANTILES, above, under]))
        apart = np.subtract(high, low, out=np.zeros_like(high), where=high != low)  # inf - inf: never, surely
        rows = zip(QUANTILE_NAMES, values.tolist(), (apart / between).tolist(), strict=True)
        met = every[counts > 0]
        return [
            *(Statistic(*row) for row in rows),
            Statistic("min", float(met.min(initial=np.inf)), np.nan),
            Statistic("max", float(met.max(initial=-np.inf)), np.nan),
        ]


def _batched(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """The same in parts that are looked at together."""
    return (numbers[k : k + _TOGETHER] for k in range(0, len(numbers), _TOGETHER))


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
