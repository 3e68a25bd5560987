"""Busts in capital spending: how likely, how deep, how long."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.engine.declare import NEVER
from stackcast.mechanisms import capital
from tests.mechanisms.baseline import holding, program, rows, significant

TOLERATED = {"bust_overhang": 1e9}
CERTAIN = 1.0 - 1e-12


def draw(year=2027.0, draw=0.5, base=0.02, overhang=1.0, sensitivity=1.0, state=0.0, date=NEVER, start=2026.0):
    return capital.draw_bust(year, draw, start, base, 0.8, 2.0, sensitivity, overhang, state, date)


@pytest.mark.parametrize(
    ("overhang", "sensitivity", "state", "hazard"),
    [
        (0.5, 1.0, 0.0, 0.02),
        (2.0, 1.0, 0.0, 0.02),
        (2.0 * math.e, 1.0, 0.0, 0.02 * math.e),
        (2.0 * math.e, 0.0, 0.0, 0.02),
        (2.0 * math.e, 2.0, 0.25, 0.02 * math.e**2 * 0.75),
        (1e9, 2.0, 0.0, 0.02 * math.e**3),
    ],
)
def test_hazard_grows_with_overhang_beyond_what_is_tolerated(overhang, sensitivity, state, hazard):
    chance = 1.0 - math.exp(-hazard)
    rest = {"overhang": overhang, "sensitivity": sensitivity, "state": state}
    assert draw(draw=chance * (1.0 - 1e-9), **rest) == (1.0, 1.0, 2027.0)
    assert draw(draw=chance * (1.0 + 1e-9), **rest) == (0.0, pytest.approx(0.8 * state), NEVER)


def test_no_bust_before_its_date():
    assert draw(year=2025.75, draw=0.0) == (0.0, 0.0, NEVER)
    assert draw(year=2026.0, draw=0.0)[2] == 2026.0


def test_a_bust_fades_and_only_the_first_is_dated():
    assert draw(draw=0.99, state=0.5, date=2026.25) == (0.0, pytest.approx(0.4), 2026.25)
    assert draw(year=2030.0, draw=0.0, state=0.5, date=2026.25) == (1.0, 1.0, 2026.25)


def test_half_of_a_bust_is_over_after_its_half_life():
    kept = capital.prepare_fading(8.0, 6.0, 16.0, 5.0)[3]
    state = 1.0
    for _ in range(5):
        state = capital.draw_bust(2027.0, 0.99, 2026.0, 0.02, kept, 2.0, 1.0, 1.0, state, 2026.75)[1]
    assert state == pytest.approx(0.5)


@pytest.mark.parametrize("probability", [0.1, 0.45])
def test_sixteen_quarters_at_the_base_hazard_have_the_probability(probability):
    (base,) = capital.prepare_bust(probability)
    assert 1.0 - math.exp(-16.0 * base) == pytest.approx(probability)


@pytest.mark.parametrize("probability", [0.1, 0.4])
def test_busts_of_2026_to_2029_are_as_frequent_as_drawn(probability):
    found = rows(holding({"bust_probability": probability} | TOLERATED), ("capital_bust",), n=4096)["capital_bust"]
    assert (found[:12] == NEVER).all()
    frequency = (found[-1] < 2030.0).mean()
    # Five standard errors: a correct model fails once in two million seeds; the seed is fixed.
    assert abs(frequency - probability) < 5.0 * math.sqrt(probability * (1.0 - probability) / 4096)


def test_overhang_brings_busts_forward():
    names = ("capital_bust", "overhang")
    calm = rows(holding({"bust_sensitivity": 0.0, "bust_overhang": 0.5}), names)
    tense = rows(holding({"bust_sensitivity": 1.5, "bust_overhang": 0.5}), names)
    assert (calm["overhang"][11] > 0.5).mean() > 0.9
    assert (tense["capital_bust"][-1] <= calm["capital_bust"][-1]).mean() > 0.99
    assert (tense["capital_bust"][-1] < calm["capital_bust"][-1]).mean() > 0.1


def test_a_bust_without_depth_changes_nothing():
    names = ("capital_budget", "lab_funding", "fleet_h100e", "gross_profit_chips")
    held = {"bust_depth": 0.0, "bust_funding": 0.0}
    none, many = (rows(holding(held | {"bust_probability": p} | TOLERATED), names, n=256) for p in (0.0, CERTAIN))
    for name in names:
        np.testing.assert_array_equal(none[name], many[name])


def test_a_bust_cuts_budget_and_wish_by_its_depth():
    calm = capital.desire_plant(100.0, 0.3, 200.0, 5.0, 6.0, 10.0, 10.0, 1.3, 0.4, 0.0, 0.0)
    hit = capital.desire_plant(100.0, 0.3, 200.0, 5.0, 6.0, 10.0, 10.0, 1.3, 0.4, 1.0, 1.0)
    later = capital.desire_plant(100.0, 0.3, 200.0, 5.0, 6.0, 10.0, 10.0, 1.3, 0.4, 0.0, 0.5)
    assert hit == (pytest.approx(0.6 * calm[0]), pytest.approx(0.6 * calm[1]))
    assert later == (calm[0], pytest.approx(0.8 * calm[1]))


def test_a_tenth_of_what_wears_out_is_spent_even_in_a_bust_that_cuts_all():
    base, wish = capital.desire_plant(100.0, 0.3, 200.0, 5.0, 6.0, 10.0, 10.0, 1.3, 1.0, 1.0, 1.0)
    assert base == pytest.approx(0.1 * 200.0 / 20.0)
    assert wish == pytest.approx(0.08 * base)


def test_a_bust_cuts_funding_by_its_part_and_its_state():
    def fund(state):
        return capital.fund_labs(2025.0, 5.0, 11.7, 0.6, 0.5, 0.0, 1.0, 0.9, 0.6, state)[1]

    assert fund(1.0) == pytest.approx(0.4 * fund(0.0))
    assert fund(0.5) == pytest.approx(0.7 * fund(0.0))


def test_after_a_bust_spending_and_funding_fall_at_once_and_recover():
    names = ("capital_budget", "lab_funding", "bust_state", "capital_bust")
    # Without innovations of sales: units that nobody ordered would find money of their own.
    held = {"bust_probability": 0.3, "bust_halflife": 3.0, "sales_noise": 0.0} | TOLERATED
    calm = rows(holding(held | {"bust_depth": 0.0, "bust_funding": 0.0}), names)
    hurt = rows(holding(held | {"bust_depth": 0.6, "bust_funding": 0.8}), names)
    np.testing.assert_array_equal(calm["capital_bust"], hurt["capital_bust"])
    date = hurt["capital_bust"][-1]
    lanes = np.flatnonzero(date < 2029.0)
    assert lanes.size > 50
    quarter = np.round((date[lanes] - 2023.0) * 4.0).astype(int)
    for name, depth in (("capital_budget", 0.6), ("lab_funding", 0.8)):
        ratio = [hurt[name][quarter + later, lanes] / calm[name][quarter + later, lanes] for later in (-1, 0, 3)]
        assert (ratio[0] == 1.0).all()
        assert (ratio[1] <= 1.0 - depth + 1e-9).all()
        assert np.median(ratio[2]) < 0.9
    # Another bust may follow: only those who are spared one have recovered.
    spared = lanes[hurt["bust_state"][51, lanes] < 0.01]
    funding = hurt["lab_funding"][51, spared] / calm["lab_funding"][51, spared]
    assert np.median(funding) > 0.4
    assert np.median(funding) > 2.0 * np.median(ratio[1])


def test_busts_leave_a_smaller_fleet():
    none = rows(holding({"bust_probability": 0.0}), ("fleet_h100e",))["fleet_h100e"]
    often = rows(holding({"bust_probability": 0.9}), ("fleet_h100e",))["fleet_h100e"]
    np.testing.assert_array_equal(none[:12], often[:12])
    assert significant(often[27] - none[27])
    assert np.median(often[27] / none[27]) < 1.0


def test_the_baseline_has_busts_and_they_are_between_nothing_and_whole():
    found = rows(program(), ("bust_state", "capital_bust"))
    assert found["bust_state"].min() >= 0.0
    assert found["bust_state"].max() == 1.0
    assert 0.1 < (found["capital_bust"][-1] < 2030.0).mean() < 0.6
