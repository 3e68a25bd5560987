"""Published and recomputed figures that the laws must reproduce (relative 1e-6 unless a test says less)."""

import math

import pytest

from stackcast.laws.adoption import bass_adoption, bass_peak
from stackcast.laws.datacentre import annual_cost, end_revenue_needed
from stackcast.laws.learning import wright_exponent
from stackcast.laws.pricing import unconstrained_margin
from stackcast.laws.scaling import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    MUENNIGHOFF_2023,
    compute_optimal,
    data_constrained_loss,
    data_constrained_optimum,
    effective_tokens,
)

R_DATA = MUENNIGHOFF_2023.r_data


def test_a1_data_constrained_loss_of_the_chosen_run():
    """Muennighoff et al. 2023, huggingface/datablations: N 6.34e9, D 242e9, U 25e9."""
    assert data_constrained_loss(6.34e9, 242e9, 25e9, MUENNIGHOFF_2023) == pytest.approx(2.2256440889984477, rel=1e-12)


def test_a2_data_constrained_loss_of_the_chinchilla_run():
    """Muennighoff et al. 2023, huggingface/datablations: N 8.67e9, D 178e9, U 25e9."""
    assert data_constrained_loss(8.67e9, 178e9, 25e9, MUENNIGHOFF_2023) == pytest.approx(2.2269634075087867, rel=1e-12)


def test_a3_data_constrained_optimum():
    """Recomputed from the law of Muennighoff et al. 2023 at C 1e22, U 25e9; their grid agrees to 0.1 %."""
    params, tokens, loss = data_constrained_optimum(1e22, 25e9, MUENNIGHOFF_2023)
    assert tokens == pytest.approx(2.37209e11, rel=1e-4)
    assert tokens / 25e9 == pytest.approx(9.4884, rel=1e-4)
    assert params == pytest.approx(7.02616e9, rel=1e-4)
    assert loss == pytest.approx(2.222129, rel=1e-6)


@pytest.mark.parametrize(
    ("epochs", "worth"),
    [(1, 1.0), (2, 1.9682), (4, 3.7257), (8, 6.6241), (16, 10.5825), (40, 15.1675), (100, 16.3630), (1e30, 16.3878)],
)
def test_a4_what_epochs_are_worth(epochs, worth):
    """Recomputed from Muennighoff et al. 2023, eq. 5, with R* of the C4 fit; 1e30 epochs stand for infinitely many."""
    unique = 25e9
    assert effective_tokens(epochs * unique, unique, R_DATA) / unique == pytest.approx(worth, rel=1e-4)


def test_a5_four_epochs_against_fresh_data():
    """Recomputed from Muennighoff et al. 2023, eq. 5."""
    assert effective_tokens(4.0, 1.0, R_DATA) / 4.0 == pytest.approx(0.9314, rel=1e-4)


@pytest.mark.parametrize(("epoch", "value"), [(4, 0.8229), (16, 0.3773), (40, 0.0793)])
def test_a5_marginal_value_of_a_token(epoch, value):
    """Recomputed from Muennighoff et al. 2023, eq. 5: what one more token adds, fresh = 1 (0.0793 has three digits)."""
    step = 1e-4
    more, less = (effective_tokens(epoch + s, 1.0, R_DATA) for s in (step, -step))
    assert (more - less) / (2.0 * step) == pytest.approx(value, rel=1e-4, abs=5e-5)


def test_a6_compute_optimal_by_the_refit():
    """Recomputed from Besiroglu et al. 2024 (epoch-research/analyzing-chinchilla) at 5.88e23 FLOP, Gopher's budget."""
    assert compute_optimal(6.0, BESIROGLU_2024)[0] == pytest.approx(0.119631, rel=1e-4)  # C/6 = 1 leaves G
    params, tokens = compute_optimal(5.88e23, BESIROGLU_2024)
    assert params == pytest.approx(7.3122e10, rel=1e-4)
    assert tokens == pytest.approx(1.3402e12, rel=1e-4)
    assert tokens / params == pytest.approx(18.329, rel=1e-4)


def test_a7_unrounded_coefficients_of_the_first_fit():
    """Hoffmann et al. 2022, unrounded; rounded to the paper's text they give 92.83 tokens a parameter."""
    params, tokens = compute_optimal(5.88e23, HOFFMANN_2022)
    assert tokens / params == pytest.approx(59.04, rel=1e-3)
    rounded = HOFFMANN_2022._replace(A=406.4, B=410.7, E=1.69, alpha=0.34, beta=0.28)
    params, tokens = compute_optimal(5.88e23, rounded)
    assert tokens / params == pytest.approx(92.83, rel=1e-3)


def test_a8_bass_adoption():
    """Closed form of Bass 1969 at p 0.03, q 0.38."""
    peak = bass_peak(0.03, 0.38)
    assert peak == pytest.approx(6.1926, rel=1e-4)
    assert bass_adoption(peak, 0.03, 0.38) == pytest.approx(0.46053, rel=1e-4)
    assert bass_adoption(5.0, 0.03, 0.38) == pytest.approx(0.33120, rel=1e-4)
    assert bass_adoption(10.0, 0.03, 0.38) == pytest.approx(0.81280, rel=1e-4)


@pytest.mark.parametrize(("ratio", "exponent"), [(0.8, 0.321928), (0.9, 0.152003)])
def test_a9_wright_exponent(ratio, exponent):
    """Closed form, -log2 of the progress ratio (Wright 1936); the figures have six digits."""
    assert wright_exponent(ratio) == pytest.approx(exponent, rel=1e-6, abs=5e-7)
    assert wright_exponent(ratio) == pytest.approx(-math.log2(ratio), rel=1e-12)


@pytest.mark.parametrize(("h", "percent"), [(1.1, 90.9), (2.0, 50.0), (2.4, 41.7)])
def test_a10_margin_of_the_profit_maximising_lab(h, percent):
    """Derived from the first-order condition of the lab in Villalobos et al. 2024: 1/h (figures to 0.1 %)."""
    assert 100.0 * unconstrained_margin(h) == pytest.approx(percent, abs=0.05)
    assert unconstrained_margin(h) == pytest.approx(1.0 / h, rel=1e-15)


@pytest.mark.parametrize(("life", "cost"), [(3, 11.97), (5, 8.51), (7, 7.04)])
def test_a11_annual_cost_of_one_gigawatt(life, cost):
    """Recomputed from Epoch AI's one-gigawatt model (2026): r 7 %, IT 25.2, facility 12.8, opex 0.9 $B."""
    assert annual_cost(life) == pytest.approx(cost, abs=0.01)


@pytest.mark.parametrize(("gpu_revenue", "needed"), [(50.0, 200.0), (150.0, 600.0)])
def test_a13_revenue_that_pays_for_the_chips(gpu_revenue, needed):
    """Sequoia Capital (Cahn 2023 and 2024): half of a data centre's cost is GPUs, half of revenue is margin."""
    assert end_revenue_needed(gpu_revenue) == pytest.approx(needed, rel=1e-15)
