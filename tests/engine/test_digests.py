"""The bits of a run depend on scenario, seed and number of trajectories, and on nothing else."""

import numpy as np
import pytest

from stackcast.engine.draws import Quantile
from stackcast.engine.driver import simulate
from tests.engine import toy
from tests.engine.digests import assert_one_digest, backwards

TRAJECTORIES, SEED = 16_500, 5  # sixty-four whole blocks and one of 116; three chunks of at most the default size


@pytest.fixture(scope="module")
def digest():
    return simulate(toy.standard(), TRAJECTORIES, SEED).aggregates.digest()


def test_one_digest_for_all_threads_chunks_and_orders(digest):
    assert assert_one_digest(toy.standard(), TRAJECTORIES, SEED) == digest


def test_chunks_may_come_last_first(digest):
    for threads in (1, 3):
        run = simulate(toy.standard(), TRAJECTORIES, SEED, threads=threads, chunk=1024, order=backwards)
        assert run.aggregates.digest() == digest


def test_a_second_run_has_the_same_digest(digest):
    assert simulate(toy.standard(), TRAJECTORIES, SEED).aggregates.digest() == digest


def changed(**quantiles):
    return toy.program(draws=toy.plan(**quantiles))


@pytest.mark.parametrize(
    ("program", "trajectories", "seed"),
    [
        (toy.standard, TRAJECTORIES, SEED + 1),
        (toy.standard, TRAJECTORIES, SEED + 2**32),
        (toy.standard, TRAJECTORIES - 256, SEED),
        (toy.standard, TRAJECTORIES - 1, SEED),
        (lambda: changed(rate=Quantile("normal", 0.03, 0.0200001)), TRAJECTORIES, SEED),
        (lambda: changed(floor=Quantile("lognormal", -3.0 + 1e-9, 1.0)), TRAJECTORIES, SEED),
    ],
    ids=["seed", "upper half of the seed", "a block less", "one less", "a prior", "a prior by one part in a billion"],
)
def test_another_run_has_another_digest(digest, program, trajectories, seed):
    assert simulate(program(), trajectories, seed).aggregates.digest() != digest


def test_an_unused_prior_keeps_the_digest(digest):
    assert simulate(changed(unused=Quantile("uniform", 0.0, 1.0)), TRAJECTORIES, SEED).aggregates.digest() == digest


def test_the_first_trajectories_stay_when_the_number_grows():
    small = simulate(toy.standard(), 1000, SEED, sample=1000)
    large = simulate(toy.standard(), 2000, SEED, sample=2000)
    assert small.sample.tobytes() == large.sample[:1000].tobytes()
    assert (large.aggregates.counts - small.aggregates.counts >= 0).all()


def test_counts_of_whole_blocks_are_a_prefix():
    # The second thousand blocks are what a run of both has more: counts of the rest follow by subtraction.
    half, whole = (simulate(toy.standard(), n, SEED, sample=0) for n in (512, 1024))
    assert whole.aggregates.counts.sum() == 2 * half.aggregates.counts.sum()
    assert (whole.aggregates.minimum <= half.aggregates.minimum).all()
    assert (whole.aggregates.maximum >= half.aggregates.maximum).all()


def test_sums_do_not_depend_on_where_a_chunk_ends():
    one, many = (simulate(toy.standard(), 2000, SEED, chunk=c, sample=0).aggregates for c in (256, 10**4))
    assert np.array_equal(one.total, many.total)
    assert np.array_equal(one.total_sq, many.total_sq)
