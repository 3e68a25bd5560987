"""Correlations of the fitted scaling-law coefficients, derived because only their standard errors are published.

Besiroglu et al. 2024 (repository epoch-research/analyzing-chinchilla) publish estimates and standard errors of
(ln A, ln B, ln E, a, b) in L = E + A N^-a + B D^-b and of the compute exponent b / (a + b), but not the covariance.
The coefficients are far from independent: a and ln A move together, and so do b and ln B.

Derivation. With errors of equal size s on ln L, the covariance of the estimates is s^2 (sum g g')^-1, where g
is the gradient of ln L to the coefficients at one run (Fisher information of a regression). It needs the runs'
N and D. The design stands in for the 245 runs read off the published figure: nine compute budgets from 6e18 to 3e21
FLOP (Hoffmann et al. 2022), 27 model sizes each, evenly spaced in ln N within a factor ``width`` of ``shift``
times the optimum, models between 44M and 16B parameters. The two unknowns of the design, ``width`` and ``shift``, are
chosen so that the five derived standard errors are in the proportions of the published ones; s drops out.

What is published: the estimates and the six standard errors. What is derived: the correlations. The check is the
sixth standard error, of b / (a + b), which takes no part in the choice.

Run this file to print the matrix; a test compares it with the one in configs/baseline.toml.
"""

from __future__ import annotations

import itertools

import numpy as np

NAMES = ("ln A", "ln B", "ln E", "a", "b")
ESTIMATES = (482.00572, 2085.43420, 1.81686, 0.34781, 0.36585)
STANDARD_ERRORS = np.array([0.258, 0.421, 0.014, 0.0154, 0.0206])
EXPONENT_ERROR = 0.020

BUDGETS = (6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21)
SIZES_PER_BUDGET = 27
SMALLEST, LARGEST = 44e6, 16e9
WIDTHS = np.arange(1.5, 4.01, 0.1)
SHIFTS = np.arange(0.5, 1.51, 0.05)


def runs(width: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and tokens of the runs of a design."""
    a_coefficient, b_coefficient, _, a, b = ESTIMATES
    g = (a * a_coefficient / (b * b_coefficient)) ** (1.0 / (a + b))
    params, tokens = [], []
    for flop in BUDGETS:
        centre = shift * g * (flop / 6.0) ** (b / (a + b))
        low, high = max(SMALLEST, centre / width), min(LARGEST, centre * width)
        sizes = np.exp(np.linspace(np.log(low), np.log(high), SIZES_PER_BUDGET))
        params.append(sizes)
        tokens.append(flop / 6.0 / sizes)
    return np.concatenate(params), np.concatenate(tokens)


def covariance(width: float, shift: float) -> np.ndarray:
    """Covariance of the five coefficients for errors of 1 on ln L."""
    a_coefficient, b_coefficient, e, a, b = ESTIMATES
    params, tokens = runs(width, shift)
    by_size, by_text = a_coefficient * params**-a, b_coefficient * tokens**-b
    constant = np.full_like(params, e)
    gradient = np.array([by_size, by_text, constant, -by_size * np.log(params), -by_text * np.log(tokens)])
    gradient = gradient / (e + by_size + by_text)
    return np.linalg.inv(gradient @ gradient.T)


def mismatch(width: float, shift: float) -> float:
    """Root mean square of the log ratios of derived to published standard errors, their common factor removed."""
    ratio = np.log(STANDARD_ERRORS / np.sqrt(np.diag(covariance(width, shift))))
    return float(np.sqrt(np.mean((ratio - ratio.mean()) ** 2)))


def best_design() -> tuple[float, float]:
    """Width and shift of the design whose standard errors have the published proportions."""
    return min(itertools.product(WIDTHS, SHIFTS), key=lambda design: mismatch(*design))


def correlation_matrix() -> np.ndarray:
    """Correlations of (ln A, ln B, ln E, a, b), to four digits."""
    found = covariance(*best_design())
    sizes = np.sqrt(np.diag(found))
    return np.round(found / np.outer(sizes, sizes), 4)


def exponent_error(correlations: np.ndarray) -> float:
    """Standard error of b / (a + b) from the published errors of a and b and these correlations."""
    *_, a, b = ESTIMATES
    gradient = np.array([-b, a]) / (a + b) ** 2
    errors = STANDARD_ERRORS[3:]
    return float(np.sqrt(gradient @ (correlations[3:, 3:] * np.outer(errors, errors)) @ gradient))


def main() -> None:
    """Print design, fit, correlations and the check."""
    width, shift = best_design()
    sizes = np.sqrt(np.diag(covariance(width, shift)))
    scale = float(np.exp(np.mean(np.log(STANDARD_ERRORS / sizes))))
    matrix = correlation_matrix()
    print(f"design: sizes within a factor {width:.2f} of {shift:.2f} times the optimum; error on ln L {scale:.4f}")
    print("standard errors of", ", ".join(NAMES))
    print("  published", *(f"{value:.4f}" for value in STANDARD_ERRORS))
    print("  derived  ", *(f"{value:.4f}" for value in scale * sizes), f"(rms difference {mismatch(width, shift):.1%})")
    print("correlations")
    for row in matrix:
        print("  " + " ".join(f"{value:8.4f}" for value in row))
    print(f"check: standard error of b / (a + b) {exponent_error(matrix):.4f}, published {EXPONENT_ERROR:.3f}")


if __name__ == "__main__":
    main()
