"""Bass adoption: closed forms, limits, and the differential equation itself."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from stackcast.laws.adoption import bass_adoption, bass_peak, bass_rate

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=100)
innovation = st.floats(1e-4, 1.0)
imitation = st.floats(0.0, 2.0)


def test_solves_its_differential_equation():
    p, q = 0.03, 0.38
    solved = solve_ivp(lambda t, f: (p + q * f) * (1.0 - f), (0.0, 25.0), [0.0], rtol=1e-11, atol=1e-12, t_eval=[5, 25])
    assert bass_adoption(5.0, p, q) == pytest.approx(solved.y[0, 0], rel=1e-9)
    assert bass_adoption(25.0, p, q) == pytest.approx(solved.y[0, 1], rel=1e-9)


def test_peak_is_where_adoption_is_fastest():
    p, q = 0.03, 0.38
    fastest = minimize_scalar(lambda t: -bass_rate(bass_adoption(t, p, q), p, q), bounds=(0.0, 30.0), method="bounded")
    assert bass_peak(p, q) == pytest.approx(fastest.x, abs=1e-4)


@pytest.mark.parametrize("q", [0.0, 1e-9, 0.03])
def test_without_enough_imitation_the_first_moment_is_the_fastest(q):
    assert bass_peak(0.03, q) == 0.0


def test_without_imitation_adoption_is_exponential():
    assert bass_adoption(3.0, 0.2, 0.0) == pytest.approx(-math.expm1(-0.6), rel=1e-15)


def test_limits():
    assert bass_adoption(0.0, 0.03, 0.38) == 0.0
    assert bass_adoption(1e9, 0.03, 0.38) == 1.0
    # For small t adoption starts at rate p.
    assert bass_adoption(1e-12, 0.03, 0.38) == pytest.approx(0.03e-12, rel=1e-10)


@deterministic
@given(t=st.floats(0.0, 100.0), step=st.floats(1e-3, 10.0), p=innovation, q=imitation)
def test_adoption_only_rises_and_stays_a_share(t, step, p, q):
    assert 0.0 <= bass_adoption(t, p, q) <= bass_adoption(t + step, p, q) <= 1.0


@deterministic
@given(t=st.floats(0.01, 50.0), p=innovation, q=imitation, more=st.floats(0.01, 1.0))
def test_more_imitation_never_slows_adoption(t, p, q, more):
    assert bass_adoption(t, p, q + more) >= bass_adoption(t, p, q) * (1.0 - 1e-14)


@deterministic
@given(share=st.floats(0.0, 1.0), p=innovation, q=imitation)
def test_rate_is_never_negative_and_zero_only_when_all_have_adopted(share, p, q):
    rate = bass_rate(share, p, q)
    assert rate >= 0.0
    assert (rate == 0.0) == (share == 1.0)
