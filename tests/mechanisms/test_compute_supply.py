"""Orders, limits and shocks; the fleet and the power that its vintages draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.engine.declare import NEVER
from stackcast.mechanisms import compute_supply as supply
from tests.mechanisms.baseline import holding, program, rows, significant


def ship(orders=100.0, capacity=200.0, power=10.0, kept=1.0, kw=1.0, cancellation=0.1):
    return supply.ship_chips(orders, capacity, power, kept, kw, cancellation)


def grow(year=2024.0, scarcity=0.0, loss=0.0):
    return supply.grow_capacity(year, scarcity, 0.4, 0.2, 0.1, 100.0, 100.0, 1e9, 0.05, 0.06, 0.1, loss)


def test_shipments_are_the_least_of_orders_capacity_and_power():
    assert ship()[0] == 100.0
    assert ship(capacity=60.0)[0] == 60.0
    assert ship(power=1.00004)[0] == pytest.approx(40.0)
    assert ship(power=0.5)[0] == 0.0
    assert ship(power=1.00004, kw=2.0)[0] == pytest.approx(20.0)


def test_what_is_not_shipped_waits_less_cancellations():
    assert ship()[1] == 0.0
    assert ship(capacity=60.0)[1] == pytest.approx(36.0)


def test_scarcity_is_the_log_of_the_shortfall_and_is_clipped():
    assert ship()[2:4] == (0.0, 0.0)
    assert ship(capacity=50.0)[2] == pytest.approx(math.log(2.0))
    assert ship(capacity=1.0)[2] == pytest.approx(1.5)
    assert ship(power=1.00005)[3] == pytest.approx(math.log(2.0))
    assert ship(power=0.5)[3] == pytest.approx(1.5)


def test_power_is_wanted_for_all_units_made():
    assert ship(power=0.5)[4] == pytest.approx(1.0 + 100.0 / 1e6)
    assert ship(capacity=60.0, kw=2.0)[4] == pytest.approx(1.0 + 120.0 / 1e6)


def test_capacity_answers_scarcity_within_its_limit():
    assert grow()[0] == pytest.approx(105.0)
    assert grow(scarcity=0.25)[0] == pytest.approx(115.0)
    assert grow(scarcity=9.0)[0] == pytest.approx(125.0)
    assert grow(2027.0, 9.0)[:2] == (pytest.approx(115.0), pytest.approx(116.0))
    assert grow()[3] == pytest.approx(105.0)


@pytest.mark.parametrize(("packaging", "memory", "logic"), [(1.0, 2.0, 3.0), (3.0, 1.0, 2.0), (2.0, 3.0, 1.0)])
def test_chips_are_made_as_the_scarcest_input_allows(packaging, memory, logic):
    grown = supply.grow_capacity(2024.0, 0.0, 0.4, 0.2, 0.1, packaging, memory, logic, 0.05, 0.06, 0.1, 0.0)
    assert grown[:3] == pytest.approx((packaging * 1.05, memory * 1.06, logic * 1.1))
    assert grown[3] == min(grown[:3])


def test_orders_are_what_the_budget_buys_and_what_waits():
    orders, kept, unit = supply.place_orders(30.0, 0.6, 2e4, 1e5, 5.0, 2.0, 4.0, 2.0, 0.95)
    assert orders == pytest.approx(0.6 * 30e9 / 2e4 + 1e5)
    assert (kept, unit) == (pytest.approx(4.5), pytest.approx(1.9))


def test_a_shock_takes_capacity_and_leaves_what_is_built():
    assert grow(loss=0.3)[:3] == grow()[:3]
    assert grow(loss=0.3)[3] == pytest.approx(0.7 * 105.0)


def shock(draw=0.9, loss=0.0, last=NEVER, year=2027.0, halflife=3.0):
    chance, kept = supply.prepare_shocks(0.01, halflife)
    return supply.shock_supply(year, draw, chance, 0.4, kept, loss, last)


def test_a_shock_heals_by_its_half_life():
    assert shock(draw=0.00994)[0] == 0.4
    assert shock(draw=0.00996)[0] == 0.0
    loss, date = shock(draw=0.0)
    assert (loss, date) == (0.4, 2027.0)
    for _ in range(6):
        loss, date = shock(loss=loss, last=date, year=2028.0)
    assert loss == pytest.approx(0.4 / 4.0)
    assert date == 2027.0


def test_a_second_shock_does_not_add_to_the_first():
    assert shock(draw=0.0, loss=0.3)[0] == 0.4
    assert shock(draw=0.0, loss=0.8)[0] == pytest.approx(0.8 * 2.0 ** (-1.0 / 3.0))


def test_shocks_come_as_often_as_their_hazard_says():
    found = rows(holding({"supply_shock_hazard": 0.01}), ("supply_shock",), n=4096)["supply_shock"][-1]
    expected = 1.0 - math.exp(-0.01 * 52)
    # Five standard errors, at a fixed seed.
    assert abs((found < NEVER).mean() - expected) < 5.0 * math.sqrt(expected * (1.0 - expected) / 4096)
    assert not (rows(holding({"supply_shock_hazard": 0.0}), ("supply_loss",))["supply_loss"]).any()


def test_shocks_shrink_the_fleet_and_make_chips_scarce():
    calm, hit = (rows(holding({"supply_shock_hazard": h}), ("fleet_h100e", "chip_scarcity")) for h in (0.0, 0.1))
    assert significant(calm["fleet_h100e"][15] - hit["fleet_h100e"][15])
    assert np.median(calm["fleet_h100e"][15]) > np.median(hit["fleet_h100e"][15])
    assert hit["chip_scarcity"][3].mean() > calm["chip_scarcity"][3].mean()


def test_power_cap_binds_before_chip_cap():
    scarce = ship(capacity=50.0, power=1.00001)
    assert supply.name_limit(scarce[2], scarce[3], 0.0, 0.0) == (2.0,)
    assert supply.name_limit(0.3, 0.0, 0.0, 0.0) == (1.0,)


def test_limit_is_the_larger_shortage_and_capital_comes_last():
    assert supply.name_limit(0.3, 0.0, 0.5, 1.0) == (4.0,)
    assert supply.name_limit(0.3, 0.0, 0.2, 1.0) == (1.0,)
    assert supply.name_limit(0.0, 0.0, 0.0, 1.0) == (3.0,)
    assert supply.name_limit(0.0, 0.0, 0.3, 0.0) == (4.0,)
    assert supply.name_limit(0.0, 0.0, 0.0, 0.0) == (0.0,)


def test_a_shortage_binds_from_a_twentieth():
    assert [supply.name_limit(size, 0.0, 0.0, 0.0)[0] for size in (0.05, 0.051)] == [0.0, 1.0]
    assert [supply.name_limit(0.05, 0.0, 0.0, size)[0] for size in (0.05, 0.051)] == [0.0, 3.0]


def breaks(kinds, growth=0.05):
    """The date of a break of the buildout, for what binds each quarter from 2027."""
    quarters, date = 0.0, NEVER
    for step, kind in enumerate(kinds):
        quarters, date = supply.date_break(2027.0 + step / 4, kind, 3.0 * math.exp(growth), 3.0, quarters, date)
    return date


def test_a_year_of_chips_or_power_binding_a_slow_fleet_is_a_break():
    assert breaks([1.0, 2.0, 2.0, 1.0]) == 2027.75
    assert breaks([1.0, 2.0, 2.0, 1.0, 0.0, 0.0]) == 2027.75
    assert breaks([1.0, 2.0, 3.0, 1.0, 1.0, 2.0]) == NEVER
    assert breaks([1.0, 2.0, 4.0, 1.0, 1.0, 2.0, 2.0]) == 2028.5
    assert breaks([1.0] * 8, growth=0.1001) == NEVER
    assert breaks([1.0] * 8, growth=0.0999) == 2027.75
    assert breaks([0.0] * 8) == NEVER
    assert supply.date_break(2027.0, 2.0, 1.0, 1.0, 1.0, NEVER) == (2.0, NEVER)
    assert supply.date_break(2027.0, 3.0, 1.0, 1.0, 3.0, NEVER) == (0.0, NEVER)


def test_a_break_is_dated_once_and_only_after_slow_quarters():
    found = rows(program(), ("hardware_break", "fleet_h100e", "binding_constraint"), n=1024)
    dates, fleet, kinds = found["hardware_break"], found["fleet_h100e"], found["binding_constraint"]
    assert (np.diff(dates, axis=0) <= 0.0).all()
    slow = np.log(fleet[1:] / fleet[:-1]) < 0.1
    bound = ((kinds == 1.0) | (kinds == 2.0))[1:] & slow
    year = bound[:-3] & bound[1:-2] & bound[2:-1] & bound[3:]
    first = np.where(year.any(axis=0), 2024.0 + year.argmax(axis=0) / 4, NEVER)
    # A fleet seldom grows slowly in 2023, whose first quarter this count leaves out.
    assert (dates[-1] == first).mean() > 0.99
    assert 0.02 < (dates[-1] < NEVER).mean() < 0.98


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


def test_power_is_that_of_the_fleet_where_units_do_not_change():
    """A constant kW per unit: the chain of power is the chain of units times it."""
    units, power, life, kw = [3e5, 2e5, 1e5, 5e4], [0.45, 0.3, 0.15, 0.075], 5.0, 1.5
    for shipped in (1e5, 0.0, 3e5, 7e5):
        *units, fleet = supply.age_fleet(*units, life, shipped)
        *power, used = supply.age_power(*power, life, shipped, kw)
        np.testing.assert_allclose(np.array(units) * kw / 1e6, power, rtol=1e-14)
        assert used == pytest.approx(fleet * kw / 1e6, rel=1e-14)


def test_a_vintage_keeps_the_power_it_was_built_with():
    found = rows(holding({"kw_decline": 0.0, "kw_new_start": 2.0}), ("power_used", "fleet_h100e"), n=256)
    np.testing.assert_allclose(found["power_used"], 2.0 * found["fleet_h100e"] / 1e6, rtol=1e-12)
    better = rows(holding({"kw_decline": 0.1, "kw_new_start": 2.0}), ("power_used", "fleet_h100e", "kw_new"), n=256)
    per_unit = better["power_used"] * 1e6 / better["fleet_h100e"]
    assert (per_unit[1:] > better["kw_new"][1:]).all()
    assert (np.diff(per_unit, axis=0) < 0.0).all()


def test_fleet_and_power_balances_hold_on_every_trajectory():
    names = "fleet_h100e shipments fleet_4 hardware_life chip_capacity orders power_used power_4 power_kept kw_new"
    found = rows(program(), [*names.split(), "sales_factor"])
    life = found["hardware_life"][1:]
    for stock, last_stage, added in (
        ("fleet_h100e", "fleet_4", found["shipments"]),
        ("power_used", "power_4", found["shipments"] * found["kw_new"] / 1e6),
    ):
        kept = found[stock][:-1] - found[last_stage][:-1] / life
        np.testing.assert_allclose(found[stock][1:], kept + added[1:], rtol=1e-12)
    np.testing.assert_allclose(found["power_kept"][1:], found["power_used"][:-1] - found["power_4"][:-1] / life)
    more = np.maximum(found["sales_factor"], 1.0) * (1 + 1e-12)
    assert (found["shipments"] <= found["chip_capacity"] * more).all()
    assert (found["shipments"] <= found["orders"] * more).all()


def test_starting_fleet_and_its_power_add_up():
    stages = supply.prepare_fleet(3e5, 5.0, 0.05)[:4]
    assert sum(stages) == pytest.approx(3e5)
    # Shipments that grew by 0.15 of the stages' age: each stage is so much smaller than the one before.
    np.testing.assert_allclose(np.divide(stages[1:], stages[:-1]), 1.0 / 1.75)
    *power, whole = supply.prepare_power_use(3e5, *stages, 2.0)
    assert sum(power) == pytest.approx(whole) == pytest.approx(0.6)


def test_without_new_power_the_fleet_is_only_replaced_and_compute_gets_dearer():
    """No site is added and kW per unit stays: what is shipped replaces what retires, and rent rises."""
    held = {"power_build_start": 1e-9, "power_build_2026": 1e-9, "power_growth": 0.0, "power_response": 0.0}
    units = {"kw_decline": 0.0, "sales_noise": 0.0}
    names = ("fleet_h100e", "rental_price", "shipments", "power_gw", "kw_new")
    flat, free = rows(holding(held | units), names), rows(holding(units), names)
    room = flat["power_gw"] * 1e6 / flat["kw_new"]
    assert (flat["fleet_h100e"][1:] <= np.maximum(room[1:], flat["fleet_h100e"][:-1]) * (1.0 + 1e-12)).all()
    later = flat["fleet_h100e"][19:32]
    assert np.quantile(np.ptp(later, axis=0) / later[0], 0.9) < 1e-6
    assert (flat["shipments"][19:32] > 0.0).mean() > 0.99
    assert significant(np.log(flat["rental_price"][31] / free["rental_price"][31]))
    assert np.median(flat["rental_price"][31]) > np.median(free["rental_price"][31])
