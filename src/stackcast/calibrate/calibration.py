"""From a scenario and a date to a posterior ensemble: record, particles, members."""

from __future__ import annotations

import calendar
import datetime
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackcast.calibrate import checkpoint, smc
from stackcast.calibrate.arrays import uniforms
from stackcast.calibrate.conditioning import Target, equations_of
from stackcast.calibrate.sampling import Progress, sample
from stackcast.engine.assembly import build
from stackcast.engine.jit import fingerprint
from stackcast.engine.program import quarter_name, with_origins
from stackcast.errors import StackcastError
from stackcast.history import observations
from stackcast.history.observed import START_YEAR, Observed, points_of, read_map
from stackcast.history.publication import usable
from stackcast.scenario.ensemble import write_ensemble
from stackcast.scenario.members import carried_rows

PARTICLES = 16384
MEMBERS = 1024


@dataclass(frozen=True)
class Calibration:
    """A scenario conditioned on the record up to a date: equally weighted particles, and those of the prior."""

    scenario: Any
    as_of: datetime.date
    target: Target
    particles: smc.Particles
    prior: smc.Particles
    seed: int

    @property
    def last(self) -> str:
        """Last quarter of conditioning."""
        return quarter_name(self.scenario.start, self.target.last)

    @property
    def first(self) -> str:
        """First quarter of a forecast."""
        return quarter_name(self.scenario.start, self.target.last + 1)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the particles: scores, shocks, weights."""
        hashed = hashlib.sha256()
        for array in (self.particles.scores, self.particles.origins, self.particles.log_weight):
            hashed.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return hashed.hexdigest()

    def values(self, particles: smc.Particles | None = None) -> dict[str, np.ndarray]:
        """Parameters of all particles by name, in the units of the mechanisms."""
        particles = self.particles if particles is None else particles
        guided = self.target.guided
        return dict(zip(guided.names, guided.values(particles.scores[: len(guided.streams)]), strict=True))

    def write(self, path: Path, members: int = MEMBERS) -> None:
        """Write the ensemble: ``members`` particles, one row each, with parameters and state at the date."""
        count = min(members, self.particles.count)
        u = float(uniforms("calibrate:members", self.seed, 1)[0])
        chosen = smc.resample(np.full(self.particles.count, 1.0 / self.particles.count), u, count)
        state = {row: self.target.row(self.particles.kept, row, self.target.last)[chosen] for row in self.target.state}
        priors = {name: values[chosen] for name, values in self.values().items()}
        metadata = {"scenario": self.scenario.hash(), "as_of": str(self.as_of), "digest": self.digest}
        write_ensemble(path, priors, state, self.first, metadata)


def check_scenario(scenario: Any) -> None:
    """Raises StackcastError for a scenario that begins at another date than the record, or is conditioned already."""
    if scenario.ensemble is not None:
        raise StackcastError(
            f"{scenario.path}: ensemble: is conditioned already: allowed: the scenario that its ensemble was made from"
        )
    if scenario.start != START_YEAR:
        given = quarter_name(scenario.start, 0)
        raise StackcastError(
            f"{scenario.path}: horizon.start = {given}: allowed: {START_YEAR}Q1, where the record begins"
        )


def last_quarter(day: datetime.date) -> int:
    """Quarters from 2023Q1 of the last quarter that has ended by a day."""
    ended = day.month % 3 == 0 and day.day == calendar.monthrange(day.year, day.month)[1]
    return (day.year - START_YEAR) * 4 + (day.month - 1) // 3 - (0 if ended else 1)


def check_date(
    day: datetime.date, whole: pd.DataFrame, lines: Sequence[Observed], quarters: int, option: str = "--as-of"
) -> int:
    """The last quarter of conditioning; ``whole`` is the record without an end, ``published`` when it may be used.

    Raises StackcastError where the run has no quarter by then, or nothing of it is known.
    """
    last, first = last_quarter(day), _first_known(whole, lines)
    if last < 0 or day < first:
        raise StackcastError(f"{option} = {day}: before the first observation of the run: allowed: {first} or later")
    if last >= quarters - 1:
        raise StackcastError(
            f"{option} = {day}: leaves no quarter to forecast: allowed: a date before the run's last quarter"
        )
    return last


def _first_known(whole: pd.DataFrame, lines: Sequence[Observed]) -> datetime.date:
    """The first day on which a quarter of the run has ended and a figure of the run is known."""
    found = [points_of(whole, line) for line in lines]
    known = [day for points in found for day, at in zip(points.published, points.position, strict=True) if at >= 0.0]
    return max(min(known), datetime.date(START_YEAR, 3, 31))


def target_of(
    scenario: Any, frame: pd.DataFrame, last: int, quarters: int, seed: int, threads: int, keep_state: bool
) -> Target:
    """What is conditioned, on the rows of a frame, and what is kept."""
    program = build(with_origins(scenario))
    state = carried_rows(scenario.mechanisms) if keep_state else ()
    missing = [line for line in ("chip_sales", "lab_sales") if line not in program.record]
    if missing:
        raise StackcastError(f"calibrate: the scenario has no mechanism that observes {', '.join(missing)}")
    return Target(program, equations_of(frame, read_map(), last), last, quarters, seed, state, threads)


def calibrate(
    scenario: Any,
    as_of: datetime.date,
    particles: int = PARTICLES,
    seed: int = 1,
    threads: int = 1,
    files: Iterable[str | Path] = (),
    hindsight: bool = True,
    temperature: float = 1.0,
    progress: Progress | None = None,
    resume: Path | None = None,
) -> Calibration:
    """Condition a scenario on what was public at a date; ``hindsight`` admits data sets of later vintage as well.

    ``resume`` is a file that particles are kept in after every stage, and read from. Raises StackcastError.
    """
    check_scenario(scenario)
    files = tuple(files)
    frame = observations(as_of=as_of, files=files, hindsight=hindsight)
    whole = observations(files=files)
    whole = whole.assign(published=usable(whole)) if hindsight else whole
    last = check_date(as_of, whole, read_map(), scenario.quarters)
    target = target_of(scenario, frame, last, last + 1, seed, threads, keep_state=True)
    parts = [scenario.hash(), as_of, particles, seed, hindsight, temperature, target.columns]
    key = checkpoint.key_of([*parts, frame.to_csv(index=False), [vars(line) for line in read_map()], fingerprint()])
    done, prior = sample(target, particles, seed, temperature, progress, resume, key)
    return Calibration(scenario, as_of, target, done, prior, seed)
