"""Chips, fleet and the largest run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import compute_supply as supply
from stackcast.mechanisms import training
from tests.mechanisms.baseline import program, rows


def ship(orders=100.0, capacity=200.0, power=10.0, kept=1.0, kw=1.0, cancellation=0.1):
    return supply.ship_chips(orders, capacity, power, kept, kw, cancellation)


def test_shipments_are_the_least_of_orders_capacity_and_power():
    assert ship()[0] == 100.0
    assert ship(capacity=60.0)[0] == 60.0
    assert ship(power=1.00004)[0] == pytest.approx(40.0)
    assert ship(power=0.5)[0] == 0.0


def test_what_is_not_shipped_waits_less_cancellations():
    assert ship()[1] == 0.0
    assert ship(capacity=60.0)[1] == pytest.approx(36.0)


def test_scarcity_is_the_log_of_the_shortfall_and_is_clipped():
    assert ship()[2:4] == (0.0, 0.0)
    assert ship(capacity=50.0)[2] == pytest.approx(math.log(2.0))
    assert ship(capacity=1.0)[2] == pytest.approx(1.5)
    assert ship(power=1.00005)[3] == pytest.approx(math.log(2.0))
    assert ship(power=0.5)[3] == pytest.approx(1.5)


def test_power_cap_binds_before_chip_cap():
    scarce = ship(capacity=50.0, power=1.00001)
    assert supply.name_limit(scarce[2], scarce[3], 0.0, 0.0) == (2.0,)
    assert supply.name_limit(0.3, 0.0, 0.0, 0.0) == (1.0,)


def test_limit_is_the_larger_shortage_and_capital_comes_last():
    assert supply.name_limit(0.3, 0.0, 0.5, 1.0) == (4.0,)
    assert supply.name_limit(0.3, 0.0, 0.2, 1.0) == (1.0,)
    assert supply.name_limit(0.0, 0.0, 0.0, 1.0) == (3.0,)
    assert supply.name_limit(0.0, 0.0, 0.0, 0.0) == (0.0,)


def test_scarcity_raises_price_and_margin_a_little():
    calm = supply.price_chips(0.0, 0.0, 0.5, 0.0, 0.07, 0.2, 0.0, 0.0, 4e4)
    tight = supply.price_chips(1.0, 0.4, 0.5, 0.0, 0.07, 0.2, 0.0, 0.0, 4e4)
    assert calm == (0.0, -0.07, pytest.approx(4e4 * math.exp(-0.07)))
    assert tight[0] == pytest.approx(1.2)
    assert tight[1] == pytest.approx(-0.07 + 0.05 * 1.2)
    assert supply.set_chip_margin(2025.0, 0.72, 0.5, 0.1, 0.05, 1.2)[1] == pytest.approx(0.78)


def test_margin_drifts_only_after_2025():
    assert supply.set_chip_margin(2025.75, 0.72, 0.5, 0.1, 0.0, 0.0)[0] == 0.72
    assert supply.set_chip_margin(2026.0, 0.72, 0.5, 0.1, 0.0, 0.0)[0] == pytest.approx(0.698)


def test_capacity_answers_scarcity_within_its_limit():
    grow = lambda year, scarcity: supply.grow_capacity(  # noqa: E731
        year, scarcity, 0.4, 0.2, 0.1, 100.0, 100.0, 1e9, 0.05, 0.06, 0.1
    )
    assert grow(2024.0, 0.0)[0] == pytest.approx(105.0)
    assert grow(2024.0, 0.25)[0] == pytest.approx(115.0)
    assert grow(2024.0, 9.0)[0] == pytest.approx(125.0)
    assert grow(2027.0, 9.0)[:2] == (pytest.approx(115.0), pytest.approx(116.0))
    assert grow(2024.0, 0.0)[3] == pytest.approx(105.0)


def test_fleet_dies_out_with_the_mean_life():
    """All units in the first stage: mean time to retirement is the life, and all retire."""
    stages = [1.0, 0.0, 0.0, 0.0]
    life, age, left = 5.0, 0.0, 0.0
    for quarter in range(2000):
        retired = stages[3] / life
        left += retired
        age += retired * (quarter + 1) / 4.0
        stages = list(supply.age_fleet(*stages, life, 0.0)[:4])
    assert left == pytest.approx(1.0)
    assert age == pytest.approx(life, rel=1e-6)


def test_fleet_balance_and_limits_hold_on_every_trajectory():
    names = (
        "fleet_h100e",
        "shipments",
        "fleet_4",
        "hardware_life",
        "chip_capacity",
        "orders",
        "power_used",
        "power_gw",
    )
    found = rows(program(), names)
    retired = found["fleet_4"][:-1] / found["hardware_life"][1:]
    np.testing.assert_allclose(
        found["fleet_h100e"][1:], found["fleet_h100e"][:-1] + found["shipments"][1:] - retired, rtol=1e-12
    )
    assert (found["shipments"] <= found["chip_capacity"] * (1 + 1e-12)).all()
    assert (found["shipments"] <= found["orders"] * (1 + 1e-12)).all()


def test_starting_fleet_adds_up():
    stages = supply.prepare_fleet(3e5, 5.0, 0.05)[:4]
    assert sum(stages) == pytest.approx(3e5)
    assert list(stages) == sorted(stages, reverse=True)


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
