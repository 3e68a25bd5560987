"""The rival that takes one trajectory after the other, on a model small enough to compile here."""

import numpy as np
import pytest

from benchmarks.growths import growths
from benchmarks.rivals.agreement import Moments, scores
from benchmarks.rivals.scalar import Scalar
from stackcast.engine.driver import simulate

SIZE = 20_000


@pytest.fixture(scope="module")
def scalar():
    return Scalar(growths(2))


def test_figures_are_those_of_the_core(scalar):
    program = scalar.program
    counts, total, squares, low, high = scalar(SIZE, 1)
    core = simulate(program, SIZE, 1, sample=0).aggregates
    apart = scores(Moments(SIZE, total, squares), Moments(SIZE, core.total, core.total_sq))
    # The largest of ten normal scores is beyond 5 once in 170,000 seeds; this seed is fixed.
    assert apart.size == len(program.cells)
    assert np.abs(apart).max() < 5.0
    per_cell = np.add.reduceat(counts, core.offsets[:-1])
    assert (per_cell == SIZE).all()
    assert (low < total / SIZE).all()
    assert (total / SIZE < high).all()
    ours = np.add.reduceat(counts * np.arange(counts.size), core.offsets[:-1]) / SIZE
    theirs = np.add.reduceat(core.counts * np.arange(counts.size), core.offsets[:-1]) / SIZE
    assert ours == pytest.approx(theirs, abs=2.0)


def test_seed_is_that_of_the_loop(scalar):
    assert (scalar(100, 3)[1] == scalar(100, 3)[1]).all()
    assert (scalar(100, 3)[1] != scalar(100, 4)[1]).all()
