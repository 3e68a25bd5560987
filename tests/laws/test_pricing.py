"""Margins, logit shares and the Bertrand mark-up against the optimisation problems they solve."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from stackcast.laws.pricing import (
    ELASTIC_DEMAND,
    INELASTIC_DEMAND,
    QUALITY_DEMAND,
    bertrand_markup,
    gross_margin,
    inclusive_value,
    lab_demand,
    lab_profit,
    logit_share,
    logit_shares,
    unconstrained_margin,
    unconstrained_price,
)

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=100)
utility = st.floats(-50.0, 50.0)
temperature = st.floats(0.05, 20.0)
COST_PER_FLOP = 1e-18


@pytest.mark.parametrize("demand", [INELASTIC_DEMAND, ELASTIC_DEMAND, QUALITY_DEMAND])
def test_price_maximises_the_labs_profit(demand):
    params, tokens = 7e10, 1.4e12

    def lost(log_price):
        return -lab_profit(np.exp(log_price), params, tokens, 0.2, COST_PER_FLOP, demand)

    best = minimize_scalar(lost, bounds=(np.log(1e-8), np.log(1e-4)), method="bounded", options={"xatol": 1e-10})
    price = unconstrained_price(demand.price_elasticity, params, COST_PER_FLOP)
    assert price == pytest.approx(np.exp(best.x), rel=1e-6)
    margin = gross_margin(price, 2.0 * params * COST_PER_FLOP)
    assert margin == pytest.approx(unconstrained_margin(demand.price_elasticity), rel=1e-12)


def test_demand_at_the_reference_point_is_its_scale():
    assert lab_demand(1e-6, 0.1, ELASTIC_DEMAND) == pytest.approx(1e15, rel=1e-14)


def test_demand_answers_price_and_quality_with_its_elasticities():
    base = lab_demand(1e-6, 0.2, QUALITY_DEMAND)
    assert lab_demand(2e-6, 0.2, QUALITY_DEMAND) / base == pytest.approx(2.0**-2.4, rel=1e-13)
    assert lab_demand(1e-6, 0.1, QUALITY_DEMAND) / base == pytest.approx(2.0**10, rel=1e-13)


def test_profit_is_sales_less_serving_less_training():
    sold = lab_demand(3e-6, 0.2, ELASTIC_DEMAND)
    expected = sold * (3e-6 - 2.0 * 7e10 * 1e-18) - 6.0 * 7e10 * 1.4e12 * 1e-18
    assert lab_profit(3e-6, 7e10, 1.4e12, 0.2, 1e-18, ELASTIC_DEMAND) == pytest.approx(expected, rel=1e-14)


@deterministic
@given(h=st.floats(1.0001, 100.0), more=st.floats(1.01, 10.0))
def test_more_elastic_demand_leaves_less_margin(h, more):
    assert 0.0 < unconstrained_margin(h * more) < unconstrained_margin(h) < 1.0


def test_equal_goods_share_equally():
    assert logit_share(0.0, 3.0) == 0.5
    assert logit_shares(2.0, 2.0, 2.0, 0.1) == pytest.approx((1 / 3, 1 / 3, 1 / 3), rel=1e-15)


@deterministic
@given(a=utility, b=utility, c=utility, t=temperature)
def test_shares_are_a_softmax(a, b, c, t):
    shares = logit_shares(a, b, c, t)
    assert shares == pytest.approx(softmax(np.array([a, b, c]) / t), rel=1e-12)
    assert sum(shares) == pytest.approx(1.0, rel=1e-15)


@deterministic
@given(a=utility, b=utility, t=temperature)
def test_two_goods_are_three_with_one_far_away(a, b, t):
    assert logit_share(a - b, t) == pytest.approx(logit_shares(a, b, min(a, b) - 1e5, t)[0], rel=1e-11)


@deterministic
@given(a=st.floats(0.01, 10.0), t=st.floats(0.5, 10.0), more=st.floats(1.1, 10.0))
def test_noisier_evaluation_helps_the_worse_good(a, t, more):
    assert 0.5 <= logit_share(a, t * more) < logit_share(a, t) <= 1.0


@deterministic
@given(a=utility, b=utility, c=utility, t=temperature)
def test_a_nest_of_equal_temperature_changes_no_share(a, b, c, t):
    nest = logit_share(inclusive_value(a, b, t) - c, t)
    assert nest * logit_share(a - b, t) == pytest.approx(logit_shares(a, b, c, t)[0], rel=1e-10)


def test_extreme_utilities_stay_shares():
    assert logit_shares(1e300, 0.0, -1e300, 1e-3) == (1.0, 0.0, 0.0)
    assert logit_share(-1e300, 1.0) == 0.0
    assert inclusive_value(1e300, -1e300, 1.0) == 1e300


@pytest.mark.parametrize(("alpha", "quality"), list(itertools.product([0.5, 2.0], [-1.0, 0.0, 3.0])))
def test_bertrand_markup_is_the_best_reply(alpha, quality):
    cost = 1.0

    def profit(price):
        return (price - cost) * logit_share(quality - alpha * price, 1.0)

    best = minimize_scalar(lambda p: -profit(p), bounds=(cost, cost + 20.0), method="bounded", options={"xatol": 1e-9})
    share = logit_share(quality - alpha * best.x, 1.0)
    assert best.x - cost == pytest.approx(bertrand_markup(alpha, share), rel=1e-6)


def test_a_tiny_firm_charges_the_competitive_markup():
    assert bertrand_markup(4.0, 0.0) == 0.25


@deterministic
@given(alpha=st.floats(0.01, 10.0), share=st.floats(0.0, 0.9), more=st.floats(0.001, 0.09))
def test_a_larger_share_raises_the_markup(alpha, share, more):
    assert bertrand_markup(alpha, share + more) > bertrand_markup(alpha, share)
