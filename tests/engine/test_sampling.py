"""Even points: what they are, that they are addressed, and that shocks stay what they were in distribution.

Fixed seeds; thresholds of statistics are at least five standard errors wide.
"""

import dataclasses
import functools

import numpy as np
import pytest
from scipy import special, stats
from scipy.stats import qmc

from stackcast.engine import driver, sampling
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.observe import Watch
from stackcast.engine.program import with_origins
from stackcast.engine.replay import replay
from stackcast.engine.sampling import KINDS, SEGMENT, Sampling, coordinates, lattice_generator, sobol_directions
from stackcast.errors import ModelError, StackcastError
from tests.engine import toy
from tests.engine.digests import backwards
from tests.engine.run_case import SAMPLED
from tests.engine.test_replay import expected_row

SEED = 31
EVEN = ("sobol", "lattice")
COUNT = 2**13  # two randomisations of 4,096 points
UNIFORM = Quantile("uniform", 0.0, 1.0)


def uniforms(kind: str, names: int, count: int = COUNT, seed: int = SEED, randomisations: int = 2) -> np.ndarray:
    """Coordinates (names, count) of the first trajectories."""
    priors = tuple(PriorDraw(f"x{k}", f"prior:x{k}", UNIFORM) for k in range(names))
    plan = DrawPlan(priors, sampling=Sampling(kind, randomisations))
    return np.array(list(draw_values(plan, seed, 0, count).values()))


def by_randomisation(values: np.ndarray, randomisations: int = 2) -> list[np.ndarray]:
    """Trajectories of each randomisation: blocks of 256 take turns."""
    blocks = values.reshape(*values.shape[:-1], -1, 256)
    return [blocks[..., r::randomisations, :].reshape(*values.shape[:-1], -1) for r in range(randomisations)]


def observed(program, columns, count, seed=SEED) -> np.ndarray:
    """Rows of a program in the order of the trajectories, (columns, count); sections are put back in place."""
    pieces = {}

    def look(seen, first):
        pieces[first] = seen[0].copy()

    simulate(program, count, seed, chunk=256, sample=0, observe=Watch(tuple(columns), look, lambda _: None))
    return np.hstack([pieces[first] for first in sorted(pieces)])


def shocks(kind: str, count: int, quarters: int, antithetic: bool = False) -> np.ndarray:
    """The toy's normal shock ``noise``, (quarters, count)."""
    program = toy.sampled(Sampling(kind, 2, antithetic))
    return observed(program, [("noise" if t % 2 == 0 else "noise:odd", t) for t in range(quarters)], count)


def test_direction_numbers_are_those_of_scipy():
    points = qmc.Sobol(d=300, scramble=False, bits=32).random(512)
    number = np.arange(512, dtype=np.uint64)
    gray = number ^ (number >> np.uint64(1))  # scipy goes through the sequence in Gray code
    ours = np.zeros((300, 512), dtype=np.uint64)
    for bit in range(9):
        ours ^= np.where((gray >> np.uint64(bit)) & np.uint64(1), sobol_directions()[:300, bit : bit + 1], np.uint64(0))
    np.testing.assert_array_equal(ours * 2.0**-32, points.T)


def test_every_dimension_of_both_sequences_is_there():
    assert sobol_directions().shape == (1024, 32)
    assert lattice_generator().shape == (1024, 1)
    assert (lattice_generator() % np.uint64(2) == 1).all()
    # The matrix of every dimension is upper triangular with ones: 2^k points hit every interval of 2^-k once.
    top = sobol_directions() >> np.arange(31, -1, -1, dtype=np.uint64)
    assert (top % np.uint64(2) == 1).all()
    assert (sobol_directions() % (np.uint64(1) << np.arange(31, -1, -1, dtype=np.uint64)) == 0).all()


@pytest.mark.parametrize("kind", EVEN)
def test_every_coordinate_has_one_point_in_every_interval(kind):
    for part in by_randomisation(uniforms(kind, 40)):
        for k in (8, 12):
            first = np.sort(np.floor(part[:, : 2**k] * 2**k), axis=1)
            np.testing.assert_array_equal(first, np.tile(np.arange(2.0**k), (40, 1)))


def test_sobol_points_stay_a_net_after_scrambling():
    for part in by_randomisation(uniforms("sobol", 2)):
        for k in range(13):  # boxes of 2^-k by 2^(k - 12): one point each, in the first two dimensions
            box = np.floor(part[0] * 2**k) * 2 ** (12 - k) + np.floor(part[1] * 2 ** (12 - k))
            assert len(np.unique(box)) == 4096


@pytest.mark.parametrize("kind", EVEN)
def test_randomisations_are_uniform_and_independent(kind):
    points = np.array([uniforms(kind, 6, 512, seed) for seed in range(2000)])
    first = points[:, :, [0, 1, 255, 256]]  # three of one randomisation and one of the other
    for k in range(6):
        for j in range(4):
            assert stats.kstest(first[:, k, j], "uniform").pvalue > 1e-5
    between = [np.corrcoef(first[:, 0, 0], first[:, k, j])[0, 1] for k in range(6) for j in (0, 3) if (k, j) != (0, 0)]
    assert np.abs(between).max() < 5 / 2000**0.5


@pytest.mark.parametrize("kind", EVEN)
def test_the_error_of_a_smooth_mean_falls_faster(kind):
    def spread(n, chosen):
        x = np.array([uniforms(chosen, 5, 2 * n, seed) for seed in range(40)])
        return np.exp(x.mean(axis=1)).mean(axis=1).std()

    assert spread(1024, kind) < 0.1 * spread(1024, "independent")


@pytest.mark.parametrize("kind", EVEN)
def test_a_point_is_a_function_of_the_number(kind):
    whole = uniforms(kind, 3)
    priors = tuple(PriorDraw(f"x{k}", f"prior:x{k}", UNIFORM) for k in range(3))
    plan = DrawPlan(priors, sampling=Sampling(kind, 2))
    for first, count in ((0, 1), (300, 500), (511, 2), (4096, 256)):
        part = np.array(list(draw_values(plan, SEED, first, count).values()))
        np.testing.assert_array_equal(part, whole[:, first : first + count])


RUN = 16_500  # sixty-four whole blocks and one of 116


@functools.cache
def run(name: str):
    """A run of the toy with its first trajectories kept."""
    return simulate(toy.sampled(SAMPLED[name]), RUN, SEED, sample=5000)


@pytest.mark.parametrize("name", SAMPLED)
@pytest.mark.parametrize(("threads", "chunk", "order"), [(2, 512, None), (3, None, None), (2, 256, backwards)])
def test_threads_chunks_and_order_change_nothing(name, threads, chunk, order):
    other = simulate(toy.sampled(SAMPLED[name]), RUN, SEED, threads, chunk, sample=5000, order=order)
    assert other.aggregates.digest() == run(name).aggregates.digest()
    assert other.sample.tobytes() == run(name).sample.tobytes()


@pytest.mark.parametrize(("blocks", "threads", "used"), [(3, 2, 2), (5, 3, 3), (1, 2, 1), (31, 2, 2)])
def test_every_thread_has_a_part_of_each_randomisation(monkeypatch, blocks, threads, used):
    started = []
    pool = driver.ThreadPoolExecutor
    monkeypatch.setattr(driver, "ThreadPoolExecutor", lambda count: started.append(count) or pool(count))
    simulate(toy.sampled(Sampling("sobol")), 16 * blocks * 256, SEED, threads, sample=0)
    assert set(started) <= {used}
    assert started or used == 1


def test_every_scheme_has_a_digest_of_its_own():
    found = {run(name).aggregates.digest() for name in SAMPLED}
    assert len(found | {simulate(toy.standard(), RUN, SEED).aggregates.digest()}) == len(SAMPLED) + 1


@pytest.mark.parametrize("name", SAMPLED)
def test_a_run_is_the_beginning_of_a_longer_one(name):
    small = simulate(toy.sampled(SAMPLED[name]), 1000, SEED, sample=1000).sample
    assert small.tobytes() == run(name).sample[:1000].tobytes()


@pytest.mark.parametrize("name", SAMPLED)
@pytest.mark.parametrize("trajectory", [0, 127, 128, 255, 256, 4100, 4999])
def test_a_replay_equals_its_row_in_the_sample(name, trajectory):
    result = run(name)
    rows = replay(toy.sampled(SAMPLED[name]), trajectory, SEED)
    assert expected_row(rows, result.sample_columns).tobytes() == result.sample[trajectory].tobytes()
    assert not any(row.startswith("ahead:") for row in rows)


@pytest.mark.parametrize("kind", EVEN)
def test_bridged_shocks_are_distributed_as_independent_ones(kind):
    z = shocks(kind, 2**16, 20)
    for quarter in (0, 1, 7, 8, 15, 19):
        assert abs(z[quarter].mean()) < 5 / 2**8
        assert abs(z[quarter].var() - 1.0) < 5 * (2 / 2**16) ** 0.5
        assert stats.kstest(z[quarter], "norm").pvalue > 1e-5
    assert np.abs(np.corrcoef(z) - np.eye(20)).max() < 6 / 2**8
    assert np.abs(np.corrcoef(z * z) - np.eye(20)).max() < 6 / 2**8


@pytest.mark.parametrize("kind", EVEN)
def test_the_sum_of_a_segment_is_a_coordinate(kind):
    z = shocks(kind, COUNT, 2 * SEGMENT)
    for segment in (z[:SEGMENT], z[SEGMENT:]):
        u = special.ndtr(segment.sum(axis=0) / SEGMENT**0.5)
        for part in by_randomisation(u):
            np.testing.assert_array_equal(np.sort(np.floor(part * 4096)), np.arange(4096.0))


@pytest.mark.parametrize("kind", KINDS)
def test_antithetic_shocks_are_opposite_in_the_halves_of_a_block(kind):
    program = toy.sampled(Sampling(kind, 2, antithetic=True))
    columns = [("wind", 2), ("wind:odd", 3), ("jump", 2), ("jump:odd", 3), ("rate", 3)]
    halves = observed(program, columns, 2048).reshape(5, 8, 2, 128)
    own, other = halves[:, :, 0], halves[:, :, 1]
    np.testing.assert_array_equal(own[2:4], 1.0 - other[2:4])
    assert not np.any(own[4] == other[4])
    if kind == "independent":
        np.testing.assert_array_equal(own[:2], -other[:2])
    else:  # what is left of a shock when its segment's sum is taken away
        assert np.corrcoef(own[0].ravel(), other[0].ravel())[0, 1] < -0.6
    assert np.unique(own[0]).size == own[0].size


def test_antithetic_shocks_are_distributed_as_independent_ones():
    z = shocks("independent", 2**16, 6, antithetic=True)
    assert max(stats.kstest(row, "norm").statistic for row in z) < 3 / 2**8
    assert np.abs(np.corrcoef(z) - np.eye(6)).max() < 8 / 2**8


def test_coordinates_go_to_shocks_first_and_end_with_the_sequence():
    noise, places = coordinates(Sampling("sobol"), ("a", "b"), 20, ["x", "y", "x"])
    np.testing.assert_array_equal(noise, [[0, 2, 4], [1, 3, 5]])
    assert places == {"x": 6, "y": 7}
    noise, places = coordinates(Sampling("lattice"), ("a",), 52, [f"p{k}" for k in range(1100)])
    assert noise.max() == 6
    assert list(places.values()) == [*range(7, 1024), *[-1] * (1100 - 1017)]
    noise, places = coordinates(Sampling(), ("a",), 52, ["x"])
    assert set(noise.ravel()) == {-1}
    assert places == {"x": -1}


def test_priors_beyond_the_sequence_are_drawn_independently(monkeypatch):
    expected = uniforms("independent", 4)
    even = uniforms("sobol", 4)
    monkeypatch.setattr(sampling, "sobol_directions", lambda: sobol_directions()[:3])
    found = uniforms("sobol", 4)
    np.testing.assert_array_equal(found[:3], even[:3])
    np.testing.assert_array_equal(found[3], expected[3])


def test_a_run_that_borrows_shocks_draws_independently():
    @dataclasses.dataclass(frozen=True)
    class Bare:
        mechanisms: tuple
        plan: DrawPlan

    found = with_origins(Bare(toy.MECHANISMS, toy.sampled(Sampling("sobol")).plan))
    assert found.plan.sampling.plain
    assert len(found.plan.priors) == len(toy.plan().priors) + 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "sobel"}, "sampling = sobel: allowed: independent, sobol, lattice"),
        ({"randomisations": 12}, "randomisations = 12: allowed: a power of two from 2 to 256"),
        ({"randomisations": 1}, "randomisations = 1: allowed: a power of two from 2 to 256"),
        ({"randomisations": "16"}, "randomisations = '16', antithetic = False: allowed: a whole number, True or False"),
        ({"antithetic": 1}, "randomisations = 16, antithetic = 1: allowed: a whole number, True or False"),
        ({"randomisations": 512}, "randomisations = 512: allowed: a power of two from 2 to 256"),
    ],
)
def test_an_unknown_scheme_is_refused(fields, message):
    with pytest.raises(ModelError) as problem:
        Sampling(**fields)
    assert str(problem.value) == message


def test_a_run_in_which_points_would_repeat_is_refused():
    with pytest.raises(StackcastError, match="trajectories = 8589934593: allowed: up to 8589934592, where the points"):
        simulate(toy.sampled(Sampling("lattice", 2)), 2**33 + 1, SEED)
