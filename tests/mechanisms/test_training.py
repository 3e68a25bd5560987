"""The largest run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import training


def run(planned=1e26, budget=1.0, bid=4.0, own=10.0, rental=2.0, wall=1e40, frontier=2.1e25):
    return training.train_run(planned, budget, bid, own, rental, wall, frontier)


def test_the_largest_run_is_the_planned_one_when_money_allows():
    frontier, logarithm, cost = run()
    assert frontier == pytest.approx(1e26)
    assert logarithm == pytest.approx(math.log(1e26))
    assert cost == pytest.approx(1e26 / (989e12 * 0.4 * 3600.0) * 2.0 / 1e9)


def test_dearer_compute_never_enlarges_the_run():
    sizes = [run(planned=1e30, rental=price)[0] for price in (0.5, 1.0, 2.0, 8.0)]
    assert all(np.diff(sizes) < 0.0)


def test_run_costs_at_most_its_budget():
    assert run(planned=1e30, budget=0.2)[2] == pytest.approx(0.2 * 14.0)


def test_frontier_never_shrinks_and_stays_below_the_wall():
    assert run(planned=1e20)[0] == 2.1e25
    assert run(planned=1e29, budget=1e9, wall=1e27)[0] < 1e27


def test_gpt4_is_within_what_the_start_allows():
    """2 % of the fleet of early 2023 for 91 days is about the compute of GPT-4."""
    (intercept,) = training.prepare_run(0.024, 0.9, 0.29e6)
    (planned,) = training.plan_run(2023.0, 0.29e6, intercept, 0.9, 0.1, 0.1, 0.0)
    assert planned == pytest.approx(2.1e25, rel=0.05)
