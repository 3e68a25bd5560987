"""The check before a rival is timed: it passes what is the same and refuses what is not."""

import numpy as np
import pytest

from benchmarks.rivals.agreement import Disagreement, Moments, same_figures, same_means, scores
from tests.independent.outputs import Record


def moments(shift=0.0, count=10_000, figures=500, seed=1):
    draws = np.random.default_rng(seed).normal(2.0 + shift, 1.0, (figures, count))
    draws[0] = 3.0
    return Moments(count, draws.sum(axis=1), (draws**2).sum(axis=1))


def test_equal_means_pass_and_constants_are_left_out():
    assert scores(moments(), moments(seed=2)).size == 499
    assert "means of 499 figures within" in same_means(moments(), moments(seed=2))


def test_shifted_means_are_refused():
    with pytest.raises(Disagreement, match="standard errors"):
        same_means(moments(shift=0.1), moments(seed=2))


def record(change=1.0, moved=0):
    """A record of shares of one quarter."""
    result = Record()
    shares = np.random.default_rng(3).uniform(0.1, 0.9, (12, 1000)) * change
    shares[0, :moved] = 0.95
    result.add("share", "2023Q1", shares)
    result.trajectories = 1000
    return result


def test_equal_figures_pass():
    assert "0 of 12,000 figures in other bins" in same_figures(record(), record(1.0 + 1e-14))


@pytest.mark.parametrize("other", [record(1.001), record(moved=3)])
def test_other_figures_are_refused(other):
    with pytest.raises(Disagreement):
        same_figures(record(), other)
