"""A backtest: forecasts at every cut-off, the table of their scores, and how the priors were known."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stackcast.backtest.forecasting import PARTICLES, Forecasts, forecasts_at
from stackcast.backtest.table import Headline, frame_of, headline
from stackcast.calibrate.sampling import Progress
from stackcast.errors import StackcastError
from stackcast.history import observations
from stackcast.history.derived import INPUTS
from stackcast.history.observed import read_map

CUTOFFS = (datetime.date(2023, 12, 31), datetime.date(2024, 6, 30), datetime.date(2024, 12, 31))


@dataclass(frozen=True)
class Backtest:
    """Forecasts by cut-off, one row a case, and how many rows of the record are of series that no map names.

    ``as_given`` is the headline of the same backtest with priors of their own width; None where it is this one.
    """

    scenario: Any
    forecasts: tuple[Forecasts, ...]
    frame: pd.DataFrame
    unmapped: int
    pooled: bool
    as_given: Headline | None


def backtest(
    scenario: Any,
    cutoffs: Sequence[datetime.date] = CUTOFFS,
    particles: int = PARTICLES,
    seed: int = 1,
    threads: int = 1,
    files: Iterable[str | Path] = (),
    widen: bool = True,
    pool: bool = False,
    progress: Progress | None = None,
) -> Backtest:
    """Fit at every cut-off on what was public, forecast, and score what followed to the end of the record.

    Priors that are newer than a cut-off are widened unless ``widen`` is false. Raises StackcastError.
    """
    files = tuple(files)

    def all_of(wider: bool) -> tuple[tuple[Forecasts, ...], pd.DataFrame]:
        found = tuple(
            forecasts_at(scenario, day, particles, seed, threads, files, wider, progress)
            for day in sorted(set(cutoffs))
        )
        cases = [case for forecast in found for case in forecast.cases]
        if not cases:
            raise StackcastError(f"--cutoff = {max(cutoffs)}: nothing followed: allowed: a date before the record ends")
        return found, frame_of(cases, pool)

    forecasts, frame = all_of(widen)
    as_given = headline(all_of(False)[1]) if widen else None
    return Backtest(scenario, forecasts, frame, unmapped(files), pool, as_given)


def unmapped(files: Iterable[str | Path] = ()) -> int:
    """Rows of the record whose series no line of the map names, nor a series computed from it."""
    frame = observations(files=tuple(files))
    named = {(line.series, line.entity) for line in read_map()} | INPUTS
    pairs = zip(frame["series"], frame["entity"], strict=True)
    return sum((series, entity) not in named and (series, None) not in named for series, entity in pairs)
