"""Errors of runs whose trajectories are not independent: from the spread of the randomisations."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest

from stackcast.aggregate.outputs import scale_table
from stackcast.aggregate.parts import Counted, Parts
from stackcast.aggregate.replicates import LEVELS
from stackcast.engine.driver import simulate
from stackcast.engine.sampling import Sampling
from stackcast.errors import StackcastError
from stackcast.forecast.archive import read_aggregates, write_aggregates
from stackcast.forecast.cells import QUANTILES, Cells
from stackcast.forecast.histogram import pooled_error
from tests.engine import toy
from tests.forecast import synthetic

SECTIONS = 16
GENERATOR = np.random.default_rng(4)
LEAD = synthetic.cell("size", synthetic.MONEY, unit="USD_bn")
SHARE = synthetic.cell("share", synthetic.SHARE, "chips")
REGIME = synthetic.cell("regime", synthetic.CATEGORY)
EVENT = synthetic.cell("doubled", synthetic.event_scale(synthetic.QUARTERS), period="event", unit="year")


def _idle(whole):
    """What a worker has that has counted nothing."""
    count = len(whole.cells)
    return Counted(np.zeros(int(whole.offsets[-1]), dtype=np.int64), np.full(count, np.inf), np.full(count, -np.inf))


def _count(counted, more):
    counted.counts[:] += more.counts
    np.minimum(counted.minimum, more.minimum, out=counted.minimum)
    np.maximum(counted.maximum, more.maximum, out=counted.maximum)


def sections_of(draws):
    """Aggregates of sections (R, n) of draws by cell, as a run with one randomisation after the other leaves them."""
    whole = synthetic.aggregates({cell: values.ravel() for cell, values in draws.items()})
    parts = Parts(whole.cells, scale_table(whole.cells)[0], whole.offsets, len(next(iter(draws.values()))))
    workers = [_idle(whole) for _ in range(3)]  # the last worker never has anything to do
    for k in range(len(parts.n)):
        one = synthetic.aggregates({cell: values[k] for cell, values in draws.items()})
        for number, part in enumerate((slice(None, None, 3), slice(1, None, 3), slice(2, None, 3))):
            own = synthetic.aggregates({cell: values[k][part] for cell, values in draws.items()})
            _count(workers[min(number, 1)], own)
        parts.add(one.total)
        parts.close(workers, one.n)
    return dataclasses.replace(whole, replicates=parts.replicates())


def independent(n=2000):
    draws = {
        LEAD: GENERATOR.lognormal(0.0, 1.0, (SECTIONS, n)),
        SHARE: GENERATOR.beta(2.0, 5.0, (SECTIONS, n)),
        REGIME: GENERATOR.choice(3, (SECTIONS, n), p=[0.2, 0.5, 0.3]).astype(float),
        EVENT: 2024.0 + GENERATOR.integers(0, 40, (SECTIONS, n)) / 4.0,
    }
    return draws, Cells(sections_of(draws), synthetic.START)


def test_pooled_error_of_equal_parts_is_that_of_their_means():
    total = GENERATOR.normal(3.0, 1.0, (16, 5))
    expected = (total / 10.0).std(axis=0, ddof=1) / 4.0
    np.testing.assert_allclose(pooled_error(np.full((16, 1), 10), total), expected, rtol=1e-12)


def test_pooled_error_of_unequal_parts_covers_their_weighted_mean():
    sizes = np.array([400, 400, 300, 100] * 4)
    means = GENERATOR.normal(size=(4000, 16)) / np.sqrt(sizes)
    found = np.array([pooled_error(sizes, sizes * one) for one in means])
    whole = (means * sizes).sum(axis=1) / sizes.sum()
    assert np.sqrt((found**2).mean()) == pytest.approx(whole.std(), rel=0.06)


def test_the_parts_are_sums_and_cumulative_counts_of_the_sections():
    draws, cells = independent(300)
    parts = cells.aggregates.replicates
    np.testing.assert_array_equal(parts.n, np.full(SECTIONS, 300))
    for number, (cell, values) in enumerate(draws.items()):
        np.testing.assert_allclose(parts.total[:, number], values.sum(axis=1))
        first, last = parts.first[number : number + 2]
        expected = [np.cumsum(synthetic.binned(cell.scale, one))[parts.places[first:last]] for one in values]
        np.testing.assert_array_equal(parts.upto[:, first:last], expected)
    assert list(np.diff(parts.first)) == [len(LEVELS), len(LEVELS), REGIME.scale.bins, EVENT.scale.bins]
    # Places are where the first section reaches the levels.
    reached = parts.upto[0, : len(LEVELS)] / 300
    assert (reached >= LEVELS).all()


def test_independent_sections_have_the_errors_of_independent_draws():
    """With 15 degrees of freedom a ratio of errors is off by a fifth; a mean over levels and cells by less."""
    ratios = []
    for _ in range(12):
        _, cells = independent(500)
        for number in (0, 1):
            ratios.append(cells.worth(number, QUANTILES) / cells.n)
            ratios.append([(cells.sd(number) / cells.n**0.5 / cells.mean_error(number)) ** 2])
        ratios.append(cells.worth(3, np.array([0.3, 0.6])) / cells.n)
    assert 1.0 / np.mean(1.0 / np.concatenate(ratios)) == pytest.approx(1.0, abs=0.1)
    assert cells.degrees == SECTIONS - 1


def test_even_sections_have_smaller_errors_and_clumped_ones_larger():
    u = (np.arange(1000) + GENERATOR.random((SECTIONS, 1))) / 1000.0 % 1.0
    even = Cells(sections_of({SHARE: u}), 2023.0)
    assert even.mean_error(0) < 0.05 * even.sd(0) / even.n**0.5
    assert (even.worth(0, QUANTILES) > 10 * even.n).all()
    assert even.worth(0, QUANTILES).max() <= even.n**2
    clumped = Cells(sections_of({SHARE: np.repeat(GENERATOR.random((SECTIONS, 20)), 50, axis=1)}), 2023.0)
    ratio = clumped.n / clumped.worth(0, np.array([0.25, 0.5, 0.75]))
    assert 20 < ratio.mean() < 120
    p = clumped.probability(0, 0.4, None)
    assert p.mcse == pytest.approx((p.value * (1 - p.value) / clumped.worth(0, 1.0 - p.value)) ** 0.5, rel=0.02)


def test_the_error_of_a_probability_is_that_of_its_own_tail():
    """Even below the median and clumped above it: P(x > a) must not take the errors of P(x < a)."""
    n = 1000
    u = (np.arange(n) + GENERATOR.random((SECTIONS, 1))) / n % 1.0
    u = np.where(u < 0.5, u, 0.5 + 0.5 * np.repeat(GENERATOR.random((SECTIONS, n // 50)), 50, axis=1))
    aggregates = sections_of({SHARE: u})
    cells, parts, edges = Cells(aggregates, 2023.0), aggregates.replicates, SHARE.scale.edges()
    for k, level in enumerate(LEVELS):
        place = int(parts.places[k])
        expected = pooled_error(parts.n, parts.n - parts.upto[:, k])
        for found in (cells.probability(0, edges[place + 1], None), cells.probability(0, None, edges[place + 1])):
            assert found.mcse == pytest.approx(max(expected, 0.5 / cells.n), rel=0.02, abs=1e-5), level
    low, high = (edges[int(parts.places[k]) + 1] for k in (3, 7))
    assert cells.probability(0, low, high).mcse > 0.5 * cells.probability(0, high, None).mcse


def test_far_out_an_error_is_never_below_that_of_single_draws():
    u = (np.arange(1000) + GENERATOR.random((SECTIONS, 1))) / 1000.0 % 1.0
    even = Cells(sections_of({SHARE: u}), 2023.0)
    assert even.worth(0, np.array([1e-9, 1.0 - 1e-9])) == pytest.approx(np.full(2, even.n), rel=1e-3)
    assert even.probability(0, 2.0, None).mcse == pytest.approx(0.5 / even.n, rel=0.01)


def test_pooled_error_is_right_for_a_block_and_a_single_trajectory():
    sizes = np.array([256, 1])
    draws = GENERATOR.normal(size=(20_000, 257))
    totals = np.stack([draws[:, :256].sum(axis=1), draws[:, 256]])
    found = pooled_error(sizes[:, np.newaxis], totals) ** 2
    assert found.mean() == pytest.approx(1.0 / 257.0, rel=0.06)


def test_a_category_and_an_event_have_the_spread_of_their_own_counts():
    draws, cells = independent(700)
    shares = (draws[REGIME] == 1.0).mean(axis=1)
    p = cells.categories(2)["1"]
    assert p.value == pytest.approx(shares.mean())
    assert p.mcse == pytest.approx(shares.std(ddof=1) / SECTIONS**0.5)
    before = (draws[EVENT] < 2030.0).mean(axis=1)
    happened = cells.happened(3, 2030.0)
    assert happened.value == pytest.approx(before.mean())
    assert happened.mcse == pytest.approx(before.std(ddof=1) / SECTIONS**0.5, rel=1e-3)
    assert cells.categories(2)["2"].value + p.value + cells.categories(2)["0"].value == pytest.approx(1.0)


@pytest.mark.parametrize("count", [1, 256, 257, 3000, 9000])
def test_small_runs_have_as_many_parts_as_blocks(count):
    result = simulate(toy.sampled(Sampling("sobol")), count, 3)
    parts = result.aggregates.replicates
    assert len(parts.n) == min(-(-count // 256), 16)
    assert parts.n.sum() == count
    np.testing.assert_allclose(parts.total.sum(axis=0), result.aggregates.total, rtol=1e-12)
    cells = Cells(result.aggregates, 2023.0)
    assert cells.degrees == (np.inf if count <= 256 else len(parts.n) - 1)
    assert all(np.isfinite(s.mcse) or s.name in ("sd", "min", "max") for s in cells.statistics(0)) or count == 1


def test_an_archive_holds_the_parts():
    aggregates = simulate(toy.sampled(Sampling("lattice", 4)), 3000, 3).aggregates
    file = io.BytesIO()
    write_aggregates(file, aggregates)
    file.seek(0)
    again = read_aggregates(file)
    assert again.digest() == aggregates.digest()
    for name, values in vars(aggregates.replicates).items():
        np.testing.assert_array_equal(getattr(again.replicates, name), values)


def test_the_digest_covers_the_parts():
    aggregates = simulate(toy.sampled(Sampling("lattice", 4)), 3000, 3).aggregates
    total = aggregates.replicates.total.copy()
    total[1, 0] = np.nextafter(total[1, 0], np.inf)
    changed = dataclasses.replace(aggregates.replicates, total=total)
    assert dataclasses.replace(aggregates, replicates=changed).digest() != aggregates.digest()


def test_the_interval_factor_is_students_where_errors_come_from_randomisations():
    plain = synthetic.forecast_from({SHARE: GENERATOR.random(1000)})
    assert plain.interval_factor() == pytest.approx(1.959964, abs=1e-6)
    even = dataclasses.replace(plain, aggregates=sections_of({SHARE: GENERATOR.random((SECTIONS, 100))}))
    assert even.interval_factor() == pytest.approx(2.131450, abs=1e-6)
    assert even.interval_factor(0.9) == pytest.approx(1.753050, abs=1e-6)
    for level in (0.0, 1.0, float("nan")):
        with pytest.raises(StackcastError, match=r"level = .*allowed: between 0 and 1"):
            even.interval_factor(level)
