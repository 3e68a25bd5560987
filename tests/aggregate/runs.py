"""One run of the toy with every trajectory in the sample, and its rows by quarter from the NumPy twin."""

from __future__ import annotations

import functools

import numpy as np

from stackcast.engine.driver import SimulationResult, simulate
from tests.engine import reference, toy

COUNT, SEED = 1000, 31  # three whole blocks and one of 232
QUARTERLY = ("size", "gross_profit", "share", "loss_ratio", "layer_hhi", "regime")


@functools.cache
def result() -> SimulationResult:
    """The toy with several figures by quarter."""
    return simulate(toy.program(quarterly=QUARTERLY), COUNT, SEED, sample=COUNT)


@functools.cache
def twin() -> dict[str, np.ndarray]:
    """Every row by (quarter, trajectory)."""
    return reference.simulate(SEED, COUNT)


def cell(metric: str, period: str, layer: str = "") -> int:
    """Number of a cell."""
    [found] = [
        k for k, c in enumerate(result().aggregates.cells) if (c.metric, c.layer, c.period) == (metric, layer, period)
    ]
    return found


def counts(number: int) -> np.ndarray:
    """Bins of a cell."""
    a = result().aggregates
    return a.counts[a.offsets[number] : a.offsets[number + 1]]


def assert_cell(metric: str, period: str, values: np.ndarray, layer: str = "") -> None:
    """Moments, extremes and counts of a cell against the values of all trajectories."""
    number, a = cell(metric, period, layer), result().aggregates
    scale = a.cells[number].scale
    label = f"{metric} {layer} {period}"
    size = np.abs(values).sum()
    np.testing.assert_allclose(a.total[number], values.sum(), atol=1e-9 * size, rtol=1e-9, err_msg=label)
    np.testing.assert_allclose(a.total_sq[number], (values**2).sum(), rtol=1e-8, atol=1e-12, err_msg=label)
    np.testing.assert_allclose(a.minimum[number], values.min(), rtol=1e-8, atol=1e-10, err_msg=label)
    np.testing.assert_allclose(a.maximum[number], values.max(), rtol=1e-8, atol=1e-10, err_msg=label)
    inner = scale.edges()[1:-1]
    # The twin differs in the last bits: values within 1e-8 of an edge may be counted on either side.
    low = np.searchsorted(np.sort(values + 1e-8 * (1.0 + np.abs(values))), inner)
    high = np.searchsorted(np.sort(values - 1e-8 * (1.0 + np.abs(values))), inner)
    below = np.cumsum(counts(number))[:-1]
    assert (low <= below).all(), label
    assert (below <= high).all(), label
