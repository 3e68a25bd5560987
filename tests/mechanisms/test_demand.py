"""End spend: logistic, Bass and Gompertz growth, churn of customers on trial, what buyers notice."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.laws import adoption
from stackcast.mechanisms import demand
from tests.mechanisms.baseline import holding, program, rows, significant


def grow(log_spend, growth=0.0, shape=1.0, ceiling=4.0, worth=-1.0, inertia=0.7, innovation=0.0, pace=0.3):
    shape_pace = min(1.6 * shape, 1.0) / shape
    return demand.grow_products(log_spend, growth, ceiling, 0.6, worth, shape, shape_pace, pace, inertia, innovation)[0]


@pytest.mark.parametrize("innovation", [0.0, 0.005])
@pytest.mark.parametrize("shape", [1.0, 0.3, 0.1])
def test_spend_settles_at_its_potential(shape, innovation):
    log_spend, growth = 0.0, 0.3
    for _ in range(2000):
        growth = grow(log_spend, growth, shape, innovation=innovation)
        log_spend, _ = demand.keep_customers(log_spend, growth, 0.0, 0.5, 0.3, 0.5, 0.0)
    assert log_spend == pytest.approx(4.0 - 0.6, abs=1e-6)
    assert growth == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("innovation", [0.0, 0.02])
def test_without_inertia_the_shape_one_is_the_logistic_or_bass(share, innovation):
    growth = grow(4.0 - 0.6 + math.log(share), 0.9, inertia=0.0, innovation=innovation)
    expected = 0.3 * (1.0 - share) if innovation == 0.0 else adoption.bass_rate(share, innovation, 0.3) / share
    assert growth == pytest.approx(expected)


def test_innovators_are_at_most_tenfold_and_stop_at_the_potential():
    full = 4.0 - 0.6
    small = grow(full + math.log(1e-4), inertia=0.0, innovation=0.02, pace=0.0)
    assert small == pytest.approx(0.02 * 10.0 * (1.0 - 1e-4))
    assert grow(full + 0.5, inertia=0.0, innovation=0.02, pace=0.0) == 0.0


def test_a_small_shape_is_gompertz():
    (growth,) = demand.grow_products(0.0, 0.0, 1.0, 0.6, 0.0, 1e-6, 1.6, 0.3, 0.0, 0.0)
    assert growth == pytest.approx(0.3 * 1.6 * 1e-6 * 1.0, rel=1e-4)


def test_spend_far_above_its_potential_falls_at_a_limited_rate():
    assert grow(60.0, inertia=0.0) == pytest.approx(-0.5 * 0.3)


def test_more_useful_models_sell_more():
    assert grow(3.0, worth=-0.5) > grow(3.0, worth=-2.0)


def test_buyers_notice_the_part_of_usefulness_that_is_linked():
    assert demand.notice_usefulness(1.0, -4.0, 1.0) == (-4.0, -4.0)
    assert demand.notice_usefulness(-4.0, -1.0, 1.0) == (-4.0, -1.0)
    assert demand.notice_usefulness(-4.0, -1.0, 0.0) == (-4.0, -4.0)
    assert demand.notice_usefulness(-4.0, -1.0, 0.5) == (-4.0, -2.5)


def keep(log_spend=1.0, growth=0.1, churn=0.2, usefulness=0.25, trial=0.4, fraction=0.5, drift=0.0):
    return demand.keep_customers(log_spend, growth, churn, usefulness, trial, fraction, drift)


def test_trial_customers_leave_models_of_no_use():
    assert keep()[0] == pytest.approx(1.0 + 0.1 - 0.2 * 0.75 * 0.4)
    assert keep(usefulness=1.0)[0] == pytest.approx(1.1)
    assert keep(churn=0.0)[0] == pytest.approx(1.1)
    assert keep(trial=0.0)[0] == pytest.approx(1.1)
    assert keep(drift=0.1)[0] == pytest.approx(keep()[0] + 0.1)


@pytest.mark.parametrize("growth", [0.4, 0.05, 0.0, -0.2])
def test_trial_share_settles_where_new_customers_replace_those_who_stay(growth):
    trial = 0.3
    for _ in range(400):
        trial = keep(growth=growth, trial=trial)[1]
    new = 1.0 - math.exp(-max(growth, 0.0))
    assert trial == pytest.approx(0.5 * new / (1.0 - 0.75 * (1.0 - new)), abs=1e-12)


def build(log_spend=2.0, readiness=0.5, worth=-1.0, inertia=0.0, growth=0.4):
    return demand.grow_builds(log_spend, growth, 3.0, 0.6, worth, readiness, 1.0, 1.0, 0.2, inertia, 0.05, 0.0)


def test_readiness_gates_builds():
    potential = 3.0 - 0.6 + math.log(0.5)
    spend, growth = build()
    assert growth == pytest.approx(0.2 * max(1.0 - math.exp(2.0 - potential), -0.5))
    assert spend == pytest.approx(2.0 + growth)
    assert build(readiness=0.9)[1] > build(readiness=0.5)[1]
    assert build(log_spend=2.4, readiness=1.0)[1] == pytest.approx(0.0, abs=1e-12)
    assert build(log_spend=2.4, readiness=1.0, inertia=0.7)[1] == pytest.approx(0.28)


def test_elasticity_acts_on_the_deviation_from_trend_only():
    assert demand.spend(1.0, 2.0, -0.4, -0.4, 1.5) == (0.0, pytest.approx(math.e), pytest.approx(math.e**2))
    cheap = demand.spend(1.0, 2.0, -0.6, -0.4, 1.5)
    assert cheap[1] == pytest.approx(math.exp(1.0 + 0.5 * 0.2))
    assert demand.spend(1.0, 2.0, -0.6, -0.4, 1.0)[1] == pytest.approx(math.e)


BREAKS = ({"scaling_break_hazard": 0.0}, {"scaling_break_hazard": 1.0, "scaling_break_factor": 0.2})


@pytest.mark.parametrize("link", [0.0, 1.0])
def test_without_the_link_better_models_sell_no_more(link):
    held = {"usefulness_link": link, "churn": 0.0, "scaling_break_from": 2026.0}
    better, worse = (rows(holding(held | broken), ("products_log", "usefulness"), n=256) for broken in BREAKS)
    assert (better["usefulness"][51] > worse["usefulness"][51]).mean() > 0.9
    if link == 0.0:
        np.testing.assert_array_equal(better["products_log"], worse["products_log"])
    else:
        assert (better["products_log"][51] > worse["products_log"][51]).mean() > 0.9


def test_the_link_counts_from_the_usefulness_of_the_first_quarter():
    names = ("usefulness_before", "usefulness_worth", "log_usefulness")
    found = rows(program(), names)
    np.testing.assert_array_equal(found["usefulness_before"], np.broadcast_to(found["log_usefulness"][0], (52, 512)))
    np.testing.assert_allclose(found["usefulness_worth"], found["log_usefulness"], rtol=1e-12)
    cut = rows(holding({"usefulness_link": 0.0}), names)
    np.testing.assert_array_equal(cut["usefulness_worth"], cut["usefulness_before"])


def test_without_churn_trials_do_not_matter():
    names = ("products_log", "trial_share")
    few, many = (rows(holding({"churn": 0.0, "trial_fraction": f, "moat_margin": 0.0}), names) for f in (0.1, 0.9))
    np.testing.assert_array_equal(few["products_log"], many["products_log"])
    assert (few["trial_share"][7] < many["trial_share"][7]).all()


@pytest.mark.parametrize(
    ("prior", "low", "high", "sign"),
    [("churn", 0.0, 0.3, -1.0), ("trial_fraction", 0.1, 0.9, -1.0), ("adoption_innovation", 0.0, 0.03, 1.0)],
)
def test_churn_and_trials_lower_spend_and_innovation_raises_it(prior, low, high, sign):
    first, second = (rows(holding({prior: value}), ("products_log",), n=256)["products_log"] for value in (low, high))
    for quarter in (7, 19):
        assert significant(second[quarter] - first[quarter])
        assert sign * (second[quarter] - first[quarter]).mean() > 0.0


def test_trial_share_is_a_share():
    found = rows(program(), ("trial_share",))["trial_share"]
    assert found.min() >= 0.0
    assert found.max() <= 1.0
