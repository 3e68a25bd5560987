"""What chips cost and who sells them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import silicon
from tests.mechanisms.baseline import holding, program, rows, significant


def price(chip=0.0, power=0.0, noise=0.0):
    return silicon.price_chips(chip, power, 0.5, 0.0, 0.07, 0.2, noise, 1.5, 4e4)


def margin(year=2025.0, response=0.0, pressure=0.0, moat_margin=0.0, moat=0.5):
    return silicon.set_leader_margin(year, 0.72, 0.5, 0.1, response, pressure, moat_margin, moat)


def sell(share=0.3, leader=0.75, rival=0.5, long_run=0.3, response=0.0, pace=0.0, last=0.6):
    return silicon.share_silicon(long_run, response, last, 0.6, share, pace, leader, rival, 4e4)


def test_scarcity_raises_price_and_margin_a_little():
    assert price() == (0.0, -0.07, pytest.approx(4e4 * math.exp(-0.07)))
    pressure, log_price, _ = price(1.0, 0.4)
    assert pressure == pytest.approx(1.2)
    assert log_price == pytest.approx(-0.07 + 0.05 * 1.2)
    assert price(noise=0.1)[1] == pytest.approx(-0.07 + 0.15)
    assert margin(response=0.05, pressure=1.2)[1] == pytest.approx(0.78)


def test_margin_drifts_only_after_2025():
    assert margin(2025.75)[0] == 0.72
    assert margin(2026.0)[0] == pytest.approx(0.698)


def test_a_moat_moves_the_margin_both_ways_within_its_bounds():
    assert margin(moat_margin=0.2, moat=0.75)[1] == pytest.approx(0.77)
    assert margin(moat_margin=0.2, moat=0.25)[1] == pytest.approx(0.67)
    assert margin(response=1.0, pressure=1.5)[1] == 0.95
    assert margin(moat_margin=3.0, moat=0.0)[1] == 0.02


def test_all_vendors_make_a_unit_at_one_cost():
    """Average price and margin leave the leader's cost: revenue of leader and rivals less cost, by hand."""
    share, average, overall = sell()
    cost = 4e4 * 0.25
    rival_price = cost / 0.5
    assert average == pytest.approx((1.0 - share) * 4e4 + share * rival_price)
    assert average * (1.0 - overall) == pytest.approx(cost)
    revenue, profit = average, (1.0 - share) * (4e4 - cost) + share * (rival_price - cost)
    assert overall == pytest.approx(profit / revenue)


def test_without_rivals_price_and_margin_are_the_leaders():
    assert sell(share=0.0)[1:] == (4e4, pytest.approx(0.75))


def test_rivals_are_never_dearer_than_the_leader():
    assert sell(leader=0.4, rival=0.6)[1:] == (4e4, pytest.approx(0.4))


def test_rivals_settle_at_a_share_that_grows_with_the_leaders_margin():
    share = 0.15
    for _ in range(500):
        share = sell(share, response=2.0, pace=0.1, last=0.7)[0]
    assert share == pytest.approx(0.3 * math.exp(2.0 * 0.1))
    assert sell(0.0, response=50.0, pace=1.0, last=0.9)[0] == 0.9
    assert sell(0.15, response=2.0, pace=0.1, last=0.7)[0] > sell(0.15, response=2.0, pace=0.1, last=0.5)[0]


def test_rivals_lower_the_price_and_the_margin_of_all_vendors():
    names = ("rival_share", "chip_price", "leader_price", "chip_margin", "leader_margin")
    found = rows(program(), names)
    assert (found["chip_price"] <= found["leader_price"] * (1.0 + 1e-12)).all()
    assert (found["chip_margin"] <= found["leader_margin"] + 1e-12).all()
    alone = rows(holding({"rival_share_start": 0.0, "rival_long": 0.0}), names)
    assert not alone["rival_share"].any()
    np.testing.assert_array_equal(alone["chip_price"], alone["leader_price"])
    np.testing.assert_allclose(alone["chip_margin"], alone["leader_margin"], rtol=0.0, atol=1e-15)
    assert significant(found["chip_margin"][31] - alone["chip_margin"][31])
    assert found["chip_margin"][31].mean() < alone["chip_margin"][31].mean()


def test_a_higher_margin_brings_more_competing_silicon():
    modest, high = (rows(holding({"chip_margin_start": m}), ("rival_share",))["rival_share"] for m in (0.6, 0.8))
    deaf = rows(holding({"chip_margin_start": 0.8, "rival_response": 0.0}), ("rival_share",))["rival_share"]
    assert significant(high[7] - modest[7])
    assert high[7].mean() > modest[7].mean()
    assert significant(high[7] - deaf[7])
