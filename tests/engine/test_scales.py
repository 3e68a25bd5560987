"""Bins: the edges a scale states are those the compiled core counts by."""

import math

import numpy as np
import pytest

from stackcast.engine.counting import find_bins
from stackcast.engine.scales import CATEGORY, MONEY, POSITIVE, RATIO, SCALES, SHARE, event_scale

ALL = {**SCALES, "event": event_scale(52)}


def bins_of(scale, values):
    x = np.ascontiguousarray(values, dtype=float)
    found = np.zeros(len(x), dtype=np.uint16)
    find_bins(x, np.array(scale.coefficients(), dtype=float), found, len(x))
    return found.astype(int)


def by_edges(scale, values):
    return np.clip(np.searchsorted(scale.edges(), values, side="right") - 1, 0, scale.bins - 1)


def wide(scale):
    generator = np.random.default_rng(2)
    edges = scale.edges()[1:-1]
    size = np.exp(generator.uniform(-30.0, 40.0, 50_000))
    near = generator.choice(edges, 50_000) * (1.0 + generator.uniform(-0.02, 0.02, 50_000))
    flat = generator.uniform(edges[0], min(edges[-1], 10.0), 50_000)
    return np.concatenate([size, -size, near, flat, [0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308]])


@pytest.mark.parametrize("kind", ALL)
def test_every_value_falls_between_the_edges_of_its_bin(kind):
    scale = ALL[kind]
    x = wide(scale)
    found, expected = bins_of(scale, x), by_edges(scale, x)
    different = found != expected
    # On an edge the last bit of a position decides (of thousands of bins): only there, and by one bin.
    edges = scale.edges()[1:-1]
    distance = np.abs(x[different, None] - edges).min(axis=1)
    assert (distance <= 1e-14 * np.abs(x[different]) + 1e-12 * scale.width).all()
    assert (np.abs(found - expected) <= 1).all()


@pytest.mark.parametrize("kind", ALL)
def test_values_just_inside_both_edges_of_every_bin(kind):
    scale = ALL[kind]
    edges = scale.edges()
    low, high = edges[1:-2], edges[2:-1]
    inside = np.arange(1, scale.bins - 1)
    for part in (1e-9, 0.5, 1.0 - 1e-9):
        assert (bins_of(scale, low + part * (high - low)) == inside).all()


@pytest.mark.parametrize("kind", ALL)
def test_edges_rise_and_the_outermost_are_open(kind):
    edges = ALL[kind].edges()
    assert len(edges) == ALL[kind].bins + 1
    assert (np.diff(edges) > 0.0).all()
    assert (edges[0], edges[-1]) == (-math.inf, math.inf)


@pytest.mark.parametrize("kind", ALL)
def test_what_is_not_finite_stays_inside_the_table(kind):
    # The guard ends the run; until then no count may be written elsewhere.
    scale = ALL[kind]
    assert bins_of(scale, [math.nan, -math.nan, -math.inf, math.inf]).tolist() == [0, 0, 0, scale.bins - 1]


@pytest.mark.parametrize("kind", ALL)
def test_a_bin_has_a_number_of_16_bits(kind):
    assert ALL[kind].bins < 2**16


@pytest.mark.parametrize("kind", ["money", "ratio", "positive", "share"])
def test_zero_is_an_edge(kind):
    scale = ALL[kind]
    assert scale.edges()[scale.below] == 0.0
    assert bins_of(scale, [0.0, -0.0]).tolist() == [scale.below] * 2
    assert bins_of(scale, [-1e-12]).tolist() == [scale.below - 1]


def test_money_is_fine_enough():
    # Half a percent above ten million dollars, fifty thousand dollars below.
    edges = MONEY.edges()[1:-1]
    low, high = edges[:-1], edges[1:]
    above = low >= 0.01
    assert ((high - low)[above] / low[above]).max() <= 0.005 * (1.0 + 1e-12)
    assert (high - low)[(low >= 0.0) & ~above].max() <= 5e-5 * (1.0 + 1e-12)
    assert edges[-1] >= 1e5 * 0.99
    np.testing.assert_array_equal(edges, -edges[::-1])


@pytest.mark.parametrize(("scale", "low", "high"), [(SHARE, 0.0, 1.0), (RATIO, -2.0, 2.0)])
def test_shares_and_margins_are_fine_enough(scale, low, high):
    edges = scale.edges()[1:-1]
    inside = edges[(edges >= low) & (edges <= high)]
    assert (inside[0], inside[-1]) == (low, high)
    assert np.diff(inside).max() <= 0.001


def test_positive_figures_span_many_orders():
    edges = POSITIVE.edges()[1:-1]
    assert edges[1] < 1e-8
    assert edges[-1] > 9e35
    low, high = edges[1:-1], edges[2:]
    assert ((high - low) / low).max() <= 0.01 * (1.0 + 1e-12)


def test_categories_and_quarters_are_exact():
    assert bins_of(CATEGORY, np.arange(16.0)).tolist() == list(range(1, 17))
    assert bins_of(event_scale(52), [0.0, 1.0, 51.0, 52.0, 9999.0]).tolist() == [0, 1, 51, 52, 52]
