"""Scalar mathematics for reading a scenario: the same bits on every machine.

A prior's parameters reach every draw, so nothing here may come from the C library, whose last bits
differ between processors: logarithms and normal quantiles are the engine's, sums are plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from stackcast.engine import vecmath
from stackcast.engine.jit import compiled

NOT_POSITIVE = 1e-12
"""A Cholesky pivot below this counts as zero (perfectly correlated priors are allowed)."""


# One-line wrappers: the compile cache does not look at this file, so nothing more may go into them.
def _log(x):
    return vecmath.log(x)


def _exp(x):
    return vecmath.exp(x)


def _inverse_normal(u):
    return vecmath.inverse_normal(u)


def _normal_cdf(z):
    return vecmath.normal_cdf(z)


_compiled_log = compiled("float64(float64)", key="scenario")(_log)
_compiled_exp = compiled("float64(float64)", key="scenario")(_exp)
_compiled_inverse_normal = compiled("float64(float64)", key="scenario")(_inverse_normal)
_compiled_normal_cdf = compiled("float64(float64)", key="scenario")(_normal_cdf)


def log(x: float) -> float:
    """Natural logarithm of x > 0."""
    return float(_compiled_log(float(x)))


def exp(x: float) -> float:
    """e to the x."""
    return float(_compiled_exp(float(x)))


def normal_score(p: float) -> float:
    """Standard normal quantile of 0 < p < 1."""
    return float(_compiled_inverse_normal(float(p)))


def normal_cdf(z: float) -> float:
    """Standard normal distribution function."""
    return float(_compiled_normal_cdf(float(z)))


def score_correlation(rank: float) -> float:
    """Pearson correlation of normal scores that gives this Spearman correlation: 2 sin(pi r / 6).

    Pearson 1907; the sine is summed as its series (|x| <= pi / 6 needs nine terms).
    """
    if abs(rank) == 1.0:
        return rank
    x = math.pi * rank / 6.0
    total, term = 0.0, x
    for k in range(1, 12):
        total += term
        term = -term * x * x / ((2 * k) * (2 * k + 1))
    return 2.0 * total


def cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """Lower factor of a correlation matrix, in plain floats; None if it is not positive semi-definite.

    fsum, because the plain sum of floats gives other bits from Python 3.12 on.
    """
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for j in range(size):
        pivot = matrix[j][j] - math.fsum(lower[j][k] * lower[j][k] for k in range(j))
        if pivot < -NOT_POSITIVE:
            return None
        root = math.sqrt(pivot) if pivot > NOT_POSITIVE else 0.0
        lower[j][j] = root
        for i in range(j + 1, size):
            rest = matrix[i][j] - math.fsum(lower[i][k] * lower[j][k] for k in range(j))
            if root == 0.0 and abs(rest) > 1e-6:
                return None
            lower[i][j] = rest / root if root else 0.0
    return lower
