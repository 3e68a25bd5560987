"""Learning curves: what a doubling does."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackcast.laws.learning import wright_cost, wright_exponent

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=100)


@pytest.mark.parametrize("ratio", [0.5, 0.8, 0.9, 0.999])
def test_a_doubling_multiplies_cost_by_the_progress_ratio(ratio):
    assert wright_cost(100.0, 7.0, 14.0, wright_exponent(ratio)) == pytest.approx(100.0 * ratio, rel=1e-14)


def test_exponent_is_the_binary_logarithm():
    assert wright_exponent(0.8) == pytest.approx(-math.log2(0.8), rel=1e-15)
    assert wright_exponent(0.5) == 1.0


def test_without_learning_cost_stays():
    assert math.copysign(1.0, wright_exponent(1.0)) == 1.0
    assert wright_cost(3.0, 1.0, 1e9, wright_exponent(1.0)) == 3.0


@deterministic
@given(units=st.floats(1.0, 1e12), more=st.floats(1.001, 1e6), w=st.floats(0.01, 2.0), cost=st.floats(1e-6, 1e6))
def test_more_experience_never_costs_more(units, more, w, cost):
    assert wright_cost(cost, 1.0, units * more, w) < wright_cost(cost, 1.0, units, w)


@deterministic
@given(first=st.floats(1e-3, 1e9), middle=st.floats(1e-3, 1e9), last=st.floats(1e-3, 1e9), w=st.floats(0.0, 1.0))
def test_two_stages_equal_one(first, middle, last, w):
    staged = wright_cost(wright_cost(10.0, first, middle, w), middle, last, w)
    assert staged == pytest.approx(wright_cost(10.0, first, last, w), rel=1e-12)
