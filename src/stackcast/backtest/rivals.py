"""Naive forecasts from a series' own public past: normal on the log scale, by mean and standard deviation.

Random walk with drift: what the last figure and the mean growth say. Damped trend: exponential smoothing whose trend
fades. Constant growth: the last four quarters go on. None sees anything else, and none draws a random number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from stackcast.backtest.case import Case

FEWEST_POINTS = 3
LEAST_DEVIATION = 0.005
"""No series is known better than this a quarter [log]: three points fitted exactly are no certainty."""
DAMPINGS = np.arange(0.80, 0.99, 0.02)
LEVELS = np.arange(0.05, 1.0, 0.05)
TRENDS = np.arange(0.05, 1.0, 0.05)
YEAR = 4.0


@dataclass(frozen=True)
class Normal:
    """A forecast of a log figure."""

    mean: float
    sd: float


def random_walk(case: Case) -> Normal:
    """Drift and variance of the whole past, the drift's own error included: s^2 (h + h^2 / m) over m quarters."""
    position, logs = case.history_quarters, np.log(case.history)
    gaps, steps = np.diff(position), np.diff(logs)
    span = position[-1] - position[0]
    drift = (logs[-1] - logs[0]) / span
    variance = np.sum((steps - drift * gaps) ** 2 / gaps) / max(len(steps) - 1, 1)
    h = case.ahead
    return Normal(logs[-1] + drift * h, _deviation(variance * (h + h * h / span), h))


def constant_growth(case: Case) -> Normal:
    """Growth of the last four quarters continued; variance s^2 (h + h^2 / 4) with s from the same rule's past errors.

    Errors are those of the rule at every past figure that has a year of figures before it; where there are fewer than
    three, s is that of the random walk.
    """
    position, logs = case.history_quarters, np.log(case.history)
    rate = _yearly_rate(position, logs, len(logs) - 1)
    errors = [
        (logs[k + 1] - logs[k] - _yearly_rate(position, logs, k) * gap) / np.sqrt(gap)
        for k, gap in enumerate(np.diff(position))
        if position[k] - position[0] >= YEAR
    ]
    h = case.ahead
    if len(errors) < FEWEST_POINTS:
        walk = random_walk(case)
        return Normal(logs[-1] + rate * h, walk.sd)
    return Normal(logs[-1] + rate * h, _deviation(np.mean(np.square(errors)) * (h + h * h / YEAR), h))


def _yearly_rate(position: np.ndarray, logs: np.ndarray, k: int) -> float:
    """Growth a quarter over the year before figure k, or since the first one."""
    start = max(position[k] - YEAR, position[0])
    before = np.interp(start, position, logs)
    return float((logs[k] - before) / (position[k] - start)) if position[k] > start else 0.0


def damped_trend(case: Case) -> Normal:
    """Additive damped trend with parameters of least squared errors, on quarters filled in between figures (logs)."""
    position, logs = case.history_quarters, np.log(case.history)
    first, last = np.ceil(position[0] - 1e-9), position[-1]
    grid = last - np.arange(int(np.floor(last - first)), -1, -1.0)
    series = np.interp(grid, position, logs)
    if len(series) < FEWEST_POINTS:
        return random_walk(case)
    level, trend, phi, alpha, beta, variance = fit_damped(series)
    h = case.ahead
    mean = level + trend * _damped_sum(phi, h)
    spread = variance * _variance_factor(phi, alpha, beta, max(h, 1.0)) * min(h, 1.0)
    return Normal(float(mean), _deviation(spread, h))


def fit_damped(series: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """Level, trend, damping, smoothing of level and of trend (times the level's), error variance, by a grid search."""
    phi, alpha, star = (axis.ravel() for axis in np.meshgrid(DAMPINGS, LEVELS, TRENDS, indexing="ij"))
    beta = alpha * star
    level, trend, squares = run_damped(series, phi, alpha, beta)
    best = int(np.argmin(squares))
    variance = squares[best] / max(len(series) - 4, 1)
    return level[best], trend[best], phi[best], alpha[best], beta[best], variance


def run_damped(series: np.ndarray, phi, alpha, beta) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Final level and trend and the sum of squared one-step errors (Hyndman et al. 2008, Forecasting with Exponential
    Smoothing, chapter 2, error form); starts at the first figure and the mean growth of the first four.
    """
    level = np.full(np.shape(phi), series[0])
    trend = np.full(np.shape(phi), np.mean(np.diff(series[:5])))
    squares = np.zeros(np.shape(phi))
    for value in series[1:]:
        predicted = level + phi * trend
        error = value - predicted
        level, trend = predicted + alpha * error, phi * trend + beta * error
        squares += error * error
    return level, trend, squares


def _damped_sum(phi: float, h: float) -> float:
    """phi + phi^2 + ... over h quarters, h not whole."""
    return phi * (1.0 - phi**h) / (1.0 - phi)


def _variance_factor(phi: float, alpha: float, beta: float, h: float) -> float:
    """Forecast variance over error variance (class 1): 1 + sum of c_j^2, c_j = alpha + beta (phi + ... + phi^j)."""
    j = np.arange(1, int(np.ceil(h - 1e-9)))
    return float(1.0 + np.sum((alpha + beta * _damped_sum(phi, j)) ** 2))


def _deviation(variance: float, h: float) -> float:
    return float(np.sqrt(max(variance, LEAST_DEVIATION**2 * h)))


RIVALS: Mapping[str, Callable[[Case], Normal]] = {
    "random_walk": random_walk,
    "damped_trend": damped_trend,
    "constant_growth": constant_growth,
}
