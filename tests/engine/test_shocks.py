"""Shocks: fresh every quarter, independent across quarters, names and trajectories.

Fixed seeds; every threshold is at least five standard errors wide, correct code fails below 1e-5 each.
"""

import numpy as np
import pytest
from scipy import stats

from stackcast.engine.shocks import draw_shock_values

COUNT, QUARTERS, SEED = 100_000, 8, 11


@pytest.fixture(scope="module")
def shocks():
    return draw_shock_values({"n": "normal", "m": "normal", "u": "uniform"}, SEED, 0, COUNT, QUARTERS)


@pytest.mark.parametrize("quarter", range(4))
def test_both_outputs_of_a_pair_are_standard_normal(shocks, quarter):
    assert stats.kstest(shocks["n"][quarter], "norm").pvalue > 1e-5
    assert abs(shocks["n"][quarter].mean()) < 5 / COUNT**0.5
    assert abs(shocks["n"][quarter].var() - 1.0) < 5 * (2 / COUNT) ** 0.5


@pytest.mark.parametrize("quarter", range(4))
def test_uniform_shocks_are_uniform(shocks, quarter):
    assert stats.kstest(shocks["u"][quarter], "uniform").pvalue > 1e-5


def test_quarters_and_names_are_independent(shocks):
    table = np.concatenate([shocks["n"], shocks["m"], shocks["u"]])
    matrix = np.corrcoef(table)
    assert np.abs(matrix - np.eye(len(table))).max() < 6 / COUNT**0.5
    # The two outputs of a Box-Muller pair share a radius: their squares must not be correlated either.
    squares = np.corrcoef(np.concatenate([shocks["n"] ** 2, shocks["m"] ** 2]))
    assert np.abs(squares - np.eye(len(squares))).max() < 6 / COUNT**0.5


def test_neighbouring_trajectories_are_independent(shocks):
    for name in ("n", "u"):
        x = shocks[name][0]
        for lag in (1, 2, 256):
            assert abs(np.corrcoef(x[:-lag], x[lag:])[0, 1]) < 5 / COUNT**0.5


def test_the_tail_of_the_normal_is_there():
    x = draw_shock_values({"n": "normal"}, SEED, 0, 1_000_000, 2)["n"].ravel()
    # Two million draws: 126.7 beyond 4 expected, standard deviation 11.
    assert 70 < (np.abs(x) > 4.0).sum() < 185


def test_a_shock_does_not_depend_on_the_others_or_on_the_block(shocks):
    alone = draw_shock_values({"m": "normal"}, SEED, 500, 100, QUARTERS)["m"]
    np.testing.assert_array_equal(alone, shocks["m"][:, 500:600])


def test_an_odd_number_of_quarters_draws_the_same(shocks):
    short = draw_shock_values({"n": "normal"}, SEED, 0, 100, 5)["n"]
    np.testing.assert_array_equal(short, shocks["n"][:5, :100])


def test_far_trajectories_have_their_own_shocks():
    here = draw_shock_values({"n": "normal"}, SEED, 2**40 - 2, 4, 2)["n"]
    there = draw_shock_values({"n": "normal"}, SEED, 2**40, 2, 2)["n"]
    np.testing.assert_array_equal(here[:, 2:], there)
    assert len(np.unique(here)) == 8
