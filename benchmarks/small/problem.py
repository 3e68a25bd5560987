"""The two jobs, and what comes out of them in closed form.

Both results are lognormal. Asked for are the mean and three quantiles: of the product, and of the size after every
fourth of forty steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

MU = np.array([0.0, 0.5, -0.2, 1.0, 0.1, -0.4])
SIGMA = np.array([0.5, 0.3, 0.4, 0.2, 0.6, 0.1])
CORRELATION = 0.6
"""Of the logarithms of the first two factors."""

STEPS, EVERY = 40, 4
GROWTH_MEAN, GROWTH_SPREAD = 0.02, 0.06
QUANTILES = (0.05, 0.5, 0.95)

COVARIANCE = np.diag(SIGMA**2)
COVARIANCE[0, 1] = COVARIANCE[1, 0] = CORRELATION * SIGMA[0] * SIGMA[1]


@dataclass(frozen=True)
class Lognormal:
    """Mean and standard deviation of the logarithm, one entry a date."""

    mu: np.ndarray
    sigma: np.ndarray

    def answer(self) -> np.ndarray:
        """Mean and quantiles, a row a date."""
        mean = np.exp(self.mu + 0.5 * self.sigma**2)
        return np.column_stack([mean, *(np.exp(self.mu + self.sigma * norm.ppf(q)) for q in QUANTILES)])

    def errors(self, size: int) -> np.ndarray:
        """Standard errors of the answer from so many draws."""
        answer = self.answer()
        mean = answer[:, 0] * np.sqrt(np.expm1(self.sigma**2) / size)
        density = [norm.pdf(norm.ppf(q)) / (self.sigma * answer[:, k + 1]) for k, q in enumerate(QUANTILES)]
        spread = [np.sqrt(q * (1.0 - q) / size) for q in QUANTILES]
        return np.column_stack([mean, *(s / d for s, d in zip(spread, density, strict=True))])


_dates = np.arange(EVERY, STEPS + 1, EVERY)
JOBS = {
    "product": Lognormal(np.array([MU.sum()]), np.sqrt(np.array([COVARIANCE.sum()]))),
    "growth": Lognormal(GROWTH_MEAN * _dates, GROWTH_SPREAD * np.sqrt(_dates)),
}


def distance(job: str, found: np.ndarray, size: int) -> float:
    """Largest difference to the closed form, in standard errors."""
    wanted = JOBS[job]
    return float(np.max(np.abs(found - wanted.answer()) / wanted.errors(size)))


def answer_from(draws: np.ndarray) -> np.ndarray:
    """Mean and quantiles of draws (dates, size), as NumPy finds them fastest."""
    draws = np.atleast_2d(draws)
    return np.column_stack([draws.mean(axis=1), *np.quantile(draws, QUANTILES, axis=1)])
