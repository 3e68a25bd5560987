"""Concentration of labs: closed forms, fixed points, limits, signs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import lab_competition as labs
from tests.mechanisms.baseline import holding, program, rows, significant


def concentrate(hhi=0.4, pace=0.09, preference=0.05, noise=1.0, diffusion=0.03, turnover=0.5, count=8.0, shock=0.0):
    return labs.concentrate_labs(pace, 0.1, preference, noise, hhi, diffusion, turnover, count, 0.02, shock)


def settle(**given):
    hhi = 0.4
    for _ in range(5000):
        hhi = concentrate(hhi, **given)[1]
    return hhi


@pytest.mark.parametrize(
    ("leader", "count"), [(0.2, 5.0), (0.2, 12.0), (0.5, 2.0), (0.5, 12.0), (0.85, 2.0), (0.85, 5.0)]
)
def test_top_share_is_the_leaders_where_the_others_are_equal(leader, count):
    hhi = leader**2 + (1.0 - leader) ** 2 / (count - 1.0)
    # Neither attachment nor diffusion: the index stays.
    _, kept, number, top = concentrate(hhi, preference=0.0, diffusion=0.0, turnover=0.0, count=count)
    assert kept == hhi
    assert number == 1.0 / hhi
    assert top == pytest.approx(leader)


def test_equal_labs_have_equal_shares():
    assert concentrate(0.1, preference=0.0, count=10.0)[1:] == pytest.approx((0.1, 10.0, 0.1))
    # 1/49 times 49 is a little less than one.
    assert 49.0 * (1.0 / 49.0) < 1.0
    assert concentrate(0.0, preference=0.0, diffusion=0.0, turnover=0.0, count=49.0)[3] == 1.0 / 49.0


def test_concentration_settles_where_attachment_meets_diffusion():
    """p h (1 - h) = d (h - 1/n), the root of a quadratic."""
    p, d, n = 0.05, 0.03 + 0.5 * 0.1, 8.0
    middle = p - d
    expected = (middle + math.sqrt(middle**2 + 4.0 * p * d / n)) / (2.0 * p)
    assert settle() == pytest.approx(expected, abs=1e-9)


def test_limits_of_concentration():
    assert settle(preference=0.0) == pytest.approx(1.0 / 8.0)
    assert settle(diffusion=0.0, turnover=0.0) == 0.95
    assert settle(noise=1e12) == pytest.approx(1.0 / 8.0)
    assert concentrate(0.13, shock=-50.0)[1] == 1.0 / 8.0


def test_a_fast_frontier_and_noisy_evaluation_spread_the_market():
    assert settle(pace=0.12) < settle(pace=0.09) < settle(pace=0.02)
    assert settle(noise=2.0) < settle(noise=0.5)


def test_relative_pace_is_clipped():
    assert [concentrate(pace=pace)[0] for pace in (-0.1, 0.09, 9.0)] == [0.0, 1.0, 1.5]


def margin(maturity=0.0, hhi=0.4, moat=0.5, long_run=0.6, by_hhi=0.3):
    return labs.earn_margin(maturity, 0.1, 0.35, long_run, by_hhi, hhi, 0.4, 0.2, moat)


def test_margin_is_that_of_age_concentration_and_moat():
    assert margin() == (pytest.approx(0.1), pytest.approx(0.35 + 0.25 * 0.1))
    assert margin(1.0)[1] == pytest.approx(0.6)
    assert margin(1.0, hhi=0.6)[1] == pytest.approx(0.66)
    assert margin(1.0, moat=0.0)[1] == pytest.approx(0.5)


def test_margin_stays_within_its_bounds():
    assert margin(1.0, long_run=0.95, hhi=0.95)[1] == 0.9
    assert margin(1.0, long_run=-0.5)[1] == 0.0


def test_labs_mature_by_their_half_life():
    (pace,) = labs.prepare_maturity(2.25)
    maturity = 0.0
    for _ in range(9):
        maturity = labs.earn_margin(maturity, pace, 0.35, 0.6, 0.0, 0.4, 0.4, 0.0, 0.5)[0]
    assert maturity == pytest.approx(0.5)


def test_assistants_move_to_their_long_run_part():
    part = 0.7
    for _ in range(1000):
        (part,) = labs.move_assistants(part, 0.05, 0.55)
    assert part == pytest.approx(0.55)
    assert labs.move_assistants(0.7, 0.05, 0.5)[0] == pytest.approx(0.69)


def test_models_that_keep_their_value_need_less_replacing():
    assert labs.reinvest(0.8, 0.5, 1.0) == (0.8,)
    assert labs.reinvest(0.8, 0.5, 1.4) == (0.8,)
    assert labs.reinvest(0.8, 0.5, 0.0) == (pytest.approx(0.4),)
    assert labs.reinvest(0.8, 0.0, 0.0) == (0.8,)


def test_shares_are_possible_on_every_trajectory():
    names = ("lab_hhi", "lab_number", "lab_top_share", "lab_count")
    hhi, number, top, count = rows(program(), names).values()
    assert (hhi >= 1.0 / count - 1e-12).all()
    assert ((number > 1.0) & (number <= count * (1.0 + 1e-12))).all()
    # The leader's square is less than the index, and the index is less than the leader.
    assert ((top**2 <= hhi * (1.0 + 1e-9)) & (hhi <= top * (1.0 + 1e-9))).all()


def test_slower_progress_lowers_reinvestment_and_research():
    slow = {"scaling_break_hazard": 1.0, "scaling_break_factor": 0.2, "scaling_break_from": 2023.0}
    deaf, heard = (rows(holding(slow | {"model_upkeep": u}), ("reinvestment", "lab_budget")) for u in (0.0, 0.9))
    for name in ("reinvestment", "lab_budget"):
        assert significant(heard[name][31] - deaf[name][31]), name
        assert np.median(heard[name][31]) < np.median(deaf[name][31])


def test_concentrated_labs_earn_more():
    names = ("lab_margin", "equal_quality_premium")
    spread = rows(holding({"lab_preference": 0.0, "lab_diffusion": 0.1}), names)
    single = rows(holding({"lab_preference": 0.2, "lab_diffusion": 0.001}), names)
    for name in names:
        assert significant(single[name][31] - spread[name][31]), name
        assert np.median(single[name][31]) > np.median(spread[name][31])
