"""Price of data, spend on it, the premium of proprietary data: closed forms, limits, signs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import data_market as market
from tests.mechanisms.baseline import holding, program, rows, significant


def test_price_approaches_what_the_shortage_asks_for():
    log_price = 0.0
    for quarter in range(1, 30):
        log_price, price, rate = market.price_data(log_price, 0.2, 0.8, 1.5, 0.04)
        assert log_price == pytest.approx(0.8 * 1.5 * (1.0 - 0.8**quarter))
        assert price == pytest.approx(math.exp(log_price))
        assert rate == pytest.approx(min(0.04 * price, 0.25))


def test_without_shortage_or_response_the_price_is_one():
    assert market.price_data(0.0, 0.2, 0.8, 0.0, 0.04) == (0.0, 1.0, 0.04)
    assert market.price_data(0.0, 0.2, 0.0, 3.0, 0.04) == (0.0, 1.0, 0.04)


def test_labs_spend_on_data_is_limited():
    assert market.price_data(5.0, 0.2, 1.0, 5.0, 0.1)[2] == 0.25


@pytest.mark.parametrize(("elasticity", "factor"), [(0.0, 2.0), (1.0, 1.0), (0.5, math.sqrt(2.0)), (2.0, 0.5)])
def test_spend_follows_the_price_by_one_less_the_elasticity(elasticity, factor):
    (share,) = market.spend_on_data(0.1, 0.5, 0.0, elasticity, math.log(2.0))
    assert share == pytest.approx(0.1 * factor)


def test_slowdown_raises_spend_on_data_up_to_a_limit():
    assert market.spend_on_data(0.1, 0.5, 1.0, 0.5, 0.0)[0] == pytest.approx(0.15)
    assert market.spend_on_data(0.3, 1.0, 1.0, 0.0, 1.0)[0] == 0.35


def margin(price, rent=0.4, moat=0.5):
    return market.margin_of_data(0.4, rent, price, 0.2, moat)[0]


def test_margin_of_data_rises_with_its_price_towards_the_rent():
    assert margin(1.0) == pytest.approx(0.4)
    assert margin(2.0) == pytest.approx(0.6)
    assert margin(1e9) == pytest.approx(0.8)
    assert margin(1e9, rent=0.9) == 0.9
    assert margin(1.0, moat=0.9) == pytest.approx(0.48)
    assert market.margin_of_data(0.02, 0.0, 1.0, 0.2, 0.0) == (0.02,)


def test_the_premium_is_gone_when_general_models_are_fully_useful():
    assert market.erode_premium(1.0, 1.0, 0.1, 0.2, 0.4, 0.0, 0.5) == (0.0, 0.0, pytest.approx(0.2 + 0.4 * 0.1))
    assert market.erode_premium(1.0, 0.0, 0.1, 0.2, 0.4, 0.0, 0.5) == (1.0, 0.1, pytest.approx(0.2))
    kept, premium, cost = market.erode_premium(0.5, 0.4, 0.1, 0.2, 0.4, 0.2, 0.9)
    assert kept == pytest.approx(0.8)
    assert premium == pytest.approx(0.08)
    assert cost == pytest.approx(0.2 + 0.4 * 0.02 - 0.2 * 0.4)


def test_costs_of_applications_are_limited():
    assert market.erode_premium(1.0, 1.0, 1.0, 0.5, 1.0, 0.0, 0.5)[2] == 0.6
    assert market.erode_premium(0.0, 0.0, 0.1, 0.05, 0.4, 0.2, 1.0)[2] == 0.02


def test_without_response_scarce_text_leaves_the_price_of_data_alone():
    held = {"text_stock_start": 1e13, "data_response": 0.0}
    found = rows(holding(held), ("data_price", "text_shortage", "lab_data_rate", "lab_data_share"))
    assert found["text_shortage"].max() > 0.5
    assert (found["data_price"] == 1.0).all()
    np.testing.assert_array_equal(found["lab_data_rate"], np.minimum(found["lab_data_share"], 0.25))


def test_data_is_dear_only_after_text_has_run_out():
    found = rows(program(), ("data_price", "exhaustion"))
    dates = 2023.0 + 0.25 * np.arange(52)[:, None]
    assert (found["data_price"] >= 1.0).all()
    np.testing.assert_array_equal(found["data_price"] > 1.0, found["exhaustion"][-1] <= dates)


def test_when_text_binds_price_margin_and_labs_purchases_rise():
    names = ("data_price", "data_gross_margin", "lab_data_rate", "data_spend_share")
    rich, poor = (rows(holding({"text_stock_start": stock}), names, n=256) for stock in (1e17, 1e13))
    assert (rich["data_price"] == 1.0).all()
    for name in names:
        difference = poor[name][31] - rich[name][31]
        assert significant(difference)
        assert difference.mean() > 0.0


def test_dearer_data_is_bought_for_less_where_demand_is_elastic():
    held = {"text_stock_start": 1e13, "slowdown_data": 0.0}
    found = {
        elasticity: rows(holding(held | {"data_elasticity": elasticity}), ("data_spend_share", "data_price"), n=256)
        for elasticity in (0.2, 1.0, 1.8)
    }
    dear = found[1.0]["data_price"][31] > 1.5
    assert dear.mean() > 0.3
    low, middle, high = (found[elasticity]["data_spend_share"][31][dear] for elasticity in (0.2, 1.0, 1.8))
    assert (high < middle).all()
    assert (middle < low).all()


def test_useful_models_erode_the_premium_and_cost_applications_their_margin():
    names = ("data_premium", "data_premium_start", "app_cost_share")
    held = {"proprietary_share": 0.5, "moat_margin": 0.0}
    lasting, eroded = (rows(holding(held | {"data_erosion": part}), names) for part in (0.0, 1.0))
    np.testing.assert_array_equal(lasting["data_premium"], lasting["data_premium_start"])
    assert (eroded["data_premium"][31] < lasting["data_premium"][31]).all()
    assert (eroded["app_cost_share"][31] > lasting["app_cost_share"][31]).all()
    assert np.diff(eroded["data_premium"], axis=0).max() <= 0.0
