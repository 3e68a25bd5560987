"""The market for compute and the price of tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import inference
from tests.mechanisms.baseline import holding, program, rows, significant


def test_start_takes_logs_and_spreads_small_models_over_their_pace():
    log_start, kept = inference.prepare_inference(3.0, 1.2, 4.0)
    assert log_start == pytest.approx(math.log(3.0))
    assert kept == pytest.approx(math.exp(-0.3 / 4.0))


def market(bids, fleet=1e6, adjustment=0.3, last=0.0):
    return inference.clear_market(bids, fleet, 0.7, 3.0, math.log(3.0), adjustment, last, 0.0)


def test_rental_price_settles_where_the_market_clears():
    log_price, fleet_hours = 0.0, 1e6 * 2190 * 0.7 * 1e-9
    for _ in range(300):
        log_price, price, served, used, _ = market(9.0, last=log_price)
    assert price == pytest.approx(9.0 / fleet_hours)
    assert served == pytest.approx(1.0)
    assert used == pytest.approx(0.7)


def test_trend_follows_the_price():
    log_price, *_, trend = inference.clear_market(9.0, 1e6, 0.7, 3.0, math.log(3.0), 0.3, 0.4, 0.2)
    assert trend == pytest.approx(0.2 + 0.25 * (log_price - 0.2))


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


def tokens(rental=0.0, algorithms=0.0, gain=0.0):
    return inference.price_tokens(rental, algorithms, gain, 3.0, 0.95, 37.5)


def test_token_price_falls_with_hardware_algorithms_and_small_models():
    _, log_price, price = tokens(-0.5, 1.0, 0.0)
    assert log_price == pytest.approx(-0.5 - math.log(10.0) - 0.15)
    assert price == pytest.approx(37.5 * math.exp(log_price))


def sold(price_log, share=0.25, power=0.3):
    return inference.sell_tokens(price_log, 9.0, power, 1.0, 0.5, 0.5, share, 0.25)


def test_tokens_are_spend_over_the_price_paid():
    assert sold(0.0)[0] == pytest.approx(2.0e15 / 9.0)
    assert sold(-2.0)[0] == pytest.approx(2.0e15 / (9.0 * math.exp(-0.6)))
    assert sold(-2.0, power=0.0)[0] == sold(0.0)[0]


def test_tokens_behind_a_task_follow_what_applications_pay_and_what_tokens_cost():
    assert sold(0.0)[1] == 1.0
    assert sold(0.0, share=0.5)[1] == 2.0
    assert sold(-2.0)[1] == pytest.approx(math.exp(0.6))
    # A bill that falls as fast as the price buys the same tokens.
    assert sold(-2.0, share=0.25 * math.exp(-0.6))[1] == pytest.approx(1.0)


def test_tokens_per_task_are_tokens_over_applications_revenue():
    names = ("tokens_per_task", "tokens_used", "app_bill", "end_apps", "end_closed", "end_open")
    found = rows(program(), names)
    # Tokens behind applications' bill over their revenue, next to that of the first quarter.
    spent = found["end_closed"] + found["end_open"] + found["app_bill"]
    worth = found["tokens_used"] * found["app_bill"] / spent / found["end_apps"]
    expected = found["tokens_per_task"] / found["tokens_per_task"][0]
    np.testing.assert_allclose(worth / worth[0], expected, rtol=1e-11)


def test_small_models_stop_helping_at_their_ceiling():
    gain = 0.0
    for _ in range(1000):
        gain = tokens(gain=gain)[0]
    assert gain == pytest.approx(3.0)


def lab_bill(margin=0.5, partner=0.1, dearness=1.0, cheapness=0.0):
    return inference.lab_costs(margin, partner, 0.05, dearness, cheapness, 0.3)[0]


def test_labs_inference_is_what_margin_partner_and_other_costs_leave():
    assert lab_bill() == pytest.approx(0.35)
    assert lab_bill(partner=0.0) == pytest.approx(0.45)
    assert lab_bill(margin=0.95) == 0.02


def test_labs_margin_suffers_from_a_small_gap_and_dear_compute():
    assert lab_bill(dearness=0.8) == pytest.approx(0.35 / 0.8)
    assert lab_bill(cheapness=-0.5) == pytest.approx(0.35 * math.exp(0.15))
    assert lab_bill(dearness=0.1) == 1.5


def test_cheaper_tokens_raise_application_margins():
    dear, cheap = (inference.app_costs(0.3, 0.05, price, 0.3, 0.0)[0] for price in (0.0, -5.0))
    assert dear == pytest.approx(0.3)
    assert cheap == pytest.approx(0.3 * math.exp(-0.25))
    assert inference.app_costs(0.3, 0.0, 0.0, 0.3, 0.5)[0] == pytest.approx(0.3 * math.exp(-0.15))
    assert inference.app_costs(0.9, 0.0, 0.0, 0.3, -0.7)[0] == 0.95


def test_tokens_are_bid_for_at_sellers_costs():
    closed, hosts, own = inference.bid_for_tokens(10.0, 1.0, 5.0, 0.8, 0.15, 0.05, 0.4, 0.2)
    assert (closed, hosts, own) == pytest.approx((14.0 * 0.4, 1.75 * 0.8, 0.25))


def test_builds_bid_for_what_tooling_and_data_leave():
    bids = inference.bid_for_builds(10.0, 0.2, 0.1, 8.0, 0.15, 0.5, 0.3, 2.0)
    assert bids == pytest.approx((7.0, 0.6, 0.6))


def test_all_bids_count_once():
    assert inference.sum_bids(*(2.0**k for k in range(8))) == (255.0,)


def test_labs_never_plan_more_than_they_have():
    assert inference.plan_research(10.0, 5.0, -14.0, 0.9, 0.8, 0.6)[0] == pytest.approx(1.0)
    assert inference.plan_research(10.0, 5.0, -20.0, 0.9, 0.8, 0.6) == (0.0, 0.0)
    assert inference.plan_research(10.0, 50.0, -2.0, 0.2, 0.8, 0.6)[0] == pytest.approx(2.0)
    assert inference.plan_research(10.0, 5.0, 2.0, 0.2, 0.8, 0.6) == (pytest.approx(3.6), pytest.approx(2.16))


def split(assistants=0.7, open_sales=0.05, bill=0.25, closed=0.9):
    return inference.split_products(10.0, 0.4, assistants, open_sales, bill, closed)


def test_products_are_split_without_remainder():
    apps, closed, hosts, bill, _ = split()
    assert apps + closed + hosts == pytest.approx(10.0)
    assert hosts == pytest.approx(4.0 * 0.3 * 0.05)
    assert bill == pytest.approx(1.5)


def test_hosting_is_labs_revenue_that_is_not_from_assistants():
    _, closed, _, bill, hosting = split()
    revenue = closed + bill * 0.9
    assert hosting == pytest.approx((revenue - 0.7 * 4.0) / revenue)
    assert split(assistants=0.0)[4] == 1.0
    assert split(assistants=1.0, bill=0.0)[4] == pytest.approx(0.0)


def test_hosting_share_is_possible_on_every_trajectory_and_falls_with_assistants():
    few, many = (rows(holding({"assistant_long": share}), ("api_share",))["api_share"] for share in (0.3, 0.8))
    assert ((few >= 0.0) & (few <= 1.0) & (many >= 0.0)).all()
    assert (many[31] < few[31]).all()


def test_bids_add_up_and_rationing_is_the_same_for_all():
    bids = ("bid_closed", "bid_open", "bid_self", "bid_training", "bid_work", "bid_apps", "bid_tooling")
    found = rows(program(), (*bids, "own_use_budget", "bids", "bids_served", "pay_end_cloud", "pay_apps_cloud_rd"))
    np.testing.assert_allclose(found["bids"], sum(found[name] for name in (*bids, "own_use_budget")), rtol=1e-12)
    np.testing.assert_allclose(found["pay_end_cloud"], found["bid_work"] * found["bids_served"], rtol=1e-12)
    np.testing.assert_allclose(found["pay_apps_cloud_rd"], found["bid_apps"] * found["bids_served"], rtol=1e-12)


def test_the_fleets_hours_on_sale_are_a_bound_on_its_use():
    found = rows(program(), ("cloud_utilisation", "sold_utilisation"))
    assert (found["cloud_utilisation"] <= found["sold_utilisation"] * (1.0 + 1e-12)).all()


def test_labs_that_keep_less_bid_more():
    thin, fat = (
        rows(holding({"lab_margin_start": m, "lab_margin_long": m}), ("bid_closed",))["bid_closed"] for m in (0.2, 0.6)
    )
    assert significant(thin[15] - fat[15])
    assert np.median(thin[15]) > np.median(fat[15])
