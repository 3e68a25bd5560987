"""Scaling laws: closed forms, limits, signs, and the two optima against scipy's root finders."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from stackcast.laws.scaling import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    MUENNIGHOFF_2023,
    ScalingFit,
    compute_optimal,
    data_constrained_loss,
    data_constrained_optimum,
    effective_tokens,
    inference_aware_optimum,
    kaplan_loss,
    loss,
)

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=150)
FITS = [HOFFMANN_2022, BESIROGLU_2024, MUENNIGHOFF_2023]
fits = st.builds(
    ScalingFit,
    A=st.floats(10.0, 1e4),
    B=st.floats(10.0, 1e4),
    E=st.floats(0.0, 3.0),
    alpha=st.floats(0.1, 0.8),
    beta=st.floats(0.1, 0.8),
    r_data=st.floats(0.5, 50.0),
    r_params=st.floats(0.5, 50.0),
)


def log_uniform(low, high):
    return st.floats(low, high).map(lambda exponent: 10.0**exponent)


def reference_loss(log_params, flop, unique, fit):
    """Loss of surplus size and repeated data written out again, for complex numbers too."""
    g = (fit.alpha * fit.A / (fit.beta * fit.B)) ** (1.0 / (fit.alpha + fit.beta))
    matched = (unique * g) ** (fit.beta / fit.alpha) * g
    n, d = np.exp(log_params), flop / 6.0 / np.exp(log_params)

    def worth(x, fresh, fade):
        return x if np.real(x) <= fresh else fresh * (1.0 + fade * (1.0 - np.exp(-(x / fresh - 1.0) / fade)))

    return (
        fit.E
        + fit.A * worth(n, matched, fit.r_params) ** -fit.alpha
        + fit.B * worth(d, unique, fit.r_data) ** -fit.beta
    )


def slope(log_params, flop, unique, fit):
    """Derivative of the reference loss by a complex step: exact to rounding, independent of the law."""
    return reference_loss(log_params + 1e-30j, flop, unique, fit).imag / 1e-30


def test_presets_are_the_published_figures():
    for fit, logs in ((HOFFMANN_2022, (6.0073404, 6.0179186, 0.5267228)),
                      (MUENNIGHOFF_2023, (6.255414, 7.3049974, 0.6254804))):  # fmt: skip
        assert fit[:3] == pytest.approx([math.exp(x) for x in logs], rel=1e-15)
    assert BESIROGLU_2024[:5] == (482.00572, 2085.43420, 1.81686, 0.34781, 0.36585)
    assert HOFFMANN_2022[3:5] == (0.33917084, 0.2849083)
    assert MUENNIGHOFF_2023[3:] == (0.3526596, 0.3526596, 15.387756, 5.309743)
    assert HOFFMANN_2022[5:] == BESIROGLU_2024[5:] == MUENNIGHOFF_2023[5:]


def test_fit_is_a_named_tuple_with_defaults_for_repetition():
    assert ScalingFit._fields == ("A", "B", "E", "alpha", "beta", "r_data", "r_params")
    assert ScalingFit(1.0, 2.0, 3.0, 0.3, 0.4)[5:] == (15.387756, 5.309743)


@deterministic
@given(n=log_uniform(3, 40), d=log_uniform(3, 40), fit=fits)
def test_loss_is_its_formula(n, d, fit):
    expected = fit.E + fit.A * n**-fit.alpha + fit.B * d**-fit.beta
    assert loss(n, d, fit) == pytest.approx(expected, rel=1e-13)


@deterministic
@given(n=log_uniform(6, 13), d=log_uniform(8, 15), fit=fits, more=st.floats(1.1, 10.0))
def test_loss_falls_with_size_and_data_to_its_floor(n, d, fit, more):
    here = loss(n, d, fit)
    assert loss(n * more, d, fit) < here
    assert loss(n, d * more, fit) < here
    assert here > fit.E


def test_floor_is_reached_in_the_limit():
    assert loss(1e300, 1e300, BESIROGLU_2024) == BESIROGLU_2024.E


@deterministic
@given(flop=log_uniform(10, 40), fit=fits)
def test_compute_optimum_spends_the_compute_and_balances_marginal_gains(flop, fit):
    n, d = compute_optimal(flop, fit)
    assert 6.0 * n * d == pytest.approx(flop, rel=1e-14)
    # At the optimum one per cent of size is worth as much as one per cent of data.
    assert fit.alpha * fit.A * n**-fit.alpha == pytest.approx(fit.beta * fit.B * d**-fit.beta, rel=1e-11)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("flop", [1e18, 5.88e23, 1e30])
def test_compute_optimum_is_the_minimum_scipy_finds(flop, fit):
    best = minimize_scalar(lambda x: loss(math.exp(x), flop / 6.0 / math.exp(x), fit), bracket=(10.0, 30.0), tol=1e-12)
    n, d = compute_optimal(flop, fit)
    assert loss(n, d, fit) == pytest.approx(best.fun, rel=1e-13)
    assert n == pytest.approx(math.exp(best.x), rel=1e-5)


def test_compute_optimal_size_grows_with_the_published_exponent():
    n1, n2 = (compute_optimal(flop, BESIROGLU_2024)[0] for flop in (1e23, 1e25))
    assert math.log10(n2 / n1) / 2.0 == pytest.approx(0.513, abs=0.001)


@pytest.mark.parametrize("r_star", [1e-6, 0.3, 15.387756, 1e9, 1e15])
def test_fresh_tokens_count_in_full(r_star):
    assert effective_tokens(7e10, 7e10, r_star) == 7e10
    assert effective_tokens(3.0, 7e10, r_star) == 3.0


@deterministic
@given(epochs=st.floats(1.0, 1e4), more=st.floats(1.01, 10.0), r_star=log_uniform(-2, 6))
def test_repetition_helps_ever_less_and_never_beyond_its_limit(epochs, more, r_star):
    once = effective_tokens(epochs, 1.0, r_star)
    assert 1.0 <= once <= effective_tokens(epochs * more, 1.0, r_star)
    assert once <= min(epochs, 1.0 + r_star) * (1.0 + 1e-15)


def test_tokens_that_do_not_fade_are_fresh():
    # 1 - e^(-R/R*) cancels to nothing here unless it is computed from its series.
    assert effective_tokens(5e11, 1e11, 1e15) == pytest.approx(5e11, rel=1e-14)
    assert effective_tokens(1.0 + 1e-9, 1.0, 15.0) - 1.0 == pytest.approx(1e-9, rel=1e-6)


@pytest.mark.parametrize("r_star", [1e-3, 15.387756, 1e6])
def test_infinite_epochs_are_worth_one_plus_r_star(r_star):
    assert effective_tokens(1e40, 1e3, r_star) == pytest.approx(1e3 * (1.0 + r_star), rel=1e-14)


@deterministic
@given(n=log_uniform(3, 15), d=log_uniform(3, 18), u=log_uniform(3, 15), fit=fits)
def test_data_constraint_never_lowers_the_loss(n, d, u, fit):
    assert data_constrained_loss(n, d, u, fit) >= loss(n, d, fit) * (1.0 - 1e-14)


@deterministic
@given(u=log_uniform(9, 14), down=st.floats(0.01, 0.999), fit=fits)
def test_without_repetition_and_surplus_both_laws_agree(u, down, fit):
    g = (fit.alpha * fit.A / (fit.beta * fit.B)) ** (1.0 / (fit.alpha + fit.beta))
    matched = (u * g) ** (fit.beta / fit.alpha) * g
    n, d = matched * down, u * down
    assert data_constrained_loss(n, d, u, fit) == pytest.approx(loss(n, d, fit), rel=1e-15)


@deterministic
@given(flop=log_uniform(14, 32), u=log_uniform(6, 14), fit=fits)
def test_constrained_optimum_is_where_the_slope_vanishes(flop, u, fit):
    n, d, best = data_constrained_optimum(flop, u, fit)
    assert 6.0 * n * d == pytest.approx(flop, rel=1e-14)
    assert best == data_constrained_loss(n, d, u, fit)
    fresh = compute_optimal(flop, fit)
    if fresh[1] <= u:
        assert (n, d) == pytest.approx(fresh, rel=1e-14)
        return
    # Far beyond R* every size is equally good to the last digit and the reference slope is rounding.
    assume(fresh[1] > 1.000001 * u and d < 15.0 * fit.r_data * u)
    # The law's convexity argument brackets the optimum: size at least N*(U), data at least U.
    g = compute_optimal(6.0, fit)[0]
    low, high = (
        (fit.beta / fit.alpha + 1.0) * math.log(g) + fit.beta / fit.alpha * math.log(u),
        math.log(flop / 6.0 / u),
    )
    inside = 1e-12 * abs(high)
    root = brentq(slope, low + inside, high - inside, args=(flop, u, fit), xtol=1e-14, rtol=1e-14)
    assert math.log(n) == pytest.approx(root, abs=1e-9)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(("flop", "unique"), [(1e22, 25e9), (1e26, 1e12), (5e29, 3e14), (1e40, 1e3), (1e20, 1e15)])
def test_constrained_optimum_beats_every_other_size(flop, unique, fit):
    n, _, best = data_constrained_optimum(flop, unique, fit)
    for factor in (1e-3, 0.1, 0.5, 0.9, 0.999, 1.001, 1.1, 2.0, 10.0, 1e3):
        assert data_constrained_loss(n * factor, flop / 6.0 / (n * factor), unique, fit) >= best * (1.0 - 1e-15)


def test_optimum_is_continuous_where_repetition_begins():
    unique = 1e12
    matched = compute_optimal(6.0, BESIROGLU_2024)[0]
    ratio = BESIROGLU_2024.beta / BESIROGLU_2024.alpha
    flop = 6.0 * unique * (unique * matched) ** ratio * matched
    below, above = (data_constrained_optimum(flop * (1.0 + e), unique, BESIROGLU_2024) for e in (-1e-9, 1e-9))
    assert below == pytest.approx(above, rel=1e-8)


def test_more_text_is_used_and_never_hurts():
    losses, epochs = [], []
    for unique in np.geomspace(1e9, 1e13, 9):
        _, tokens, best = data_constrained_optimum(1e24, unique, MUENNIGHOFF_2023)
        losses.append(best)
        epochs.append(tokens / unique)
    assert losses == sorted(losses, reverse=True)
    assert epochs == sorted(epochs, reverse=True)


def test_surplus_compute_goes_to_epochs_before_size():
    # Muennighoff et al. 2023: R_D* > R_N*, so that epochs grow faster than parameters.
    n, d, _ = data_constrained_optimum(1e23, 25e9, MUENNIGHOFF_2023)
    matched, fresh = compute_optimal(
        6.0 * 25e9 * 25e9 * compute_optimal(6.0, MUENNIGHOFF_2023)[0] ** 2, MUENNIGHOFF_2023
    )
    assert fresh == pytest.approx(25e9, rel=1e-12)
    assert d / fresh > n / matched > 1.0


@deterministic
@given(gap=log_uniform(-3, 1), served=log_uniform(3, 20), fit=fits)
def test_sizing_meets_the_target_at_least_cost(gap, served, fit):
    target = fit.E + gap
    n, d = inference_aware_optimum(target, served, fit)
    assert fit.A * n**-fit.alpha + fit.B * d**-fit.beta == pytest.approx(target - fit.E, rel=1e-10)

    def log_cost(log_share):
        # Along the target: v = e^log_share of the reducible loss is left to data.
        v = math.exp(log_share)
        reducible = target - fit.E
        size = (fit.A / (reducible * (1.0 - v))) ** (1.0 / fit.alpha)
        data = (fit.B / (reducible * v)) ** (1.0 / fit.beta)
        return math.log(size) + math.log(6.0 * data + 2.0 * served)

    here = math.log(n) + math.log(6.0 * d + 2.0 * served)
    best = minimize_scalar(log_cost, bounds=(-60.0, -1e-9), method="bounded", options={"xatol": 1e-11})
    assert here <= best.fun + 1e-9 * abs(best.fun)
    # The first-order condition holds, which pins the sizes and not only the cost.
    share = 3.0 * d / (3.0 * d + served)
    assert fit.alpha * fit.A * n**-fit.alpha * share == pytest.approx(fit.beta * fit.B * d**-fit.beta, rel=1e-9)


@pytest.mark.parametrize("fit", FITS)
def test_without_inference_the_compute_optimum_remains(fit):
    n, d = inference_aware_optimum(fit.E + 0.2, 0.0, fit)
    assert compute_optimal(6.0 * n * d, fit) == pytest.approx((n, d), rel=1e-12)


@pytest.mark.parametrize("fit", FITS)
def test_more_inference_means_smaller_models_trained_longer(fit):
    points = [inference_aware_optimum(fit.E + 0.2, served, fit) for served in (0.0, 1e9, 1e12, 1e15, 1e20, 1e40)]
    sizes, data = zip(*points, strict=True)
    assert list(sizes) == sorted(sizes, reverse=True)
    assert list(data) == sorted(data)
    # However much is served, a model too small for the target does not exist.
    assert min(sizes) > (fit.A / 0.2) ** (1.0 / fit.alpha) * (1.0 - 1e-9)


def test_target_at_the_irreducible_loss_is_refused_and_just_above_is_not():
    with pytest.raises(ValueError, match=r"target_loss = 1\.81686: must be a finite number > 1\.81686"):
        inference_aware_optimum(BESIROGLU_2024.E, 1e12, BESIROGLU_2024)
    n, d = inference_aware_optimum(BESIROGLU_2024.E + 1e-9, 1e12, BESIROGLU_2024)
    assert n > 1e30
    assert d > 1e30


@deterministic
@given(n=log_uniform(3, 40), d=log_uniform(3, 40))
def test_kaplan_loss_is_its_formula(n, d):
    expected = ((8.8e13 / n) ** (0.076 / 0.095) + 5.4e13 / d) ** 0.095
    assert kaplan_loss(n, d) == pytest.approx(expected, rel=1e-13)


def test_kaplan_loss_has_its_single_limits():
    assert kaplan_loss(1e9, 1e40) == pytest.approx((8.8e13 / 1e9) ** 0.076, rel=1e-12)
    assert kaplan_loss(1e40, 1e9) == pytest.approx((5.4e13 / 1e9) ** 0.095, rel=1e-12)
