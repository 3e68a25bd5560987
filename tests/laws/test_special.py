"""The two elementary functions against scipy's, down to the smallest arguments."""

import math

import pytest
from scipy.special import expm1, log1p

from stackcast.laws.datacentre import annuity
from stackcast.laws.growth import soft_cap


@pytest.mark.parametrize("x", [1e-300, 1e-17, 1e-9, 1e-3, 0.1, 0.2499999, 0.25, 0.2500001, 1.0, 30.0, 700.0, 1e300])
def test_one_minus_exp_keeps_its_last_digits(x):
    # soft_cap with cap 1 is 1 - exp(-x) itself.
    assert soft_cap(x, 1.0) == pytest.approx(-expm1(-x), rel=2e-15)


@pytest.mark.parametrize("rate", [1e-300, 1e-17, 1e-12, 1e-6, 0.01, 0.5, 3.0, 1e6])
@pytest.mark.parametrize("years", [1e-3, 1.0, 14.0, 500.0])
def test_annuity_keeps_its_digits_at_small_rates(rate, years):
    expected = rate / -expm1(-years * log1p(rate))
    assert annuity(rate, years) == pytest.approx(expected, rel=1e-14)


def test_annuity_without_interest_is_the_limit():
    assert annuity(0.0, 8.0) == 0.125
    assert annuity(1e-300, 8.0) == pytest.approx(0.125, rel=1e-15)


def test_series_meets_the_direct_form_without_a_step():
    below, above = math.nextafter(0.25, 0.0), 0.25
    assert 0.0 <= soft_cap(above, 1.0) - soft_cap(below, 1.0) < 2e-16
