"""Predictive draws at a cut-off: fit on what was public, run on, and write down what the model says of what followed.

A particle's run goes on after the last quarter of conditioning, free; so the particles' own futures are the forecast.
Every scored series then goes on from its last public point by its observation equation.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackcast.backtest.case import Case
from stackcast.calibrate.arrays import exp, normals
from stackcast.calibrate.calibration import check_date, check_scenario, target_of
from stackcast.calibrate.conditioning import Target
from stackcast.calibrate.observation import Equation
from stackcast.calibrate.sampling import Progress, sample
from stackcast.calibrate.smc import Particles, start
from stackcast.history import observations
from stackcast.history.observed import CLOSE, Observed, Points, points_of, read_map
from stackcast.scenario.vintage import KnownPriors, as_known

PARTICLES = 8192
FEWEST_POINTS = 3
"""Points that a rival needs."""


@dataclass(frozen=True)
class Forecasts:
    """What was forecast at a cut-off: the cases, the priors as they were known, the fit, series without a forecast."""

    cutoff: datetime.date
    cases: tuple[Case, ...]
    known: KnownPriors
    particles: Particles
    short: tuple[str, ...]


def forecasts_at(
    scenario: Any,
    cutoff: datetime.date,
    particles: int = PARTICLES,
    seed: int = 1,
    threads: int = 1,
    files: Iterable[str | Path] = (),
    widen: bool = True,
    progress: Progress | None = None,
) -> Forecasts:
    """Fit on what was public at the cut-off and forecast every scored series to the end of the record.

    Raises StackcastError for a cut-off before the first observation.
    """
    check_scenario(scenario)
    files = tuple(files)
    public, whole = observations(as_of=cutoff, files=files), observations(files=files)
    lines = read_map()
    last = check_date(cutoff, whole, lines, scenario.quarters, "--cutoff")
    known = as_known(scenario, cutoff, widen)
    end = min(1 + max(last_position(whole, lines), last), scenario.quarters)
    target = target_of(known.scenario, public, last, end, seed, threads, keep_state=False)
    fitted, _ = sample(target, particles, seed, progress=progress)
    free = _without_record(target)
    prior = start(list(free.names), free.likelihood, particles, seed, free.shocks)
    cases, short = [], []
    for equation in target.equations:
        followed = _followed(points_of(whole, equation.line), equation.points, cutoff, end)
        if not equation.line.score or not len(followed):
            continue
        if len(equation.points) < FEWEST_POINTS:
            short.append(equation.line.name)
            continue
        draws = _draws(target, fitted, equation, followed, seed), _draws(free, prior, equation, followed, seed)
        cases += _cases(equation, cutoff, last, followed, *draws)
    return Forecasts(cutoff, tuple(cases), known, fitted, tuple(short))


def last_position(frame: pd.DataFrame, lines: Iterable[Observed]) -> int:
    """Last quarter of which any scored series has a figure."""
    positions = [points_of(frame, line).position for line in lines if line.score]
    return int(max(np.floor(found + 0.5).max() for found in positions if len(found)))


def _without_record(target: Target) -> Target:
    """The same runs, free and unweighted: what the priors alone say."""

    def blind(line: Observed) -> Observed:
        return replace(line, weigh=False, guide=None, kind="level" if line.kind == "guide" else line.kind)

    return replace(target, equations=tuple(Equation(blind(e.line), e.points) for e in target.equations))


def _followed(points: Points, public: Points, cutoff: datetime.date, end: int) -> Points:
    """What was not public at the cut-off and is of a later date than all that was, in the quarters before ``end``."""
    after = np.array([day > cutoff for day in points.date], dtype=bool) & (points.position < end - 0.5)
    return points.select(after & (points.position > public.position.max() + CLOSE))


def _draws(target: Target, particles: Particles, equation: Equation, followed: Points, seed: int) -> list[np.ndarray]:
    """Draws of a series at the points that followed, in its own unit."""
    own, drifts = target.own(particles.scores), target.drifts(particles.kept)
    line = equation.line
    path = target.path(particles.kept, line.figure)
    state = equation.state(path, own, drifts) if line.kind == "growth" else None
    found = []
    for position in followed.position:
        score = normals([line.name], f"backtest:{position:.4f}", seed, particles.count)[0]
        found.append(exp(equation.forecast(state, path, own, drifts, float(position), score)))
    return found


def _cases(
    equation: Equation, cutoff: datetime.date, last: int, followed: Points, draws: list, prior: list
) -> Iterator[Case]:  # fmt: skip
    line, public = equation.line, equation.points
    for k, position in enumerate(followed.position):
        yield Case(
            cutoff=cutoff, series=line.series, entity=line.entity, date=followed.date[k],
            horizon_quarters=int(np.floor(position + 0.5)) - last, unit=line.unit,
            observed=float(followed.value[k]), draws=draws[k], prior=prior[k],
            history_quarters=public.position, history=public.value, quarter=float(position),
        )  # fmt: skip
