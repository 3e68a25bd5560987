"""Antithetic runs: the error of a mean comes from the means of the pairs."""

from __future__ import annotations

import dataclasses
import io
import math

import numpy as np
import pytest

from stackcast.engine.assembly import assemble
from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile
from stackcast.engine.driver import simulate
from stackcast.engine.program import Program
from stackcast.engine.sampling import Sampling, pairs_among
from stackcast.engine.vecmath import exp
from stackcast.forecast.archive import read_aggregates, write_aggregates
from stackcast.forecast.cells import Cells
from stackcast.report.text import drawn_text
from tests.engine import toy
from tests.forecast import synthetic

ANTITHETIC = Sampling(antithetic=True)


def run(n, sampling=ANTITHETIC, **settings):
    """Aggregates, and by name the draws of the figures of the last year, in the order of the trajectories."""
    result = simulate(toy.sampled(sampling), n, 3, sample=n, **settings)
    return result.aggregates, dict(zip(result.sample_columns, result.sample.T, strict=True))


def last_year(aggregates, draws):
    """(number, draws) of every figure that the sample has for its last year."""
    for number, cell in enumerate(aggregates.cells):
        name = ".".join(filter(None, (cell.metric, cell.layer, cell.period)))
        if name in draws and cell.period == "2031":
            yield number, draws[name]


def test_the_error_of_a_mean_is_that_of_the_pairs_means():
    aggregates, draws = run(4096)
    cells, looked = Cells(aggregates, 2023.0), 0
    for number, values in last_year(aggregates, draws):
        means = values.reshape(-1, 2, 128).mean(axis=1).ravel()
        assert cells.mean_error(number) == pytest.approx(means.std(ddof=1) / math.sqrt(means.size), rel=1e-6), number
        looked += values.std() > 0.0
    assert looked >= 5


@pytest.mark.parametrize("n", [1, 2, 100, 128, 129, 300, 1000])
def test_a_run_that_ends_within_a_pair_counts_the_single_draws(n):
    aggregates, draws = run(n)
    pairs = aggregates.pairs
    blocks = [range(first, min(first + 256, n)) for first in range(0, n, 256)]
    whole = [(k, k + 128) for block in blocks for k in block[:128] if k + 128 in block]
    assert pairs.n == pairs_among(n) == len(whole)
    left, right = (np.array([pair[side] for pair in whole], dtype=int) for side in (0, 1))
    cells = Cells(aggregates, 2023.0)
    for number, values in last_year(aggregates, draws):
        together = values[left] + values[right]
        assert pairs.total[number] == pytest.approx(together.sum(), rel=1e-12)
        assert pairs.total_sq[number] == pytest.approx((together**2).sum(), rel=1e-12)
        error = cells.mean_error(number)
        if n == 1:
            assert math.isnan(error)
        elif pairs.n < 2:
            assert error == pytest.approx(values.std(ddof=1) / math.sqrt(n), rel=1e-6)
        else:
            single = (n - 2 * pairs.n) * values.var(ddof=1)
            expected = math.sqrt(pairs.n * together.var(ddof=1) + single) / n
            assert error == pytest.approx(expected, rel=1e-6)


def produce(a, noise):
    """Nothing but the shock, a mixture, and nothing but the parameter."""
    return 5.0 + noise, exp(0.2 * a + 0.2 * noise), 0.5 * a


def producing() -> Program:
    rows = {name: Row("1", "stock", name, "ratio") for name in ("shock", "mixture", "parameter")}
    mechanism = Mechanism(
        name="producing", doc="Three figures.", priors={"a": "1"}, shocks={"noise": "normal"}, writes=rows,
        loops=(Loop(produce, tuple(rows)),),
    )  # fmt: skip
    prior = PriorDraw("a", "prior:a", Quantile("normal", 0.0, 1.0))
    return assemble((mechanism,), DrawPlan((prior,), sampling=ANTITHETIC), quarters=1, quarterly=tuple(rows))


def test_means_of_pairs_say_how_far_a_mean_is_off():
    """Errors of 300 runs against the spread of their means, which is known to 4 %."""
    program, n = producing(), 1024
    runs = [Cells(simulate(program, n, seed, sample=0).aggregates, 2023.0) for seed in range(300)]
    gained = {}
    for number, cell in enumerate(program.cells):
        means = np.array([cells.mean(number) for cells in runs])
        error = math.sqrt(np.mean([cells.mean_error(number) ** 2 for cells in runs]))
        assert error == pytest.approx(means.std(), rel=0.15, abs=1e-9), cell
        gained[cell.metric] = np.mean([cells.sd(number) for cells in runs]) / math.sqrt(n) / max(error, 1e-12)
    assert gained["shock"] > 1e6  # opposite shocks cancel
    assert 1.1 < gained["mixture"] < 2.0
    assert gained["parameter"] == pytest.approx(1.0, abs=0.05)


def test_other_errors_come_from_randomisations_and_are_students():
    aggregates, _ = run(8192)
    cells = Cells(aggregates, 2023.0)
    assert (cells.degrees, cells.degrees_of_means) == (15, math.inf)
    forecast = dataclasses.replace(
        synthetic.forecast_from({synthetic.cell("x", synthetic.SHARE): np.zeros(1)}), aggregates=aggregates
    )
    assert forecast.interval_factor() == pytest.approx(2.131450, abs=1e-6)
    assert forecast.interval_factor(means=True) == pytest.approx(1.959964, abs=1e-6)
    said = drawn_text(str(ANTITHETIC), 15, pairs=True)
    assert "15 degrees); of means of numbers from that of the pairs' means: +- 1.96 errors" in said


@pytest.mark.parametrize("sampling", [Sampling(), Sampling("sobol"), Sampling("sobol", antithetic=True)])
def test_pairs_that_are_not_independent_are_not_used(sampling):
    aggregates, _ = run(1024, sampling)
    assert aggregates.pairs is None
    cells = Cells(aggregates, 2023.0)
    assert cells.degrees_of_means == cells.degrees


def test_threads_and_chunks_change_no_bit_of_the_pairs():
    one, other = run(20_000)[0], run(20_000, threads=2, chunk=256)[0]
    for name in ("total", "total_sq"):
        np.testing.assert_array_equal(getattr(one.pairs, name), getattr(other.pairs, name))


def test_an_archive_holds_the_pairs_and_the_digest_covers_them():
    aggregates, _ = run(3000)
    file = io.BytesIO()
    write_aggregates(file, aggregates)
    file.seek(0)
    again = read_aggregates(file)
    assert again.digest() == aggregates.digest()
    assert again.pairs.n == aggregates.pairs.n
    for name in ("total", "total_sq"):
        kept = getattr(aggregates.pairs, name)
        np.testing.assert_array_equal(getattr(again.pairs, name), kept)
        other = kept.copy()
        other[0] = np.nextafter(other[0], np.inf)
        pairs = dataclasses.replace(aggregates.pairs, **{name: other})
        assert dataclasses.replace(aggregates, pairs=pairs).digest() != aggregates.digest()
