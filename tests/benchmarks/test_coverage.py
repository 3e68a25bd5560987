"""A small form of benchmarks/coverage.py: up to 300 runs a row; 4 deviations: correct code fails once in 10,000."""

import functools
import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import coverage
from stackcast.engine.driver import simulate
from stackcast.engine.shocks import draw_shock_values

SEEDS = range(50_001, 50_301)
[INDEPENDENT] = [scheme for scheme in coverage.SCHEMES if scheme.name == "independent"]


def within(row, share=0.95):
    return abs(row.share - share) <= 4.0 * math.sqrt(share * (1.0 - share) / row.replications)


@functools.cache
def table(scheme):
    seeds = SEEDS if scheme is INDEPENDENT else SEEDS[:120]  # sixteen parts a run take longer
    return {row.figure: row for row in coverage.fixed(scheme, seeds)}


def test_closed_forms_are_those_of_the_program():
    """Of the same draws, by NumPy; five deviations."""
    noise = draw_shock_values({"noise": "normal"}, 1, 0, 100_000, 1)["noise"][0]
    sample = simulate(coverage.program(), 100_000, 1, sample=100_000).sample.sum(axis=1) + coverage.SPREAD_C * noise
    x, error = np.exp(sample), coverage.DEVIATION / math.sqrt(len(sample))
    assert x.mean() == pytest.approx(coverage.MEAN, abs=5.0 * error)
    assert x.std() == pytest.approx(coverage.DEVIATION, rel=0.03)
    for figure, level in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95)):
        assert np.quantile(x, level) == pytest.approx(coverage.FIGURES[figure][1], rel=0.015)
    above = coverage.FIGURES["probability"][1]
    assert (sample > coverage.LIMIT).mean() == pytest.approx(above, abs=5.0 * math.sqrt(above / len(x)))


@pytest.mark.parametrize("scheme", coverage.SCHEMES, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("figure", coverage.FIGURES)
def test_interval_of_a_figure_holds_the_truth(scheme, figure):
    assert within(table(scheme)[figure]), table(scheme)[figure]


@pytest.mark.parametrize("scheme", coverage.SCHEMES[1:3], ids=lambda scheme: scheme.name)
def test_even_points_have_smaller_errors(scheme):
    """Planted: errors of independent draws would hold the truth always, and be found out here."""
    mean = coverage.find(coverage.read("se(x @ 2023Q1) <= 1"), coverage.program())
    errors = [coverage.look(mean, scheme.draw(coverage.SIZE, seed)).error for seed in SEEDS[:20]]
    assert np.mean(errors) < 0.5 * INDEPENDENT.error(coverage.SIZE)


def test_interval_holds_the_truth_where_the_first_look_is_a_toss_up():
    """Sizes an eighth of those that the command allows: the bias would show more."""
    row = coverage.stopped(replace(INDEPENDENT, step=512), coverage.Stopping("toss-up", 2048, 2048.0), SEEDS)
    assert within(row), row
    assert 2048 < row.size < 2560  # about half stop at the first look
    assert 0.2 < row.repeated < 0.6


def test_too_small_an_error_is_found_out():
    """The bounds of this file can fail: an interval of one error covers 68 %."""
    rows = coverage.fixed(replace(INDEPENDENT, multiplier=1.0, multiplier_of_means=1.0), SEEDS[:120], size=1024)
    assert not any(within(row) for row in rows)
    assert all(within(row, 0.683) for row in rows)


def test_looks_at_a_few_trajectories_are_found_out():
    """Planted: a rule that looks after every 4 trajectories; 80.5 % in 40,000 runs of NumPy."""
    row = coverage.stopped(INDEPENDENT, coverage.STOPPINGS[-1], SEEDS)
    assert row.contrast
    assert not within(row)
    assert within(row, 0.805)


def test_page_and_exit_code_say_what_was_found(tmp_path, monkeypatch, capsys):
    good = coverage.Coverage("independent", "mean", 950, 1000, 4096)
    bad = replace(good, held=900, figure="p95", repeated=0.4, most_repeated=0.8)
    monkeypatch.setattr(coverage, "PAGE", tmp_path / "coverage.md")
    monkeypatch.setattr(coverage, "FOUND", tmp_path / "found")
    for found, code in (([good], 0), ([good, bad], 1), ([good, replace(bad, contrast=True)], 0)):
        monkeypatch.setattr(coverage, "rows", lambda scheme, count, found=found: iter(found))
        assert coverage.main(["--scheme", "independent"]) == code
    text = (tmp_path / "coverage.md").read_text()
    assert "| independent | mean | 1,000 | 4,096 | 95.00 % | 93.46 to 96.27 % |  |" in text
    assert "| 40 % (80 %) |" in text
    assert "independent, p95: 90.00 %: not 94 to 96 %" in capsys.readouterr().out
