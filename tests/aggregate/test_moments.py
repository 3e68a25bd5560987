"""Sums, squares, extremes and counts of every cell against NumPy on the same values."""

import math

import numpy as np
import pytest

from stackcast.engine.counting import LANES, TREE, moments
from tests.aggregate.runs import COUNT, assert_cell, cell, counts, result, twin
from tests.engine.reference import by_year


@pytest.mark.parametrize("lanes", [1, 2, 31, 128, 255, 256])
def test_moments_of_a_row_are_exact_to_a_few_bits(lanes):
    generator = np.random.default_rng(lanes)
    for values in (generator.normal(size=LANES), np.exp(generator.normal(size=LANES) * 20.0), -np.ones(LANES)):
        row, tree = values.copy(), np.full(TREE, math.nan)
        row[lanes:] = math.nan  # lanes that were not asked for
        moments(row, lanes, tree)
        used = values[:lanes]
        # Nine additions deep: at most nine roundings of the sum of sizes.
        assert abs(tree[0, 0] - math.fsum(used)) <= 9 * 2.0**-53 * math.fsum(abs(used))
        assert tree[1, 0] == pytest.approx(math.fsum(used * used), rel=10 * 2.0**-53)
        assert (tree[2, 0], tree[3, 0]) == (used.min(), used.max())


def test_a_column_of_the_sample_has_the_moments_of_its_cell():
    a, sample, columns = result().aggregates, result().sample, result().sample_columns
    checked = 0
    for number, c in enumerate(a.cells):
        name = f"{c.metric}.{c.layer}.{c.period}" if c.layer else f"{c.metric}.{c.period}"
        if name not in columns:
            continue
        values = sample[:, columns.index(name)]
        assert a.total[number] == pytest.approx(math.fsum(values), rel=1e-13, abs=1e-13 * np.abs(values).sum())
        assert a.total_sq[number] == pytest.approx(math.fsum(values**2), rel=1e-13)
        assert (a.minimum[number], a.maximum[number]) == (values.min(), values.max())
        checked += 1
    assert checked == 13 * (6 + 2 + 2 * 8)


def test_the_bins_of_a_column_of_the_sample():
    from stackcast.engine.counting import find_bins

    sample, columns = result().sample, result().sample_columns
    for metric, layer in (("size", ""), ("mood", ""), ("regime", ""), ("share", "apps"), ("gross_profit", "chips")):
        number = cell(metric, "2031", layer)
        scale = result().aggregates.cells[number].scale
        name = f"{metric}.{layer}.2031" if layer else f"{metric}.2031"
        values = np.ascontiguousarray(sample[:, columns.index(name)])
        bins = np.zeros(COUNT, dtype=np.uint16)
        find_bins(values, np.array(scale.coefficients(), dtype=float), bins, COUNT)
        np.testing.assert_array_equal(counts(number), np.bincount(bins, minlength=scale.bins))


def test_every_cell_counts_every_trajectory_once():
    a = result().aggregates
    assert (np.add.reduceat(a.counts, a.offsets[:-1]) == COUNT).all()
    assert a.counts.min() >= 0


@pytest.mark.parametrize("year", [2023, 2030, 2035])
def test_flows_are_summed_over_the_year(year):
    for name in ("size", "excess"):
        assert_cell(name, str(year), by_year(twin()[name])[year - 2023])


@pytest.mark.parametrize("year", [2023, 2030, 2035])
def test_stocks_and_prices_are_taken_at_the_end_of_the_year(year):
    for name in ("mood", "confidence", "norm", "regime"):
        assert_cell(name, str(year), twin()[name][4 * (year - 2023) + 3])


@pytest.mark.parametrize("step", [0, 1, 2, 17, 51])
def test_figures_by_quarter(step):
    period = f"{2023 + step // 4}Q{step % 4 + 1}"
    for name in ("size", "regime"):
        assert_cell(name, period, twin()[name][step])
    assert_cell("gross_profit", period, twin()["gross_profit_chips"][step], "chips")


def test_quarters_are_there_for_the_listed_figures_only():
    cells = result().aggregates.cells
    assert {c.metric for c in cells if "Q" in c.period} == {
        "size",
        "gross_profit",
        "share",
        "loss_ratio",
        "layer_hhi",
        "regime",
    }
    assert sum(c.metric == "size" and "Q" in c.period for c in cells) == 52


def test_events_are_counted_by_quarter_and_never_last():
    dates = twin()["doubled"][-1]
    quarter = np.where(dates < 9000.0, (dates - 2023.0) * 4.0, 52).astype(int)
    np.testing.assert_array_equal(counts(cell("doubled", "event")), np.bincount(quarter, minlength=53))
    assert 0 < (quarter == 52).sum() < COUNT


def test_categories_are_counted_exactly():
    regime = twin()["regime"][31].astype(int)
    np.testing.assert_array_equal(counts(cell("regime", "2030"))[1:4], np.bincount(regime, minlength=3))
