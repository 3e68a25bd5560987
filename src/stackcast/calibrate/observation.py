"""Observation equations outside the core: what a series says of a trajectory, and how the series goes on from it.

A *level* is the model's figure with a measurement error. A series of *growth* is its last public level times the growth
of its part in AI (the model's figure) and of the rest, with a drift of its own: an AR(1) fed by its innovations, as in
the core. Everything is vectorised over trajectories; logs throughout.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stackcast.calibrate.arrays import exp, log
from stackcast.engine.draws import round_bits
from stackcast.history.observed import Observed, Points

LARGEST_SURPRISE = 0.3
HIGHEST_PART = 0.95
LEAST_PART = 0.01
BURN_IN = 4.0
"""Quarters from 2023Q1 that are no evidence: the step of 2023 is outside of what the model explains."""
FIRST_POSITION = -0.5
LEAST_NOISE = 0.01
TREND_POINTS = 8
KNOWN_INNOVATIONS = 6
LATEST_INNOVATIONS = 12
RECENT_ERROR = 0.01
Z90 = 1.6448536269514722
LOG_DENSITY_AT_ZERO = -0.9808292530117262


@dataclass(frozen=True)
class Drifts:
    """Of every trajectory: what is kept of a drift a quarter, and the part of an innovation that goes on."""

    persistence: np.ndarray
    gain: np.ndarray

    @cached_property
    def _log_persistence(self) -> np.ndarray:
        return log(self.persistence)

    def kept(self, gap: float) -> np.ndarray:
        """What is kept of a drift over ``gap`` quarters."""
        return exp(gap * self._log_persistence)


@dataclass(frozen=True)
class Path:
    """Logs of a figure by quarter (quarters, n); between the middles of quarters it is linear."""

    logs: np.ndarray

    def at(self, position: float, span: int = 1) -> np.ndarray:
        """Log of the figure at a position; of the sum of ``span`` quarters that end there."""
        if span > 1:
            last = round(position)
            return log(exp(self.logs[last - span + 1 : last + 1]).sum(axis=0))
        low = min(max(math.floor(position), 0), len(self.logs) - 2)
        part = position - low
        return self.logs[low] + part * (self.logs[low + 1] - self.logs[low])


@dataclass(frozen=True)
class State:
    """Where a series stands at its last public point: position and log level; of every trajectory the drift, the part
    in AI, and the log of the figure.
    """

    position: float
    level: float
    drift: np.ndarray
    part: np.ndarray
    figure: np.ndarray


@dataclass(frozen=True)
class Step:
    """A point: position, log level, what was predicted (n; None at first), deviation around it (n or 1), state."""

    position: float
    level: float
    predicted: np.ndarray | None
    spread: np.ndarray
    state: State | None


@dataclass(frozen=True)
class Equation:
    """A line of the map with its public points."""

    line: Observed
    points: Points

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of its own uncertain parameters, each a standard normal score."""
        found = []
        if self.line.coverage is not None:
            found.append(f"coverage:{self.line.name}")
        if self.line.rest is not None:
            found.append(f"rest:{self.line.name}")
        return tuple(found)

    @cached_property
    def logs(self) -> np.ndarray:
        """Logs of the points, rounded: the maths library's last bit differs between machines."""
        return round_bits(np.log(self.points.value))

    @cached_property
    def noise(self) -> float:
        """Innovation a quarter: of the series' own growth rates around the mean of the four before; else the map's."""
        if self.line.kind != "growth" or not np.all(np.diff(self.points.position) == 1.0):
            return self.line.noise
        growth = np.diff(self.logs)
        surprises = [
            (growth[k] - growth[k - 4 : k].mean()) / np.sqrt(1.25) for k in range(4, len(growth))
        ][-LATEST_INNOVATIONS:]  # fmt: skip
        if len(surprises) < KNOWN_INNOVATIONS:
            return self.line.noise
        return max(float(round_bits(np.sqrt(np.mean(np.square(surprises))))), LEAST_NOISE)

    @cached_property
    def rest(self) -> tuple[float, float]:
        """Mean and standard deviation of the growth of what is not AI, a quarter."""
        if not isinstance(self.line.rest, str):
            return self.line.rest or (0.0, 0.0)
        latest = slice(-TREND_POINTS - 1, None)
        position, level = self.points.position[latest], self.logs[latest]
        if len(level) < 3:
            return 0.0, 2.0 * RECENT_ERROR
        trend = (level[-1] - level[0]) / (position[-1] - position[0])
        return float(round_bits(trend)), max(RECENT_ERROR, self.noise / np.sqrt(len(level) - 1))

    def evidence(self, path: Path, own: dict[str, np.ndarray], drifts: Drifts) -> np.ndarray:
        """Log weight (n) of the points that are evidence."""
        said = np.zeros(path.logs.shape[1])
        for step in self.steps(path, own, drifts):
            if step.predicted is not None and step.position >= BURN_IN:
                said += _weight(step.level - step.predicted, step.spread)
        return said

    def state(self, path: Path, own: dict[str, np.ndarray], drifts: Drifts) -> State | None:
        """Where the series stands at its last public point; None where it has none, or follows the figure."""
        state = None
        for step in self.steps(path, own, drifts):
            state = step.state
        return state

    def steps(self, path: Path, own: dict[str, np.ndarray], drifts: Drifts) -> Iterator[Step]:
        """Point by point: what was predicted from the points before, and where the series stands after it."""
        state: State | None = None
        for position, level in zip(self.points.position, self.logs, strict=True):
            if position < FIRST_POSITION:
                continue
            figure = self._log_figure(path, position)
            if self.line.kind != "growth":
                yield Step(position, level, figure, np.full(1, self.line.error), None)
                continue
            if state is None:
                predicted, spread, drift = None, np.zeros(1), np.zeros(path.logs.shape[1])
            else:
                gap = position - state.position
                kept = drifts.kept(gap)
                predicted, spread = self._predicted(state, figure, own, drifts, gap, kept), self.spread(gap, drifts)
                surprise = _between(-LARGEST_SURPRISE, (level - predicted) / max(gap, 1.0), LARGEST_SURPRISE)
                drift = kept * state.drift + drifts.gain * surprise
            state = State(position, level, drift, self._part(figure, own, level), figure)
            yield Step(position, level, predicted, spread, state)

    def spread(self, gap: float, drifts: Drifts) -> np.ndarray:
        """Standard deviation of the series ``gap`` quarters after a public point, given the trajectory.

        An innovation moves the level at once, and by what it leaves in the drift in every quarter after it.
        """
        count = max(int(np.ceil(gap)), 1)
        said, gone = np.zeros(1), np.zeros(1)
        for _ in range(count):
            said = said + (1.0 + drifts.gain * gone) ** 2
            gone = drifts.persistence * (1.0 + gone)
        return np.sqrt(self.noise**2 * (gap / count) * said + 2.0 * self.line.error**2)

    @cached_property
    def _log_scale(self) -> float:
        return float(round_bits(np.log(self.line.scale)))

    @cached_property
    def _log_coverage(self) -> tuple[float, float]:
        """Mean and standard deviation of the log of the part of the figure that the series covers."""
        low, high = round_bits(np.log(self.line.coverage))
        return (low + high) / 2.0, (high - low) / (2.0 * Z90)

    def _log_figure(self, path: Path, position: float) -> np.ndarray:
        return path.at(position, self.points.span) + self._log_scale

    def _part(self, figure: np.ndarray, own: dict, level: float) -> np.ndarray:
        if self.line.coverage is None:
            return np.ones(len(figure))
        mean, sd = self._log_coverage
        coverage = mean + sd * own[f"coverage:{self.line.name}"]
        return _between(LEAST_PART, exp(coverage + figure - level), HIGHEST_PART)

    def _predicted(
        self, state: State, figure: np.ndarray, own: dict, drifts: Drifts, gap: float, kept: np.ndarray
    ) -> np.ndarray:
        growth = exp(figure - state.figure)
        if self.line.rest is not None:
            mean, sd = self.rest
            rest = exp((mean + sd * own[f"rest:{self.line.name}"]) * gap)
            growth = state.part * growth + (1.0 - state.part) * rest
        drift = state.drift * drifts.persistence * (1.0 - kept) / (1.0 - drifts.persistence)
        return state.level + log(growth) + drift

    def forecast(
        self, state: State | None, path: Path, own: dict, drifts: Drifts, position: float, score: np.ndarray
    ) -> np.ndarray:  # fmt: skip
        """Log of the series at a position, one draw a trajectory; ``score`` is a standard normal draw of each.

        ``state`` is what ``state`` found on the same path.
        """
        figure = self._log_figure(path, position)
        if self.line.kind in ("level", "guide") or state is None:
            return figure + self.line.error * score
        gap = position - state.position
        spread = self.spread(max(gap, 0.0), drifts)
        return self._predicted(state, figure, own, drifts, gap, drifts.kept(gap)) + spread * score


def _between(low: float, values: np.ndarray, high: float) -> np.ndarray:
    """np.clip, which takes longer than all else that is done to a short array."""
    return np.minimum(np.maximum(values, low), high)


def _weight(news: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Student's t with four degrees of freedom, as in the core."""
    ratio = news / scale
    return LOG_DENSITY_AT_ZERO - log(scale) - 2.5 * log(1.0 + 0.25 * ratio * ratio)
