"""No dead parameter: one standard deviation of each prior moves a layer's share, or what another mechanism computes.

A prior is moved by one in its normal score: z becomes z + 1, inside the bounds it is cut at. That is one standard
deviation of a normal or a logarithm, and the same step in probability for every other family; the draws of all others
stay. A figure moves when the mean of its paired differences is five standard errors from nothing; where 1,000
trajectories are too few to say so, the figures that move most are judged on 8,000 others.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from stackcast.aggregate.outputs import YEAR_SUM
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, tabulate
from stackcast.engine.program import with_record
from stackcast.engine.shaping import TABLE_KNOTS, TABLE_LIMIT, transform
from stackcast.engine.vecmath import inverse_normal, normal_cdf
from stackcast.ledger.layers import LAYERS
from tests.feedbacks.paired import ERRORS, SEED, differences, holding, observed, program, with_plan

TRAJECTORIES, MORE, CANDIDATES = 1_000, 8_000, 40
ROUNDING = 1e-9
STEPS = (3, 7, 11, 15, 23, 31, 39, 51)  # ends of 2023 to 2026, 2028, 2030, 2032, 2035

SWITCHES = {
    "scaling_break_from": ({"scaling_break_from": 2030.0}, "capability @ 2029Q4"),
    "bust_from": ({"bust_from": 2023.0}, "log capital_spending @ 2025"),
    "usefulness_link": ({"usefulness_link": 0.0}, "log end_spend @ 2030"),
    "readiness_jump_from": ({"readiness_jump_from": 2026.0}, "log spend_builds @ 2030Q4"),
    "token_price_start": ({"token_price_start": 50.0}, "price_per_mtok @ 2030Q4"),
}
"""Constants, which have no standard deviation: another value of each, and a figure that it moves. The first four are
dates and switches; the last is the list price that an index of prices is stated in, and moves that index alone."""

ONLY_REPORTED = {
    "scaling_ln_e": ("loss @ 2030Q4", "the irreducible loss is part of the loss reported; runs differ by the rest"),
    "paid_price_start": (
        "log tokens_used @ 2030",
        "tokens are spend over price paid: an output, spend is set by value",
    ),
    "paid_price_power": ("log tokens_used @ 2030", "as the price paid at the start"),
    "hardware_research": (
        "log operating_surplus_chips @ 2030",
        "research is below gross profit, from which shares are",
    ),
    "cloud_research": ("operating_surplus_cloud @ 2030", "as hardware research"),
    "software_research": ("operating_surplus_apps @ 2030", "as hardware research"),
}
"""Priors that nothing in the model responds to: the figure they set, which their own mechanism reports, and why."""


ONLY_GUIDED = ("lab_coverage",)
"""Priors that say what the record is a part of: a free run has no use for them, one that is guided has."""


def moved(quantile: Quantile) -> Quantile:
    """The quantile function one normal score up, inside its bounds."""
    if quantile.kind == "steps":
        values, cumulative = quantile.knots
        shifted = [normal_cdf(inverse_normal(u) - 1.0) if u < 1.0 else 1.0 for u in cumulative]
        return dataclasses.replace(quantile, knots=np.array([values, shifted]))
    scores = np.linspace(-TABLE_LIMIT, TABLE_LIMIT, TABLE_KNOTS) + 1.0
    flat = tabulate(DrawPlan((PriorDraw("moved", "prior:moved", quantile),)))
    transform(scores, True, flat.kinds[0], flat.coefficients[0], flat.knots, flat.spans[0])
    return Quantile("table", knots=scores)


def with_moved(base, name: str):
    """The program with one prior moved."""
    priors = tuple(
        dataclasses.replace(prior, quantile=moved(prior.quantile)) if prior.name == name else prior
        for prior in base.plan.priors
    )
    return with_plan(base, dataclasses.replace(base.plan, priors=priors))


@functools.cache
def columns() -> tuple[tuple[str, int], ...]:
    """Yearly shares of the layers, and every row of every mechanism, at the quarters looked at."""
    shares = [f"{YEAR_SUM}share_{layer}" for layer in LAYERS]
    rows = [row for mechanism in program().mechanisms for row in mechanism.writes]
    return tuple((name, step) for name in (*shares, *dict.fromkeys(rows)) for step in STEPS)


@functools.cache
def eligible(name: str) -> np.ndarray:
    """Which columns count: shares, and rows of mechanisms that do not use the prior."""
    own = {row for m in program().mechanisms if name in m.priors or name in m.carries.values() for row in m.writes}
    return np.array([row not in own for row, _ in columns()])


@functools.cache
def unmoved() -> np.ndarray:
    """All columns of the baseline."""
    return observed(program(), columns(), TRAJECTORIES)


def sureness(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Mean differences of rows of figures in their standard errors; 0 where they are rounding."""
    difference = after - before
    mean, error = np.abs(difference.mean(axis=1)), difference.std(axis=1, ddof=1) / np.sqrt(difference.shape[1])
    real = (error > 0) & (mean > ROUNDING * np.abs(before).mean(axis=1))
    return np.where(real, mean / np.where(error > 0, error, 1.0), 0.0)


def strongest(name: str) -> tuple[float, str]:
    """By how many standard errors the figure moves that moves most surely, and which it is."""
    other = with_moved(program(), name)
    found = np.where(eligible(name), sureness(unmoved(), observed(other, columns(), TRAJECTORIES)), 0.0)
    best = int(found.argmax())
    if found[best] > ERRORS:
        return float(found[best]), columns()[best][0]
    candidates = [columns()[k] for k in np.argsort(found)[-CANDIDATES:] if found[k] > 0]
    if not candidates:
        return 0.0, "nothing"
    again = [observed(base, candidates, MORE, SEED + 1) for base in (program(), other)]
    confirmed = sureness(*again)
    return float(confirmed.max()), candidates[int(confirmed.argmax())][0]


DRAWN = [prior.name for prior in program().plan.priors if prior.quantile.kind != "constant"]
CONSTANT = [prior.name for prior in program().plan.priors if prior.quantile.kind == "constant"]


@pytest.mark.parametrize("name", [name for name in DRAWN if name not in ONLY_REPORTED and name not in ONLY_GUIDED])
def test_one_standard_deviation_of_a_prior_moves_a_share_or_another_mechanism(name):
    errors, figure = strongest(name)
    assert errors > ERRORS, f"{name}: {figure} moves most, by {errors:.1f} standard errors"


@pytest.mark.parametrize("name", ONLY_REPORTED)
def test_a_prior_that_nothing_responds_to_sets_a_figure_that_is_reported(name):
    figure, _reason = ONLY_REPORTED[name]
    assert abs(differences(with_moved(program(), name), program(), [figure])[figure]) > ERRORS
    assert strongest(name)[0] < ERRORS, f"{name} is more than a reported figure now: take it off the list"


@pytest.mark.parametrize("name", ONLY_GUIDED)
def test_a_prior_of_the_record_moves_spend_in_a_run_that_is_guided(name):
    seen = np.tile([[np.log(2.0)], [0.1], [1.0], [0.0]], program().quarters)
    guided = [with_record(base, {"lab_sales": seen}) for base in (with_moved(program(), name), program())]
    assert abs(differences(*guided, ["log end_spend @ 2024"])["log end_spend @ 2024"]) > ERRORS
    assert strongest(name)[0] < ERRORS, f"{name} moves a free run now: take it off the list"


def test_constants_are_switches_that_work():
    assert set(CONSTANT) == set(SWITCHES)
    for values, figure in SWITCHES.values():
        assert abs(differences(holding(values), program(), [figure])[figure]) > ERRORS, figure


def test_every_prior_of_the_baseline_is_drawn_or_a_switch_that_is_used():
    used = {name for mechanism in program().mechanisms for name in (*mechanism.priors, *mechanism.carries.values())}
    assert {prior.name for prior in program().plan.priors} <= used


def test_moving_a_prior_is_one_standard_deviation_inside_its_bounds():
    plan = {prior.name: prior.quantile for prior in program().plan.priors}
    normal = next(q for q in plan.values() if q.kind == "normal" and not q.truncated)
    middle = TABLE_KNOTS // 2
    assert moved(normal).knots[middle] == pytest.approx(normal.a + normal.b, rel=1e-9)
    uniform = next(q for q in plan.values() if q.kind == "uniform")
    assert moved(uniform).knots.max() <= uniform.b
    assert moved(uniform).knots[middle] == pytest.approx(uniform.a + 0.8413447460685429 * (uniform.b - uniform.a))
