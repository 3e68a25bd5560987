"""Algorithmic progress against the soft cap; text stock and exhaustion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.engine.declare import NEVER
from stackcast.laws import growth
from stackcast.mechanisms import algorithmic_progress as algorithms
from stackcast.mechanisms import data_stock
from tests.mechanisms.baseline import holding, program, rows


def test_algorithms_follow_the_soft_cap():
    found = rows(holding({"algorithm_doubling": 8.4, "algorithm_ceiling": 6.0}), ("algorithms",), n=256)["algorithms"]
    for quarter in (1, 10, 52):
        unlimited = quarter * 3.0 / 8.4 * math.log10(2.0)
        assert found[quarter - 1, 0] == pytest.approx(growth.soft_cap(unlimited, 6.0), rel=1e-12)


def test_algorithms_stay_below_their_ceiling_and_grow():
    found = rows(program(), ("algorithms", "algorithm_ceiling"))
    assert (found["algorithms"] < found["algorithm_ceiling"]).all()
    assert (np.diff(found["algorithms"], axis=0) > 0.0).all()


def test_a_high_ceiling_leaves_exponential_progress():
    (kept,) = algorithms.prepare_algorithms(8.4, 1e6)
    (step,) = algorithms.improve_algorithms(0.0, 1e6, kept)
    assert step == pytest.approx(3.0 / 8.4 * math.log10(2.0), rel=1e-6)


def use(wanted, stock=1e14, synthetic=0.0, proprietary=0.0, exhausted=NEVER, used=0.0):
    """One quarter without growth of the stock, three repetitions."""
    return data_stock.use_text(
        2027.5, stock, used, exhausted, 1.0, 3.0, proprietary, synthetic, wanted, min(wanted, 3.0 * stock)
    )


def test_text_is_exhausted_in_the_quarter_that_wants_more_than_there_is():
    stock, pool, used, left, date, shortage = use(2.9e14)
    assert (pool, date, shortage) == (stock, NEVER, 0.0)
    assert left == pytest.approx(1e13)
    stock, _, used, left, date, shortage = use(6e14)
    assert date == 2027.5
    assert left == 0.0
    assert used == pytest.approx(3.0 * stock)
    assert shortage == pytest.approx(math.log(2.0))


def test_exhaustion_is_dated_once():
    assert use(6e14, exhausted=2026.25)[4] == 2026.25


def test_synthetic_and_proprietary_text_widen_the_pool():
    assert use(6e14, proprietary=0.2)[1] == pytest.approx(1.2e14)
    assert use(6e14, synthetic=0.5)[1] == pytest.approx(1e14 + 0.5 * 3e14 / 3.0)
    assert use(2e14, synthetic=0.5)[1] == pytest.approx(1e14)


def test_exhaustion_is_the_first_shortage_of_the_same_trajectory():
    found = rows(holding({"text_stock_start": 2e13}), ("exhaustion", "text_shortage"))
    dates = 2023.0 + 0.25 * np.arange(52)[:, None]
    first = np.where(found["text_shortage"] > 0.0, dates, NEVER).min(axis=0)
    np.testing.assert_array_equal(found["exhaustion"][-1], first)
    assert (first < NEVER).any()


def test_less_text_slows_capability_and_raises_data_revenue():
    names = ("capability", "revenue_data", "text_shortage")
    rich = rows(holding({"text_stock_start": 1e17}), names)
    poor = rows(holding({"text_stock_start": 1e13}), names)
    assert rich["text_shortage"].max() == 0.0
    assert (poor["capability"][-1] < rich["capability"][-1]).mean() > 0.9
    first = poor["text_shortage"] > 0.0
    where = first & (np.cumsum(first, axis=0) == 1)
    # In the quarter of exhaustion nothing else differs yet but what labs pay for data.
    assert (poor["revenue_data"][where] > rich["revenue_data"][where]).mean() > 0.9
