"""Forecast: what a run answers, with error bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import StackcastError
from .cells import COUNTED, DATED, Cells, Probability
from .histogram import interval_factor
from .lookup import find_cell, normal_layer, normal_period, pick

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from ..claims import Answer
    from .plot import Plots
    from .sample import Sample

PRIOR = "prior."


@dataclass(frozen=True, eq=False)
class Forecast:
    """Distributions of every reported output of one run.

    `manifest` says where it came from (scenario, seed, versions, digest); `sampled` holds the first trajectories in
    full.
    """

    aggregates: Any = field(repr=False)
    sampled: Sample = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)

    @cached_property
    def sample(self) -> pd.DataFrame:
        """The first trajectories in full, one row each, in single precision."""
        return self.sampled.frame()

    @cached_property
    def cells(self) -> Cells:
        """The outputs one by one."""
        return Cells(self.aggregates, float(self.manifest["start"]))

    @property
    def n(self) -> int:
        """Number of trajectories."""
        return self.cells.n

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.manifest["scenario"]["name"])

    @property
    def cut_feedbacks(self) -> tuple[str, ...]:
        """Feedbacks of the model that the scenario cuts."""
        resolved = self.manifest["scenario"].get("resolved", {})
        return tuple(name for name, on in resolved.get("feedbacks", {}).items() if on is False)

    @property
    def parameters(self) -> pd.DataFrame:
        """The priors' draws in the sample, one column each, by trajectory."""
        import pandas as pd

        names = [column for column in self.sample.columns if column.startswith(PRIOR)]
        frame = self.sample[names].rename(columns=lambda column: column.removeprefix(PRIOR))
        return frame.set_axis(pd.Index(self.sample["trajectory"], name="trajectory"), axis=0)

    def digest(self) -> str:
        """Fingerprint of the aggregates: the same for the same scenario, seed and number of trajectories."""
        return self._digest

    def to_frame(
        self, metric: str | None = None, layer: str | None = None, period: int | str | None = None
    ) -> pd.DataFrame:
        """Tidy frame: metric, layer, period, statistic, value, mcse (Monte Carlo standard error), unit, tail_flag."""
        frame = self._frame
        if metric is not None:
            base = frame["metric"].str.partition("=")[0]
            known = dict.fromkeys([*base, *frame["metric"]])
            pick(known, metric, "metric")
            frame = frame[(frame["metric"] == metric) | (base == metric)]
        for key, name, value in (("layer", "layer", normal_layer(layer)), ("period", "year", normal_period(period))):
            if value is not None:
                pick(dict.fromkeys(frame[key]), value, name if metric is None else f"{metric}: {name}")
                frame = frame[frame[key] == value]
        return frame.reset_index(drop=True)

    def quantile(
        self,
        metric: str,
        *,
        layer: str | None = None,
        year: int | str | None = None,
        q: float | Sequence[float] = 0.5,
    ) -> float | np.ndarray:
        """Value below which a share q of the trajectories lies; a scalar q gives a float. For an event, its date."""
        levels = np.asarray(q, dtype=np.float64)
        if not np.all((levels >= 0.0) & (levels <= 1.0)):
            raise StackcastError(f"q = {q}: allowed 0 to 1")
        value = self.cells.quantiles(self._find(metric, layer, year), levels)
        return float(value) if levels.ndim == 0 else value

    def probability(
        self,
        metric: str,
        *,
        layer: str | None = None,
        year: int | str | None = None,
        above: float | None = None,
        below: float | None = None,
        equals: str | int | None = None,
    ) -> Probability:
        """Probability that an output is above and below limits, or in a category, or that an event has come by a year.

        Draws inside the bin that holds a limit are taken as spread evenly; a limit on the edge of a bin is exact.
        """
        index = self.cells.index
        layers = pick(index, metric, "metric")
        first = next(iter(next(iter(layers.values())).values()))
        kind = self.cells.kind(first)
        if kind == DATED:
            return self._event_probability(metric, layer, year, above, below)
        number = self._find(metric, layer, year)
        if kind == COUNTED:
            if equals is None:
                raise StackcastError(f"{metric}: equals: needed, allowed: {', '.join(self.cells.categories(number))}")
            return self.cells.category(number, equals)
        if above is None and below is None:
            raise StackcastError(f"{metric}: above, below: one of them is needed")
        return self.cells.probability(number, above, below)

    def limits(self, metric: str = "binding_constraint") -> pd.DataFrame:
        """Which limit binds, by year: year, category, probability, mcse, quarters.

        The probability is the share of the year's quarters, mean over trajectories, where the run has the figure by
        quarter (`outputs.quarterly` lists it; quarters is then 4), else that of the year's last quarter. The error of
        a share of four quarters is an upper bound: their mean error. `metric` may be any category.
        """
        from .limits import limits_frame

        return limits_frame(self.cells, metric)

    def ask(self, *expressions: str, threads: int | None = None, allow_code: bool = False) -> list[Answer]:
        """Answers to claims, such as "share[chips] > 0.4 @ 2030", from all trajectories of this run, computed again.

        The histograms cannot tell which trajectory did what, and the sample holds only the first. So the scenario in
        the manifest is run again with the same seed and size, and every trajectory is asked as it passes. It needs
        none of the scenario's files; `allow_code` is needed again where it brings mechanisms of its own.
        """
        from ..claims.asking import ask_again
        from ..limits import MAX_THREADS, whole_number
        from ..processors import cores

        count = cores() if threads is None else whole_number("threads", threads, 1, MAX_THREADS)
        return ask_again(self.manifest, expressions, count, allow_code)

    def interval_factor(self, level: float = 0.95, means: bool = False) -> float:
        """How many Monte Carlo standard errors lie on either side of a figure in an interval of this level.

        1.96 for 95 % where trajectories are independent. Where the errors come from the spread of k randomisations it
        is the quantile of Student's t with k - 1 degrees of freedom: 2.13 for 16. `means` asks for that of the means of
        numbers, which is 1.96 as well where antithetic pairs are independent of each other.
        """
        if not 0.0 < level < 1.0:
            raise StackcastError(f"level = {level}: allowed: between 0 and 1")
        return interval_factor(self.cells.degrees_of_means if means else self.cells.degrees, level)

    def to_xarray(self) -> xr.Dataset:
        """Labelled dataset over metric, layer ("" is the market), period and statistic."""
        from .frames import labelled

        return labelled(self._frame)

    def save(self, path: str | Path, force: bool = False, figures: bool = True) -> Path:
        """Write the run folder, whole or not at all; an existing one is replaced only with force. Pictures take
        longest: `figures=False` leaves them out.
        """
        from .store import save

        return save(self, path, force=force, figures=figures)

    @property
    def plot(self) -> Plots:
        """fan, share, histogram, events, limits: each takes and returns matplotlib axes."""
        from .plot import Plots

        return Plots(self)

    def __eq__(self, other: object) -> bool:
        """Same scenario, same numbers; how long the run took does not count."""
        if not isinstance(other, Forecast):
            return NotImplemented
        return (
            self.manifest["scenario"]["hash"] == other.manifest["scenario"]["hash"]
            and self.digest() == other.digest()
            and self.sampled.same(other.sampled)
        )

    def __hash__(self) -> int:
        return hash(self.digest())

    @property
    def caption(self) -> str:
        """Which run this is, in a line."""
        cut = f", without {', '.join(self.cut_feedbacks)}" if self.cut_feedbacks else ""
        return f"{self.name}{cut}: {self.n:,} trajectories, seed {self.manifest['seed']}, digest {self.digest()[:12]}"

    def __repr__(self) -> str:
        return f"Forecast({self.caption})"

    def _repr_html_(self) -> str:
        from .html import as_html

        return as_html(self)

    @cached_property
    def _digest(self) -> str:
        return self.aggregates.digest()

    @cached_property
    def tidy_columns(self) -> dict[str, Any]:
        """The columns of the tidy frame: numbers and truth values are arrays, the rest are tuples of text."""
        from .rows import columns_of

        return columns_of(self.cells)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        from .frames import tidy_frame

        return tidy_frame(self.tidy_columns)

    def _find(self, metric: str, layer: str | None, year: object) -> int:
        return find_cell(self.cells.index, metric, layer, year)

    def _event_probability(
        self, metric: str, layer: str | None, year: object, above: float | None, below: float | None
    ) -> Probability:
        number = find_cell(self.cells.index, metric, layer, None)
        if year is not None:
            known = {str(y): y for y in self.cells.event_years(number)}
            return self.cells.happened(number, pick(known, normal_period(year), f"{metric}: year") + 1.0)
        if below is not None and above is None:
            return self.cells.happened(number, float(below))
        if above is not None and below is None:
            before = self.cells.happened(number, np.nextafter(above, np.inf)).value
            return self.cells.with_error(number, 1.0 - before, [before])
        raise StackcastError(f"{metric}: year, above, below: one of them is needed")


def with_digest(forecast: Forecast) -> Forecast:
    """The forecast of a manifest that has the digest of these aggregates: it need not be computed again."""
    vars(forecast)["_digest"] = forecast.manifest["digest"]
    return forecast
