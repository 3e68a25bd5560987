"""Growth conversions, the soft cap and crossing times."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from stackcast.laws.growth import (
    doubling_from_growth,
    exhaustion_time,
    growth_from_doubling,
    growth_from_ooms,
    ooms_from_growth,
    quarterly_growth,
    soft_cap,
    yearly_growth,
)

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=100)


@pytest.mark.parametrize(
    ("law", "given_value", "expected"),
    [
        (growth_from_doubling, 1.0, 2.0),
        (growth_from_doubling, 0.5, 4.0),
        (growth_from_doubling, 8.4 / 12.0, 2.0 ** (12.0 / 8.4)),
        (doubling_from_growth, 2.0, 1.0),
        (doubling_from_growth, 4.0, 0.5),
        (growth_from_ooms, 0.0, 1.0),
        (growth_from_ooms, 3.0, 1000.0),
        (growth_from_ooms, 0.372, 10.0**0.372),
        (ooms_from_growth, 100.0, 2.0),
        (ooms_from_growth, 2.35, math.log10(2.35)),
        (quarterly_growth, 4.7, 4.7**0.25),
        (yearly_growth, 1.5, 5.0625),
    ],
)
def test_closed_forms(law, given_value, expected):
    assert law(given_value) == pytest.approx(expected, rel=4e-15, abs=0.0)


@deterministic
@given(growth=st.floats(1.001, 1e6))
def test_conversions_undo_each_other(growth):
    assert growth_from_doubling(doubling_from_growth(growth)) == pytest.approx(growth, rel=1e-13)
    assert growth_from_ooms(ooms_from_growth(growth)) == pytest.approx(growth, rel=1e-13)
    assert yearly_growth(quarterly_growth(growth)) == pytest.approx(growth, rel=1e-14)


@deterministic
@given(x=st.floats(0.0, 1e6), more=st.floats(0.0, 1e6), cap=st.floats(1e-3, 1e6))
def test_soft_cap_rises_and_stays_below_both_bounds(x, more, cap):
    y = soft_cap(x, cap)
    assert 0.0 <= y <= min(x, cap) * (1.0 + 1e-15) + 1e-307
    assert y <= soft_cap(x + more, cap) <= cap


def test_soft_cap_follows_small_values_and_saturates():
    assert soft_cap(1e-12, 5.0) == pytest.approx(1e-12, rel=1e-12)
    assert soft_cap(5.0, 5.0) == pytest.approx(5.0 * (1.0 - math.exp(-1.0)), rel=1e-15)
    assert soft_cap(1e300, 5.0) == 5.0


def test_exhaustion_time_solves_its_equation():
    stock, demand, g_stock, g_demand = 322e12, 6.2e12, 1.08, 2.37
    root = brentq(lambda t: stock * g_stock**t - demand * g_demand**t, 0.0, 50.0, xtol=1e-13)
    assert exhaustion_time(stock, demand, g_stock, g_demand) == pytest.approx(root, rel=1e-12)


def test_exhaustion_is_now_where_demand_exceeds_the_stock():
    assert exhaustion_time(1e12, 1e13, 1.0, 2.0) == 0.0


@deterministic
@given(stock=st.floats(1e13, 1e16), more=st.floats(1.01, 100.0), growth=st.floats(1.2, 5.0))
def test_more_text_lasts_longer_and_faster_growth_shorter(stock, more, growth):
    base = exhaustion_time(stock, 1e12, 1.1, growth)
    assert exhaustion_time(stock * more, 1e12, 1.1, growth) > base
    assert exhaustion_time(stock, 1e12, 1.1, growth * 1.1) < base
