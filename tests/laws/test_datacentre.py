"""Annuities, the cost of a gigawatt, training runs and the revenue that pays for them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackcast.laws.datacentre import (
    annual_cost,
    annuity,
    end_revenue_needed,
    training_chip_hours,
    training_run_cost,
)

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=100)


@deterministic
@given(rate=st.floats(0.0, 0.5), years=st.integers(1, 40))
def test_annuity_repays_the_loan(rate, years):
    balance = 1.0
    for _ in range(years):
        balance = balance * (1.0 + rate) - annuity(rate, years)
    assert balance == pytest.approx(0.0, abs=1e-12 * (1.0 + rate) ** years)


@deterministic
@given(rate=st.floats(1e-6, 0.5), years=st.floats(0.5, 40.0), more=st.floats(1.1, 5.0))
def test_annuity_rises_with_interest_and_falls_with_life(rate, years, more):
    assert annuity(rate, years * more) < annuity(rate, years) < annuity(rate * more, years)
    assert annuity(rate, years) > max(rate, 1.0 / years)


def test_annual_cost_is_the_sum_of_its_parts():
    expected = 10.0 * annuity(0.05, 4.0) + 6.0 * annuity(0.05, 20.0) + 0.3
    assert annual_cost(4.0, 10.0, 6.0, 0.3, 0.05, 20.0) == pytest.approx(expected, rel=1e-15)
    assert annual_cost(4.0, it_capital=0.0, facility_capital=0.0, opex=0.3) == pytest.approx(0.3, rel=1e-15)


def test_longer_life_of_servers_never_costs_more():
    costs = [annual_cost(life) for life in (2.0, 3.0, 5.0, 7.0, 10.0)]
    assert costs == sorted(costs, reverse=True)


def test_chip_hours_are_compute_over_speed():
    assert training_chip_hours(3.6e21, 1e15, 1.0) == pytest.approx(1000.0, rel=1e-15)
    assert training_chip_hours(3.6e21, 1e15) == pytest.approx(1000.0 / 0.375, rel=1e-15)


def test_training_run_cost_of_a_worked_example():
    # 1e6 chip-hours of a 30,000 $ chip in servers at 1.6 times its price, half a year old: by hand,
    # 48,000 x 10^-0.07 = 40,854.10 $ now; x 0.14 ln 10 / 8766 = 1.502375 $ an hour; / 0.81 = 1.854783; + 0.1 M$.
    cost = training_run_cost(1e6, 30_000.0, 0.5, 1.6, 1e5)
    assert cost == pytest.approx(1e6 * 48_000.0 * 10**-0.07 * 0.32236191301916 / 8766.0 / 0.81 + 1e5, rel=1e-12)
    assert cost == pytest.approx(1.9547e6, rel=1e-3)


def test_hardware_that_keeps_its_value_costs_only_energy():
    assert training_run_cost(1e6, 3e4, 2.0, 1.6, 5e4, depreciation=0.0) == 5e4


@deterministic
@given(age=st.floats(0.0, 5.0), older=st.floats(0.1, 5.0))
def test_an_older_chip_trains_cheaper(age, older):
    assert training_run_cost(1e6, 3e4, age + older, 1.6, 0.0) < training_run_cost(1e6, 3e4, age, 1.6, 0.0)


def test_ten_to_the_minus_depreciation_is_left_after_a_year():
    new, old = (training_run_cost(1e6, 3e4, age, 1.6, 0.0) for age in (0.0, 1.0))
    assert old / new == pytest.approx(10**-0.14, rel=1e-14)


def test_revenue_needed_is_the_revenue_when_nothing_else_costs():
    assert end_revenue_needed(50.0, 1.0, 0.0) == 50.0


@deterministic
@given(revenue=st.floats(0.0, 1e3), share=st.floats(0.05, 1.0), margin=st.floats(0.0, 0.9))
def test_revenue_needed_pays_for_the_chips(revenue, share, margin):
    paid = end_revenue_needed(revenue, share, margin) * (1.0 - margin) * share
    assert paid == pytest.approx(revenue, rel=1e-14, abs=1e-300)
