"""Exp, log and the normal distribution against extended precision and scipy; special cases of IEEE 754."""

import math

import numpy as np
import pytest
from scipy import special

from stackcast.engine import vecmath
from tests.engine.arrays import over, ulps

POINTS = 200_000
extended = pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="no extended precision to compare with")


def spread(low, high, seed=1):
    """Random points and an even grid; the seed is fixed, so that a failure repeats."""
    return np.concatenate([np.random.default_rng(seed).uniform(low, high, POINTS), np.linspace(low, high, 1001)])


@extended
@pytest.mark.parametrize(("low", "high"), [(-707.7, 709.78), (-1.0, 1.0), (-1e-8, 1e-8), (0.34, 0.35), (-40.0, 40.0)])
def test_exp_is_within_two_units_in_the_last_place(low, high):
    x = spread(low, high)
    assert ulps(over(vecmath.exp)(x), np.exp(x.astype(np.longdouble))).max() < 2.0


@extended
@pytest.mark.parametrize(("low", "high"), [(-1074 * math.log(2), 709.78), (-1.0, 1.0), (-1e-7, 1e-7), (0.69, 0.7)])
def test_log_is_within_one_unit_in_the_last_place(low, high):
    x = np.exp(spread(low, high))
    x = x[x > 0.0]
    assert ulps(over(vecmath.log)(x), np.log(x.astype(np.longdouble))).max() < 1.0


@extended
def test_powers_lose_only_what_the_exponent_magnifies():
    x = np.exp(spread(-5.0, 5.0))
    for y in (-0.3, 0.5, 1.7, 3.0):
        value = over(vecmath.exp)(y * over(vecmath.log)(x))
        assert np.abs(value / np.power(x.astype(np.longdouble), np.longdouble(y)) - 1.0).max() < 5e-15
        assert vecmath.power(x[0], y) == value[0]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (math.nan, math.nan), (math.inf, math.inf), (-math.inf, 0.0), (0.0, 1.0), (-0.0, 1.0), (709.79, math.inf),
        (1e308, math.inf), (-745.2, 0.0), (-708.1, 0.0), (-1e308, 0.0), (5e-324, 1.0), (-5e-324, 1.0),
        (1.0, math.e),
    ],
)  # fmt: skip
def test_exp_keeps_the_special_cases(x, expected):
    np.testing.assert_equal(over(vecmath.exp)([x])[0], expected)


def test_exp_is_finite_up_to_its_border_and_normal_down_to_it():
    top, bottom = over(vecmath.exp)([709.78, -708.0])
    assert 1.79e308 < top < math.inf
    assert np.finfo(float).tiny < bottom < 4e-308


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (math.nan, math.nan), (-math.nan, math.nan), (math.inf, math.inf), (-math.inf, math.nan), (0.0, -math.inf),
        (-0.0, -math.inf), (-1.0, math.nan), (-5e-324, math.nan), (1.0, 0.0), (5e-324, -744.4400719213812),
        (2.2250738585072014e-308, -708.3964185322641), (1.7976931348623157e308, 709.782712893384), (2.0, math.log(2)),
    ],
)  # fmt: skip
def test_log_keeps_the_special_cases(x, expected):
    np.testing.assert_equal(over(vecmath.log)([x])[0], expected)


@pytest.mark.parametrize(
    ("x", "expected"),
    [(0.0, 0.0), (-0.0, -0.0), (-1.0, math.nan), (math.nan, math.nan), (math.inf, math.inf), (2.0, math.sqrt(2.0))],
)
def test_sqrt_keeps_the_special_cases(x, expected):
    np.testing.assert_equal(over(vecmath.sqrt)([x])[0], expected)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "inverse_normal", "normal_cdf"])
def test_no_function_turns_a_nan_into_a_number(name):
    assert np.isnan(over(getattr(vecmath, name))([math.nan, -math.nan])).all()


def test_a_nan_survives_both_clamps_with_the_variable_first():
    from stackcast.engine.jit import kernel

    clamp = kernel(lambda x: min(max(x, 0.0), 1.0))
    swallow = kernel(lambda x: min(1.0, max(0.0, x)))
    np.testing.assert_equal(over(clamp)([math.nan, -3.0, 0.5, 7.0]), [math.nan, 0.0, 0.5, 1.0])
    assert over(swallow)([math.nan])[0] == 0.0  # the reason for the rule


def test_sine_and_cosine_of_a_turn():
    u = np.concatenate([spread(0.0, 1.0)[:-1], np.arange(16) / 16, [0.5**53, 1.0 - 0.5**53]])
    sine, cosine = over(vecmath.sincos_turn, 2)(u)
    # The angle is reduced in extended precision: 2 pi rounded to a double would be the larger error.
    angle = 2.0 * np.pi * u.astype(np.longdouble) + 2.4492935982947064e-16 * u
    assert np.abs(sine - np.sin(angle)).max() < 4e-16
    assert np.abs(cosine - np.cos(angle)).max() < 4e-16


def test_quarter_turns_are_exact():
    sine, cosine = over(vecmath.sincos_turn, 2)([0.0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(sine, [0.0, 1.0, 0.0, -1.0], atol=1e-300)
    np.testing.assert_allclose(cosine, [1.0, 0.0, -1.0, 0.0], atol=1e-300)


def test_inverse_normal_agrees_with_scipy():
    smallest = 0.5**53
    u = np.concatenate([spread(smallest, 1.0 - smallest), 10.0 ** -np.linspace(0.31, 300, 3001), [0.5, smallest]])
    np.testing.assert_allclose(over(vecmath.inverse_normal)(u), special.ndtri(u), rtol=5e-15, atol=1e-16)


@pytest.mark.parametrize("border", [0.075, 0.925, math.exp(-25.0)])
def test_inverse_normal_has_no_jump_where_its_pieces_meet(border):
    u = border * (1.0 + np.arange(-500, 501) * 4e-16)
    z = over(vecmath.inverse_normal)(u)
    np.testing.assert_allclose(z, special.ndtri(u), rtol=3e-15)


def test_normal_distribution_function_agrees_with_scipy():
    z = np.concatenate([spread(-8.5, 8.5), [0.0, 7.07106781186547, -7.07106781186547, 7.0711, -7.0711]])
    value = over(vecmath.normal_cdf)(z)
    assert np.abs(value - special.ndtr(z)).max() < 1e-15
    left = z[z < 0.0]
    np.testing.assert_allclose(over(vecmath.normal_cdf)(left), special.ndtr(left), rtol=1e-8)


@pytest.mark.parametrize(("z", "expected"), [(math.inf, 1.0), (-math.inf, 0.0), (40.0, 1.0), (-40.0, 0.0), (0.0, 0.5)])
def test_normal_distribution_function_at_its_ends(z, expected):
    assert over(vecmath.normal_cdf)([z])[0] == pytest.approx(expected, abs=1e-300, rel=1e-15)


def test_score_and_probability_are_inverse_to_each_other():
    u = spread(1e-12, 1.0 - 1e-12)
    back = over(vecmath.normal_cdf)(over(vecmath.inverse_normal)(u))
    np.testing.assert_allclose(back, u, rtol=1e-9, atol=3e-16)
