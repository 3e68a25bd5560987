"""The correlations of the scaling-law coefficients that ship are those of their derivation."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path

import numpy as np
import pytest

from stackcast.scenario import maths

ROOT = Path(__file__).resolve().parents[2]
PRIORS = ("scaling_ln_a", "scaling_ln_b", "scaling_ln_e", "scaling_alpha", "scaling_beta")


@pytest.fixture(scope="module")
def derivation():
    path = ROOT / "docs" / "derivations" / "scaling_covariance.py"
    spec = importlib.util.spec_from_file_location("scaling_covariance", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def baseline():
    return tomllib.loads((ROOT / "configs" / "baseline.toml").read_text())


def test_the_shipped_matrix_is_the_derived_one(derivation, baseline):
    shipped = baseline["correlations"]["scaling_law"]
    assert tuple(shipped["between"]) == PRIORS
    assert shipped["kind"] == "pearson_of_scores"
    lower = derivation.correlation_matrix()
    # The last of four digits may turn with the rounding of another linear algebra library.
    for i, row in enumerate(shipped["matrix"]):
        np.testing.assert_allclose(row[: i + 1], lower[i, : i + 1], atol=1.1e-4)
    assert maths.cholesky(lower.tolist()) is not None


def test_the_shipped_priors_are_the_published_estimates_and_errors(derivation, baseline):
    means = [*np.log(derivation.ESTIMATES[:3]), *derivation.ESTIMATES[3:]]
    for name, mean, error in zip(PRIORS, means, derivation.STANDARD_ERRORS, strict=True):
        prior = baseline["priors"][name]
        assert (prior["dist"], prior["sd"]) == ("normal", error)
        assert prior["mean"] == pytest.approx(mean, abs=1e-6)


def test_the_design_reproduces_the_published_proportions(derivation):
    assert derivation.mismatch(*derivation.best_design()) < 0.02


def test_the_error_of_the_compute_exponent_comes_near_the_published_one(derivation):
    found = derivation.exponent_error(derivation.correlation_matrix())
    assert found == pytest.approx(derivation.EXPONENT_ERROR, rel=0.15)
    # Without correlations between a and b the check would be as good; with the sign wrong it would not be.
    flipped = derivation.correlation_matrix()
    flipped[3, 4] = flipped[4, 3] = 0.7
    assert derivation.exponent_error(flipped) < 0.6 * derivation.EXPONENT_ERROR


def test_information_of_a_straight_line_is_the_textbook_covariance(derivation):
    # With one coefficient known, the covariance is the inverse of a submatrix: a consistency check of the gradient.
    width, shift = 2.0, 1.0
    params, tokens = derivation.runs(width, shift)
    step = 1e-6
    a_coefficient, b_coefficient, e, a, b = derivation.ESTIMATES

    def log_loss(ln_a, ln_b, ln_e, alpha, beta):
        return np.log(np.exp(ln_e) + np.exp(ln_a) * params**-alpha + np.exp(ln_b) * tokens**-beta)

    at = np.array([np.log(a_coefficient), np.log(b_coefficient), np.log(e), a, b])
    gradient = []
    for k in range(5):
        up, down = at.copy(), at.copy()
        up[k] += step
        down[k] -= step
        gradient.append((log_loss(*up) - log_loss(*down)) / (2 * step))
    numeric = np.linalg.inv(np.array(gradient) @ np.array(gradient).T)
    np.testing.assert_allclose(derivation.covariance(width, shift), numeric, rtol=1e-3)
