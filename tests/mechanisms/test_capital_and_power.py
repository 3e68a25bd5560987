"""Capital spending and powered sites: fixed points, signs, limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import capital, power_supply
from tests.mechanisms.baseline import holding, program, rows, significant


def wish(revenue=100.0, user_cost=0.3, plant=200.0, budget=10.0, spent=10.0):
    return capital.desire_plant(revenue, user_cost, plant, 5.0, 6.0, budget, spent, 1.3, 0.5, 0.0, 0.0)


def test_plant_that_revenue_pays_is_only_replaced():
    base, wanted = wish(revenue=60.0, user_cost=0.3, plant=200.0)
    assert base == 10.0
    assert wanted == pytest.approx(200.0 / 20.0)


def test_dearer_capital_never_adds_plant():
    wants = [wish(user_cost=cost)[1] for cost in (0.1, 0.2, 0.3, 0.5, 1.0)]
    assert all(np.diff(wants) <= 0.0)


def test_budget_that_could_not_be_spent_lapses():
    assert wish(budget=20.0, spent=10.0)[0] == pytest.approx(13.0)
    assert wish(budget=20.0, spent=1.0)[0] == pytest.approx(10.0)


def test_spending_is_never_less_than_a_part_of_last_quarter():
    assert wish(revenue=0.0, plant=200.0, budget=10.0)[1] == pytest.approx(0.8)


def test_a_tenth_of_what_wears_out_is_always_spent():
    assert wish(budget=1e-9, spent=1e-9)[0] == pytest.approx(0.1 * 200.0 / 20.0)


def test_budget_settles_at_a_constant_wish():
    budget, growth = 10.0, 0.3
    for _ in range(200):
        _, growth, budget = capital.set_budget(budget, 25.0, growth, 0.5, 0.5, 0.0, 0.0)
    assert budget == pytest.approx(25.0, rel=1e-6)


def test_gap_is_clipped():
    assert capital.set_budget(1.0, 1e9, 0.0, 0.5, 0.5, 0.0, 0.0)[0] == 1.5
    assert capital.set_budget(1.0, 1e-9, 0.0, 0.5, 0.5, 0.0, 0.0)[0] == -1.5


def test_optimism_fades_to_free_entry_after_2025():
    user_cost, long_run = capital.prepare_capital(5.0, 0.07, 0.04, 0.25)
    kept, _, _, _ = capital.prepare_fading(8.0, 6.0, 16.0, 5.0)
    assert user_cost == pytest.approx(0.31)
    assert long_run == pytest.approx(0.8)
    optimism = 1.5
    for quarter in range(8):
        _, _, optimism = capital.expect_growth(2026.0 + quarter / 4, 1.0, 0.0, 0.0, 0.3, optimism, long_run, kept)
    assert optimism == pytest.approx(0.8 + 0.7 / 2)
    assert capital.expect_growth(2025.75, 1.0, 0.0, 0.0, 0.3, 1.5, long_run, kept)[2] == 1.5


def test_expected_growth_is_clipped_both_when_seen_and_when_used():
    seen = capital.expect_growth(2025.0, 1e6, 0.0, 0.0, 1.0, 1.2, 0.8, 0.9)[1]
    assert seen == 0.5
    revenue, _ = capital.expect_revenue(10.0, seen, 4.0, 1.0, 0.0, 0.8)
    assert revenue == pytest.approx(40.0 * math.exp(4.0 * 0.30))


def test_own_use_saturates_at_a_share_of_the_owners_revenue():
    own, parents = 1.0, 140.0
    for _ in range(400):
        parents, own = capital.plan_own_use(own, parents, 0.0, 0.1, 0.25)
    assert own == pytest.approx(14.0)


def test_funding_is_a_power_of_revenue_and_falls_where_plant_is_ahead_of_it():
    fund = lambda year, gap: capital.fund_labs(year, 5.0, 11.7, 0.6, 0.5, gap, 1.0, 0.9, 0.5, 0.0)[1]  # noqa: E731
    calm = fund(2025.75, 0.3)
    assert calm == pytest.approx(0.25 * 11.7 * 20.0**0.6)
    assert fund(2025.75, -1.0) == pytest.approx(calm * math.exp(-0.5))
    assert fund(2026.0, 0.3) == pytest.approx(0.9 * calm)


def test_dearer_power_never_adds_compute():
    cheap = rows(holding({"cloud_operations_rate": 0.05}), ("fleet_h100e",))["fleet_h100e"]
    dear = rows(holding({"cloud_operations_rate": 0.12}), ("fleet_h100e",))["fleet_h100e"]
    for quarter in (7, 15, 31):
        assert significant(cheap[quarter] - dear[quarter])
        assert cheap[quarter].mean() > dear[quarter].mean()


def build(year=2024.0, power=10.0, rate=1.0, news=0.0, scarcity=0.0, wanted=1e3, growth=0.02):
    return power_supply.build_power(year, power, rate, news, scarcity, wanted, 1.5, 0.2, 0.125, growth, 0.1, 0.05)


def test_build_rate_reaches_its_level_at_the_end_of_2025():
    ramp, _ = power_supply.prepare_power(0.4, 7.0, 2.0)
    rate = 0.4
    for quarter in range(12):
        rate = power_supply.build_power(2023.0 + quarter / 4, 1.0, rate, 0.0, 0.0, 9.0, 1.5, ramp, 0.1, 0.0, 0.1, 0.1)[
            1
        ]
    assert rate == pytest.approx(7.0)


def test_sites_are_not_built_further_ahead_than_wanted():
    assert build(wanted=5.0)[0] == 10.0
    assert build(wanted=7.0)[0] == pytest.approx(10.5)
    assert build(wanted=100.0)[0] == pytest.approx(11.2)


def test_scarcity_speeds_building_up_to_its_limit():
    calm, tight, worst = (build(year=2027.0, news=news, scarcity=news)[1] for news in (0.0, 0.3, 10.0))
    assert calm == pytest.approx(1.02)
    assert tight == pytest.approx(1.05)
    assert worst == pytest.approx(1.07)


def test_without_new_sites_the_fleet_is_powered_by_efficiency_alone():
    """Sites that grow by nothing: what the fleet draws stays within them once it fits, and power binds."""
    held = holding({"power_build_start": 1e-9, "power_build_2026": 1e-9, "power_growth": 0.0, "power_response": 0.0})
    found = rows(held, ("power_used", "power_gw", "binding_constraint"))
    assert (np.ptp(found["power_gw"], axis=0) < 1e-6).all()
    fits = np.logical_or.accumulate(found["power_used"] <= found["power_gw"], axis=0)
    assert (found["power_used"] <= found["power_gw"] + 1e-6)[fits].all()
    assert fits[-1].mean() > 0.99
    assert (found["binding_constraint"][12:24] == 2.0).mean() > 0.9


def test_scarce_power_lowers_shipments_and_raises_the_rent():
    names = ("fleet_h100e", "rental_price")
    plenty, scarce = rows(program(), names), rows(holding({"power_build_start": 0.05, "power_build_2026": 0.2}), names)
    assert (scarce["fleet_h100e"][31] <= plenty["fleet_h100e"][31] * (1 + 1e-9)).mean() > 0.95
    assert significant(np.log(scarce["rental_price"][31] / plenty["rental_price"][31]))
    assert scarce["rental_price"][31].mean() > plenty["rental_price"][31].mean()
