"""Loss, capability and breaks: closed forms, limits, signs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.engine.declare import NEVER
from stackcast.laws import scaling
from stackcast.mechanisms import scaling_law as law
from tests.mechanisms.baseline import holding, rows

FITS = {0: scaling.BESIROGLU_2024, 1: scaling.HOFFMANN_2022, 2: scaling.MUENNIGHOFF_2023}
PLENTY = 1e20


def coefficients(family):
    refit = scaling.BESIROGLU_2024
    return law.choose_fit(
        float(family), math.log(refit.A), math.log(refit.B), math.log(refit.E), refit.alpha, refit.beta
    )


def run_value(family, flop, pool=PLENTY, overtraining=1.0):
    """Tokens wanted by a run, and log10 of the compute it is worth."""
    fit = coefficients(family)
    power, intercept, loss_power, loss_intercept = law.prepare_fit(*fit, overtraining)
    wanted, trained, worth = law.size_run(math.log(flop), pool, 4.0, power, intercept)
    (compute,) = law.value_run(flop, trained, worth, *fit, loss_power, loss_intercept)
    return wanted, compute


@pytest.mark.parametrize("family", FITS)
def test_family_chooses_the_published_fit(family):
    fit = FITS[family]
    np.testing.assert_allclose(coefficients(family), (fit.A, fit.B, fit.E, fit.alpha, fit.beta), rtol=1e-12)


@pytest.mark.parametrize("family", FITS)
@pytest.mark.parametrize("flop", [1e22, 5.88e23, 2.1e25, 1e29])
def test_a_run_with_plenty_of_text_is_compute_optimal_and_worth_its_compute(family, flop):
    wanted, compute = run_value(family, flop)
    assert wanted == pytest.approx(scaling.compute_optimal(flop, FITS[family])[1], rel=1e-10)
    assert compute == pytest.approx(math.log10(flop), abs=1e-10)


def test_overtraining_buys_tokens_and_costs_a_little_loss():
    wanted, compute = run_value(0, 1e26, overtraining=4.0)
    assert wanted == pytest.approx(4.0 * run_value(0, 1e26)[0], rel=1e-12)
    assert 25.0 < compute < 26.0


def test_less_text_is_worth_less_compute():
    pools = [1e15, 1e13, 3e12, 1e12, 1e11]
    values = [run_value(0, 1e26, pool)[1] for pool in pools]
    assert values[0] == pytest.approx(26.0)
    assert all(np.diff(values) < 0.0)


def test_break_is_kept_and_shrinks_later_steps():
    date, factor = law.break_scaling(2026.0, NEVER, 0.01, 0.05, 2023.0, 0.4)
    assert (date, factor) == (2026.0, 0.4)
    assert law.break_scaling(2030.0, 2026.0, 0.99, 0.05, 2023.0, 0.4) == (2026.0, 0.4)
    assert law.break_scaling(2026.0, NEVER, 0.5, 0.05, 2023.0, 0.4) == (NEVER, 1.0)


def test_break_waits_for_its_date():
    assert law.break_scaling(2026.0, NEVER, 0.0, 1.0, 2027.0, 0.4) == (NEVER, 1.0)


def test_capability_follows_the_best_run_and_starts_at_it():
    assert law.add_capability(0.0, 0.0, 25.0, 0.1, 1.0) == (25.1, 25.1)
    assert law.add_capability(26.0, 25.5, 25.0, 0.1, 1.0) == (26.0, 25.5)
    best, capability = law.add_capability(26.0, 25.5, 26.5, 0.5, 0.4)
    assert (best, capability) == (27.0, pytest.approx(25.9))


def test_usefulness_is_one_half_at_its_midpoint_and_has_its_slope():
    _, usefulness, logarithm = law.judge_models(31.0, 1.8, 0.17, 3.0, 31.0, 0.8)
    assert usefulness == pytest.approx(0.5)
    assert logarithm == pytest.approx(math.log(0.5))
    _, above, _ = law.judge_models(31.001, 1.8, 0.17, 3.0, 31.0, 0.8)
    assert (above - usefulness) / 0.001 == pytest.approx(0.2, rel=1e-3)


def test_loss_is_that_of_the_law_at_the_optimum():
    fit = coefficients(1)
    _, _, loss_power, loss_intercept = law.prepare_fit(*fit, 1.0)
    loss, _, _ = law.judge_models(24.0, fit[2], loss_power, loss_intercept, 31.0, 0.8)
    optimum = scaling.compute_optimal(1e24, FITS[1])
    assert loss == pytest.approx(scaling.loss(*optimum, FITS[1]), rel=1e-12)


def test_hazard_gives_the_frequency_of_breaks_and_capability_never_falls():
    held = holding({"scaling_break_hazard": 0.02})
    found = rows(held, ("scaling_break", "capability"), n=4096)
    expected = 1.0 - math.exp(-0.02 * 52)
    happened = (found["scaling_break"][-1] < NEVER).mean()
    # Five standard errors: a correct model fails once in two million seeds; the seed is fixed.
    assert abs(happened - expected) < 5.0 * math.sqrt(expected * (1.0 - expected) / 4096)
    assert np.diff(found["capability"], axis=0).min() >= 0.0


def test_breaks_slow_capability_down():
    never = rows(holding({"scaling_break_hazard": 0.0}), ("capability",))["capability"]
    soon = rows(holding({"scaling_break_hazard": 1.0}), ("capability",))["capability"]
    assert (soon[-1] < never[-1]).all()
