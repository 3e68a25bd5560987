"""Open against closed models: lag, leaps, premium at equal quality, shares."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.engine.declare import NEVER
from stackcast.laws.pricing import bertrand_markup
from stackcast.mechanisms import open_closed
from tests.mechanisms.baseline import holding, program, rows, significant


def lag_after(quarters, year, lag=20.0):
    log_lag, months = math.log(lag), lag
    for _ in range(quarters):
        log_lag, months, _ = open_closed.move_lag(
            year, log_lag, math.log(10.0), math.log(0.5), 0.2, 0.0, 0.0, 0.9, 0.1, 0.8, NEVER
        )
    return months


def test_lag_reverts_to_a_mean_that_shortens_after_2024():
    assert lag_after(400, 2024.0) == pytest.approx(10.0)
    assert lag_after(400, 2025.0) == pytest.approx(5.0)


def test_a_leap_shortens_the_lag_at_once_and_is_dated_once():
    calm, leap = (
        open_closed.move_lag(2026.5, math.log(4.0), 1.0, 0.0, 0.2, 0.0, 0.0, draw, 0.1, 0.8, NEVER)
        for draw in (0.5, 0.05)
    )
    assert leap[1] == pytest.approx(calm[1] * math.exp(-0.8))
    assert (calm[2], leap[2]) == (NEVER, 2026.5)
    assert open_closed.move_lag(2027.0, 1.0, 1.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.1, 0.8, 2026.5)[2] == 2026.5


def test_leaps_come_as_often_as_their_hazard_says():
    dates = rows(holding({"open_leap_hazard": 0.02}), ("open_leap",), n=4096)["open_leap"][-1]
    expected = 1.0 - math.exp(-0.02 * 52)
    # Five standard errors, at a fixed seed.
    assert abs((dates < NEVER).mean() - expected) < 5.0 * math.sqrt(expected * (1.0 - expected) / 4096)


def test_leaps_move_tokens_to_open_models():
    none, many = (rows(holding({"open_leap_hazard": h}), ("open_share",)) for h in (0.0, 0.3))
    assert significant(many["open_share"][31] - none["open_share"][31])
    assert many["open_share"][31].mean() > none["open_share"][31].mean()


BRAND = 1.5


def brand(gap=0.4, last=BRAND, sensitivity=0.8, share=0.2, hhi=0.4, adjustment=0.0, margins=0.5):
    return open_closed.price_brand(sensitivity, share, hhi, last, adjustment, gap, 0.6, margins, BRAND)


def test_odds_and_chance_are_those_of_share_and_hazard():
    _, _, odds, chance, _ = open_closed.prepare_open(10.0, 0.5, 0.2, 0.02, 0.12, 0.6)
    assert odds == pytest.approx(math.log(0.25))
    assert chance == pytest.approx(1.0 - math.exp(-0.02))


def test_noise_moves_the_lag():
    log_lag, months, _ = open_closed.move_lag(2024.0, 1.0, 1.0, 0.0, 0.2, 0.1, 1.5, 0.9, 0.1, 0.8, NEVER)
    assert log_lag == pytest.approx(1.15)
    assert months == pytest.approx(math.exp(1.15))


def test_start_reproduces_the_price_ratio_at_the_reference_gap():
    start = open_closed.prepare_open(10.0, 0.5, 0.2, 0.02, 0.12, 0.6)[4]
    ratio = open_closed.price_brand(0.8, 0.2, 0.4, start, 0.0, 0.4, 0.6, 0.5, start)[2]
    assert ratio == pytest.approx(0.12)
    assert open_closed.prepare_open(10.0, 0.5, 0.2, 0.02, 0.99, 0.6)[4] == 0.0


def test_brand_moves_to_the_mark_up_of_a_logit_seller():
    value = BRAND
    for _ in range(400):
        value = brand(last=value, adjustment=0.1)[0]
    assert value == pytest.approx(bertrand_markup(0.8, 0.8 * 0.4))


def test_no_seller_marks_up_more_than_thirty_fold():
    assert brand(sensitivity=0.05, hhi=0.95, share=0.0, adjustment=1.0)[4] == pytest.approx(29.0)


def test_brand_is_larger_where_labs_are_concentrated_and_buyers_do_not_mind_prices():
    assert brand(hhi=0.9, adjustment=0.1)[0] > brand(hhi=0.1, adjustment=0.1)[0]
    assert brand(sensitivity=0.5, adjustment=0.1)[0] > brand(sensitivity=2.0, adjustment=0.1)[0]
    assert brand(share=0.1, adjustment=0.1)[0] > brand(share=0.6, adjustment=0.1)[0]


def test_prices_are_those_of_gap_and_brand():
    value, dearer, ratio, premium, equal = brand(gap=1.0, last=1.0)
    assert value == 1.0
    assert dearer == pytest.approx(math.exp(0.6 * 0.6 + 0.5 * (1.0 - BRAND)))
    assert ratio == pytest.approx(math.exp(-1.6))
    assert premium == pytest.approx(1.0 / ratio - 1.0)
    assert equal == pytest.approx(math.e - 1.0)
    assert brand(last=BRAND)[1] == 1.0
    assert brand(gap=-5.0, last=1.0)[2:4] == (1.0, 0.0)


def test_labs_margins_bear_only_their_part_of_a_lower_brand():
    assert brand(last=1.0, margins=0.0)[1] == 1.0
    assert brand(last=1.0, margins=1.0)[1] == pytest.approx(math.exp(1.0 - BRAND))


def share(gap=0.4, value=BRAND, noise=1.0, last=0.2, adjustment=1.0, margins=1.0):
    odds = math.log(0.2 / 0.8)
    return open_closed.share_tokens(gap, value, BRAND, 1.0, 0.8, margins, noise, odds, last, adjustment)[0]


def test_at_the_reference_the_share_is_that_of_its_prior():
    assert share() == pytest.approx(0.2)


def test_gap_and_brand_move_tokens():
    assert share(gap=0.0) == pytest.approx(1.0 / (1.0 + 4.0 * math.exp(-0.4)))
    assert share(value=BRAND + 1.0) == pytest.approx(1.0 / (1.0 + 4.0 * math.exp(-0.8)))
    assert share(gap=0.0, adjustment=0.1) == pytest.approx(0.9 * 0.2 + 0.1 * share(gap=0.0))


def test_a_lower_premium_moves_tokens_as_far_as_margins_bear_it():
    assert share(value=BRAND + 1.0, margins=0.0) == pytest.approx(0.2)
    assert share(value=BRAND + 1.0, margins=0.25) == pytest.approx(1.0 / (1.0 + 4.0 * math.exp(-0.2)))


def test_buyers_who_cannot_measure_quality_keep_to_habit():
    assert share(gap=3.0, value=0.5, noise=1e12) == pytest.approx(0.2)
    gaps = [abs(share(gap=3.0, noise=noise) - 0.2) for noise in (0.5, 1.0, 2.0, 10.0)]
    assert all(np.diff(gaps) < 0.0)


def test_bill_is_split_without_remainder():
    closed, hosted, own, sales = open_closed.split_bill(0.3, 0.12, 0.4, 0.2)
    assert closed + hosted + own == pytest.approx(1.0)
    parts = np.array([0.7, 0.3 * 0.6 * 0.12, 0.3 * 0.4 * 0.12 * 0.8])
    np.testing.assert_allclose((closed, hosted, own), parts / parts.sum())
    assert sales == pytest.approx(hosted / (closed + hosted))
    assert open_closed.split_bill(0.0, 0.12, 0.4, 0.2) == (1.0, 0.0, 0.0, 0.0)


def test_first_quarter_has_no_pace_of_its_own():
    assert open_closed.open_gap(25.0, 0.0, 0.09, 10.0) == (pytest.approx(0.09), pytest.approx(0.9))
    assert open_closed.open_gap(25.3, 25.0, 0.1, 10.0)[0] == pytest.approx(0.1)
    assert open_closed.open_gap(25.6, 25.0, 0.1, 10.0)[0] == pytest.approx(0.125)


def test_no_lag_and_very_price_sensitive_buyers_leave_no_premium():
    held = {"open_lag": 1e-9, "open_lag_noise": 0.0, "price_sensitivity": 1e9, "open_share_adjustment": 0.6}
    premium = rows(holding(held), ("closed_premium", "equal_quality_premium"))
    assert premium["closed_premium"][0].min() > 0.1
    assert np.abs(premium["closed_premium"][-1]).max() < 1e-6
    assert np.abs(premium["equal_quality_premium"][-1]).max() < 1e-6
    # Either alone is not enough.
    lag = rows(holding({"price_sensitivity": 1e9, "open_share_adjustment": 0.6}), ("closed_premium",))
    brands = rows(holding({"open_lag": 1e-9, "open_share_adjustment": 0.6}), ("closed_premium",))
    assert np.median(lag["closed_premium"][-1]) > 1e-3
    assert np.median(brands["closed_premium"][-1]) > 0.1


SLOW = {"scaling_break_hazard": 1.0, "scaling_break_factor": 0.2}
FAST = {"scaling_break_hazard": 0.0}


def test_slowdown_narrows_the_gap_and_lowers_the_closed_premium():
    """At given turnover of models: a slow frontier also concentrates labs, which is the next test."""
    names = ("model_gap", "closed_premium", "closed_dearness", "open_share")
    still = {"lab_turnover": 0.0}
    fast, slow = (rows(holding(pace | still), names) for pace in (FAST, SLOW))
    for name, sign in zip(names, (-1.0, -1.0, -1.0, 1.0), strict=True):
        difference = sign * (slow[name][31] - fast[name][31])
        assert significant(difference), name
        assert np.median(difference) > 0.0, name


def test_slowdown_concentrates_labs_and_raises_the_premium_at_equal_quality():
    names = ("lab_hhi", "equal_quality_premium")
    fast, slow = (rows(holding(pace), names) for pace in (FAST, SLOW))
    for name in names:
        difference = slow[name][31] - fast[name][31]
        assert significant(difference), name
        assert np.median(difference) > 0.0, name


def test_premium_is_the_price_ratio_on_every_trajectory():
    found = rows(program(), ("closed_premium", "open_relative_price", "equal_quality_premium", "model_gap"))
    ratio = found["open_relative_price"]
    np.testing.assert_allclose(found["closed_premium"], 1.0 / ratio - 1.0, rtol=1e-12)
    assert ((ratio > 0.0) & (ratio <= 1.0)).all()
    assert (found["closed_premium"] >= found["equal_quality_premium"] * (1.0 - 1e-9))[found["model_gap"] >= 0.0].all()
