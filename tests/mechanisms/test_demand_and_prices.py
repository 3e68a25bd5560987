"""End spend, open against closed models, the market for compute."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import demand, inference, open_closed
from tests.mechanisms.baseline import holding, rows, significant


def grow(log_spend, growth, shape=1.0, noise=0.0, ceiling=4.0, usefulness=-1.0):
    pace = min(1.6 * shape, 1.0) / shape
    return demand.grow_products(log_spend, growth, ceiling, 0.6, usefulness, shape, pace, 0.3, 0.7, noise, 1.0)


@pytest.mark.parametrize("shape", [1.0, 0.3, 0.1])
def test_spend_settles_at_its_potential(shape):
    log_spend, growth = 0.0, 0.3
    for _ in range(2000):
        log_spend, growth = grow(log_spend, growth, shape)
    assert log_spend == pytest.approx(4.0 - 0.6, abs=1e-6)
    assert growth == pytest.approx(0.0, abs=1e-6)


def test_without_inertia_the_shape_one_is_the_logistic():
    _, growth = demand.grow_products(math.log(25.0), 0.9, math.log(100.0), 0.6, 0.0, 1.0, 1.0, 0.3, 0.0, 0.0, 0.0)
    assert growth == pytest.approx(0.3 * 0.75)


def test_a_small_shape_is_gompertz():
    pace = 1.6
    _, growth = demand.grow_products(0.0, 0.0, 1.0, 0.6, 0.0, 1e-6, pace, 0.3, 0.0, 0.0, 0.0)
    assert growth == pytest.approx(0.3 * 1.6 * 1e-6 * 1.0, rel=1e-4)


def test_more_useful_models_sell_more():
    assert grow(3.0, 0.1, usefulness=-0.5)[1] > grow(3.0, 0.1, usefulness=-2.0)[1]


def test_readiness_gates_builds():
    ready, potential = demand.prepare_builds(0.4, 0.05, 3.0, 0.6, -1.0)
    assert ready == pytest.approx(0.43)
    assert potential == pytest.approx(3.0 - 0.6 + math.log(0.43))
    assert demand.prepare_builds(1.0, 0.05, 3.0, 0.6, -1.0) == (1.0, pytest.approx(2.4))


def test_elasticity_acts_on_the_deviation_from_trend_only():
    assert demand.spend(1.0, 2.0, -0.4, -0.4, 1.5) == (0.0, pytest.approx(math.e), pytest.approx(math.e**2))
    cheap = demand.spend(1.0, 2.0, -0.6, -0.4, 1.5)
    assert cheap[1] == pytest.approx(math.exp(1.0 + 0.5 * 0.2))
    assert demand.spend(1.0, 2.0, -0.6, -0.4, 1.0)[1] == pytest.approx(math.e)


def test_lag_reverts_to_a_mean_that_shortens_after_2024():
    lag = math.log(20.0)
    for _ in range(400):
        lag, months = open_closed.move_lag(2024.0, lag, math.log(10.0), math.log(0.5), 0.2, 0.0, 0.0)
    assert months == pytest.approx(10.0)
    for _ in range(400):
        lag, months = open_closed.move_lag(2025.0, lag, math.log(10.0), math.log(0.5), 0.2, 0.0, 0.0)
    assert months == pytest.approx(5.0)


def share(gap, last=0.2, adjustment=1.0):
    odds = math.log(0.2 / 0.8)
    return open_closed.share_tokens(gap, odds, 1.0, 0.6, last, adjustment, 0.12)


def test_at_the_reference_gap_share_and_price_are_the_priors():
    assert share(0.4) == (pytest.approx(0.2), 1.0, pytest.approx(0.12), pytest.approx(1.0 / 0.12 - 1.0))


def test_a_smaller_gap_moves_tokens_to_open_models_and_lowers_the_closed_price():
    near, far = share(0.0), share(1.0)
    assert near[0] > far[0]
    assert near[1] < 1.0 < far[1]
    assert near[3] < far[3]


def test_bill_is_split_without_remainder():
    closed, hosted, own, sales = open_closed.split_bill(0.3, 0.12, 0.4, 0.2)
    assert closed + hosted + own == pytest.approx(1.0)
    assert sales == pytest.approx(hosted / (closed + hosted))
    assert open_closed.split_bill(0.0, 0.12, 0.4, 0.2) == (1.0, 0.0, 0.0, 0.0)


def test_first_quarter_has_no_pace_of_its_own():
    assert open_closed.open_gap(25.0, 0.0, 0.09, 10.0) == (pytest.approx(0.09), pytest.approx(0.9))
    assert open_closed.open_gap(25.3, 25.0, 0.1, 10.0)[0] == pytest.approx(0.1)


def test_slowdown_narrows_the_gap_and_lowers_the_closed_premium():
    names = ("model_gap", "closed_premium", "open_share")
    fast = rows(holding({"scaling_break_hazard": 0.0}), names)
    slow = rows(holding({"scaling_break_hazard": 1.0, "scaling_break_factor": 0.2}), names)
    for name, sign in (("model_gap", -1.0), ("closed_premium", -1.0), ("open_share", 1.0)):
        difference = sign * (slow[name][31] - fast[name][31])
        assert significant(difference)
        assert difference.mean() > 0.0


def market(bids, fleet=1e6, adjustment=0.3, last=0.0):
    return inference.clear_market(bids, fleet, 0.7, 3.0, math.log(3.0), adjustment, last, 0.0)


def test_rental_price_settles_where_the_market_clears():
    log_price, fleet_hours = 0.0, 1e6 * 2190 * 0.7 * 1e-9
    for _ in range(300):
        log_price, price, served, used, _ = market(9.0, last=log_price)
    assert price == pytest.approx(9.0 / fleet_hours)
    assert served == pytest.approx(1.0)
    assert used == pytest.approx(0.7)


def test_below_the_clearing_price_bids_are_rationed_and_above_it_hours_stand_idle():
    hours = 1e6 * 2190 * 0.7 * 1e-9
    _, price, served, used, _ = market(20.0)
    assert served == pytest.approx(price * hours / 20.0)
    assert served < 1.0
    assert used == 0.7
    _, price, served, used, _ = market(1.0)
    assert served == 1.0
    assert used == pytest.approx(0.7 / (price * hours))


def test_more_compute_never_raises_the_rental_price():
    prices = [market(5.0, fleet)[1] for fleet in (1e5, 1e6, 1e7)]
    assert all(np.diff(prices) < 0.0)


def tokens(rental=0.0, algorithms=0.0, gain=0.0, power=0.3):
    return inference.price_tokens(rental, algorithms, gain, 3.0, 0.95, 37.5, 9.0, power, 1.0, 0.5, 0.5)


def test_token_price_falls_with_hardware_algorithms_and_small_models():
    _, log_price, price, used = tokens(-0.5, 1.0, 0.0)
    assert log_price == pytest.approx(-0.5 - math.log(10.0) - 0.15)
    assert price == pytest.approx(37.5 * math.exp(log_price))
    assert used == pytest.approx(2.0e15 / (9.0 * math.exp(0.3 * log_price)))


def test_small_models_stop_helping_at_their_ceiling():
    gain = 0.0
    for _ in range(1000):
        gain = tokens(gain=gain)[0]
    assert gain == pytest.approx(3.0)


def test_labs_margin_matures_and_suffers_from_a_small_gap():
    held = (0.1, 0.35, 0.6, 0.1, 0.05)  # pace, margin at the start and in the long run, partner, other costs
    cost = lambda maturity, dearness: inference.lab_costs(  # noqa: E731
        maturity, *held, dearness, 0.0, 0.3
    )[1]
    assert cost(1.0, 1.0) == pytest.approx(1.0 - 0.6 - 0.15)
    assert cost(0.0, 1.0) > cost(0.5, 1.0) > cost(1.0, 1.0)
    assert cost(1.0, 0.8) > cost(1.0, 1.0)


def test_cheaper_tokens_raise_application_margins():
    dear, cheap = (inference.app_costs(0.3, 0.05, price, 0.3, 0.0)[0] for price in (0.0, -5.0))
    assert dear == pytest.approx(0.3)
    assert cheap < dear


def test_labs_never_plan_more_than_they_have():
    assert inference.plan_research(10.0, 5.0, -14.0, 0.9, 0.8, 0.6)[0] == pytest.approx(1.0)
    assert inference.plan_research(10.0, 5.0, -20.0, 0.9, 0.8, 0.6) == (0.0, 0.0)
    assert inference.plan_research(10.0, 5.0, 2.0, 0.2, 0.8, 0.6) == (pytest.approx(3.6), pytest.approx(2.16))


def test_products_are_split_without_remainder():
    apps, closed, hosts, bill = inference.split_products(10.0, 0.4, 0.7, 0.05, 0.25)
    assert apps + closed + hosts == pytest.approx(10.0)
    assert hosts == pytest.approx(4.0 * 0.3 * 0.05)
    assert bill == pytest.approx(1.5)
