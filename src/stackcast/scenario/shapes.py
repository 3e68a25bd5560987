"""Continuous distributions as the scenario sees them: quantile functions and probabilities.

Both tails are kept apart (``ppf``/``isf``, ``cdf``/``sf``), so that a truncated or mixed distribution stays exact far
out. Array methods use ``scipy.special``, imported only when one is called; normals, lognormals, uniforms and
triangulars reach the engine by their parameters and never need it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from stackcast.scenario import maths


def _special():
    import scipy.special

    return scipy.special


class Shape(Protocol):
    """A continuous distribution, before truncation."""

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value."""

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Probability at or below x."""

    def sf(self, x: np.ndarray) -> np.ndarray:
        """Probability above x."""

    def ppf(self, u: np.ndarray) -> np.ndarray:
        """Value with probability u below it."""

    def isf(self, s: np.ndarray) -> np.ndarray:
        """Value with probability s above it."""


@dataclass(frozen=True)
class Normal:
    """Normal distribution."""

    mean: float
    sd: float
    support = (-math.inf, math.inf)

    def probability(self, x: float) -> tuple[float, float]:
        """Probability below and above x, the same bits on every machine."""
        z = (x - self.mean) / self.sd
        return maths.normal_cdf(z), maths.normal_cdf(-z)

    def cdf(self, x):
        return _special().ndtr((x - self.mean) / self.sd)

    def sf(self, x):
        return _special().ndtr((self.mean - x) / self.sd)

    def ppf(self, u):
        return self.mean + self.sd * _special().ndtri(u)

    def isf(self, s):
        return self.mean - self.sd * _special().ndtri(s)


@dataclass(frozen=True)
class LogNormal:
    """Normal in the logarithm."""

    mu: float
    sigma: float
    support = (0.0, math.inf)

    @property
    def logarithm(self) -> Normal:
        """Distribution of the logarithm."""
        return Normal(self.mu, self.sigma)

    def probability(self, x: float) -> tuple[float, float]:
        return self.logarithm.probability(maths.log(x)) if x > 0.0 else (0.0, 1.0)

    def cdf(self, x):
        return self.logarithm.cdf(np.log(np.maximum(x, 1e-300)))

    def sf(self, x):
        return self.logarithm.sf(np.log(np.maximum(x, 1e-300)))

    def ppf(self, u):
        return np.exp(self.logarithm.ppf(u))

    def isf(self, s):
        return np.exp(self.logarithm.isf(s))


@dataclass(frozen=True)
class Uniform:
    """Evenly between two bounds."""

    low: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def probability(self, x: float) -> tuple[float, float]:
        u = min(max((x - self.low) / (self.high - self.low), 0.0), 1.0)
        return u, 1.0 - u

    def cdf(self, x):
        return np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)

    def sf(self, x):
        return np.clip((self.high - x) / (self.high - self.low), 0.0, 1.0)

    def ppf(self, u):
        return self.low + (self.high - self.low) * u

    def isf(self, s):
        return self.high - (self.high - self.low) * s


@dataclass(frozen=True)
class Triangular:
    """Density rising from the lower bound to the mode and falling to the upper."""

    low: float
    mode: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def probability(self, x: float) -> tuple[float, float]:
        below = float(self.cdf(np.float64(x)))
        return below, float(self.sf(np.float64(x)))

    def _rising(self, x):
        return (x - self.low) * (x - self.low) / ((self.high - self.low) * (self.mode - self.low))

    def _falling(self, x):
        return (self.high - x) * (self.high - x) / ((self.high - self.low) * (self.high - self.mode))

    def cdf(self, x):
        x = np.clip(x, self.low, self.high)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x < self.mode, self._rising(x), 1.0 - self._falling(x) if self.mode < self.high else 1.0)

    def sf(self, x):
        x = np.clip(x, self.low, self.high)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x < self.mode, 1.0 - self._rising(x), self._falling(x) if self.mode < self.high else 0.0)

    def ppf(self, u):
        span = self.high - self.low
        left = self.low + np.sqrt(u * span * (self.mode - self.low))
        right = self.high - np.sqrt((1.0 - u) * span * (self.high - self.mode))
        return np.where(u * span < self.mode - self.low, left, right)

    def isf(self, s):
        span = self.high - self.low
        left = self.low + np.sqrt((1.0 - s) * span * (self.mode - self.low))
        right = self.high - np.sqrt(s * span * (self.high - self.mode))
        return np.where(s * span > self.high - self.mode, left, right)


@dataclass(frozen=True)
class Beta:
    """Beta distribution stretched to ``low`` .. ``high``."""

    alpha: float
    beta: float
    low: float = 0.0
    high: float = 1.0

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def _unit(self, x):
        return np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)

    def cdf(self, x):
        return _special().betainc(self.alpha, self.beta, self._unit(x))

    def sf(self, x):
        return _special().betainc(self.beta, self.alpha, 1.0 - self._unit(x))

    def ppf(self, u):
        return self.low + (self.high - self.low) * _special().betaincinv(self.alpha, self.beta, u)

    def isf(self, s):
        return self.high - (self.high - self.low) * _special().betaincinv(self.beta, self.alpha, s)


@dataclass(frozen=True)
class Gamma:
    """Gamma distribution."""

    shape: float
    scale: float
    support = (0.0, math.inf)

    def cdf(self, x):
        return _special().gammainc(self.shape, np.maximum(x, 0.0) / self.scale)

    def sf(self, x):
        return _special().gammaincc(self.shape, np.maximum(x, 0.0) / self.scale)

    def ppf(self, u):
        return self.scale * _special().gammaincinv(self.shape, u)

    def isf(self, s):
        return self.scale * _special().gammainccinv(self.shape, s)


@dataclass(frozen=True)
class StudentT:
    """Student's t distribution, moved and stretched."""

    df: float
    loc: float
    scale: float
    support = (-math.inf, math.inf)

    def cdf(self, x):
        return _special().stdtr(self.df, (x - self.loc) / self.scale)

    def sf(self, x):
        return _special().stdtr(self.df, (self.loc - x) / self.scale)

    def ppf(self, u):
        return self.loc + self.scale * _special().stdtrit(self.df, u)

    def isf(self, s):
        return self.loc - self.scale * _special().stdtrit(self.df, s)


@dataclass(frozen=True)
class Truncated:
    """A distribution cut at ``low`` and ``high``, its probability renormalised."""

    inner: Shape
    low: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        low, high = self.inner.support
        return max(low, self.low), min(high, self.high)

    @cached_property
    def cut(self) -> tuple[float, float, float]:
        """Probability cut off below, cut off above, and kept."""
        below, above = cut_probabilities(self.inner, self.low, self.high)
        return below, above, 1.0 - below - above

    def _kept(self, x):
        return np.clip(x, *self.support)

    def cdf(self, x):
        below, _, kept = self.cut
        return np.clip((self.inner.cdf(self._kept(x)) - below) / kept, 0.0, 1.0)

    def sf(self, x):
        _, above, kept = self.cut
        return np.clip((self.inner.sf(self._kept(x)) - above) / kept, 0.0, 1.0)

    def _value(self, u, s):
        """Value at probability u from below and s = 1 - u from above, by the smaller of the two."""
        below, above, kept = self.cut
        from_below, from_above = below + u * kept, above + s * kept
        value = np.where(from_below <= from_above, self.inner.ppf(from_below), self.inner.isf(from_above))
        return np.clip(value, *self.support)

    def ppf(self, u):
        return self._value(u, 1.0 - u)

    def isf(self, s):
        return self._value(1.0 - s, s)

    def at(self, u, s):
        """As ``ppf``, with both probabilities given exactly."""
        return self._value(u, s)


@dataclass(frozen=True)
class Mixture:
    """One of several distributions, chosen with weights."""

    parts: tuple[Shape, ...]
    weights: tuple[float, ...]

    @property
    def support(self) -> tuple[float, float]:
        return min(part.support[0] for part in self.parts), max(part.support[1] for part in self.parts)

    def cdf(self, x):
        return sum(weight * part.cdf(x) for part, weight in zip(self.parts, self.weights, strict=True))

    def sf(self, x):
        return sum(weight * part.sf(x) for part, weight in zip(self.parts, self.weights, strict=True))

    def ppf(self, u):
        bounds = [part.ppf(u) for part in self.parts]
        return self._bisect(bounds, lambda x: self.cdf(x) < u)

    def isf(self, s):
        bounds = [part.isf(s) for part in self.parts]
        return self._bisect(bounds, lambda x: self.sf(x) > s)

    @staticmethod
    def _bisect(bounds, too_low):
        """The value of the mixture lies between those of its parts."""
        low, high = np.minimum.reduce(bounds), np.maximum.reduce(bounds)
        for _ in range(90):
            middle = 0.5 * (low + high)
            rising = too_low(middle)
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        return high


def cut_probabilities(shape: Shape, low: float, high: float) -> tuple[float, float]:
    """Probability below ``low`` and above ``high``."""
    reproducible = getattr(shape, "probability", None)
    if reproducible is not None:
        below = reproducible(low)[0] if low > -math.inf else 0.0
        above = reproducible(high)[1] if high < math.inf else 0.0
        return below, above
    below = float(shape.cdf(np.float64(low))) if low > -math.inf else 0.0
    above = float(shape.sf(np.float64(high))) if high < math.inf else 0.0
    return below, above
