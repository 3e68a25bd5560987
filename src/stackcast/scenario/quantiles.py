"""From a distribution in the scenario's unit to the quantile function the engine draws from.

Truncation and the conversion of units act on the quantile function, never on draws: a cut
distribution keeps its shape between the bounds and piles nothing up on them.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from stackcast.engine.draws import Quantile, round_bits
from stackcast.engine.shaping import TABLE_KNOTS, TABLE_LIMIT
from stackcast.scenario import maths
from stackcast.scenario.problem import Problem
from stackcast.scenario.shapes import LogNormal, Normal, Shape, Triangular, Truncated, Uniform, cut_probabilities
from stackcast.scenario.units import Conversion

SMALLEST_KEPT = 1e-6
"""A truncation must keep this much of the probability: less says the bounds and the prior disagree."""

# Tables come from scipy, whose last bits depend on the C library. 28 significant bits are 4e-9 of
# the value, and one table of 4097 entries in about 10,000 would differ between two such libraries.
_TABLE_BITS = 28


def quantile(shape: Shape, low: float, high: float, convert: Conversion) -> Quantile:
    """Quantile function of ``shape`` cut to ``low`` .. ``high``, in the mechanism's unit."""
    low, high = max(low, shape.support[0]), min(high, shape.support[1])
    below, above = _check_bounds(shape, low, high)
    if convert.logarithm and low < 0.0:
        raise Problem("low", None if low == -math.inf else low, "a growth factor must stay above 0; give low = 0")
    if isinstance(shape, Uniform) and not convert.logarithm:
        return finite(Quantile("uniform", low * convert.factor, high * convert.factor))
    if isinstance(shape, Normal | LogNormal) and _direct(shape, convert):
        return finite(_normal_kind(shape, below, 1.0 - above, convert))
    if isinstance(shape, Triangular) and not convert.logarithm:
        a, b, c = (value * convert.factor for value in (shape.low, shape.mode, shape.high))
        return finite(Quantile("triangular", a, b, c, below, 1.0 - above))
    return finite(Quantile("table", knots=_convert(_knots(shape, low, high), convert)))


def constant(value: float, convert: Conversion) -> Quantile:
    """A parameter that does not vary."""
    return finite(Quantile("constant", float(_convert(np.array([value]), convert)[0])))


def steps(values: list[float], weights: list[float], low: float, high: float, convert: Conversion) -> Quantile:
    """Discrete values with weights; the ones outside the bounds are dropped."""
    kept = sorted((v, w) for v, w in zip(values, weights, strict=True) if low <= v <= high and w > 0.0)
    if not kept:
        raise Problem("low", f"{low:g} to {high:g}", "no value with a positive weight lies between low and high")
    total = math.fsum(w for _, w in kept)
    cumulative, running = [], 0.0
    for _, weight in kept:
        running += weight
        cumulative.append(running / total)
    cumulative[-1] = 1.0
    return finite(Quantile("steps", knots=np.array([_convert(np.array([v for v, _ in kept]), convert), cumulative])))


def members(column: np.ndarray, convert: Conversion) -> Quantile:
    """Draws from a file, in the given order."""
    return finite(Quantile("member", knots=_convert(column, convert)))


def _check_bounds(shape: Shape, low: float, high: float) -> tuple[float, float]:
    if not low < high:
        raise Problem("low", f"{low:g} to {high:g}", "low must be below high and inside the distribution")
    below, above = cut_probabilities(shape, low, high)
    if 1.0 - below - above < SMALLEST_KEPT:
        raise Problem("low", f"{low:g} to {high:g}", "low and high leave less than a millionth of the distribution")
    return below, above


def _direct(shape: Shape, convert: Conversion) -> bool:
    return isinstance(shape, LogNormal) or not convert.logarithm


def _normal_kind(shape: Normal | LogNormal, u_low: float, u_high: float, convert: Conversion) -> Quantile:
    factor = convert.factor
    if isinstance(shape, Normal):
        return Quantile("normal", shape.mean * factor, shape.sd * factor, 0.0, u_low, u_high)
    if convert.logarithm:
        return Quantile("normal", shape.mu * factor, shape.sigma * factor, 0.0, u_low, u_high)
    shift = 0.0 if factor == 1.0 else maths.log(factor)
    return Quantile("lognormal", shape.mu + shift, shape.sigma, 0.0, u_low, u_high)


@functools.cache
def levels() -> np.ndarray:
    """Probability below each knot of a table."""
    scores = (np.arange(TABLE_KNOTS) - (TABLE_KNOTS - 1) // 2) * (2.0 * TABLE_LIMIT / (TABLE_KNOTS - 1))
    return np.array([maths.normal_cdf(z) for z in scores])


def _knots(shape: Shape, low: float, high: float) -> np.ndarray:
    below = levels()
    values = Truncated(shape, low, high).at(below, below[::-1])
    if not np.all(np.isfinite(values)):
        raise Problem("", None, "the distribution has no finite value one in 1e17 draws out; truncate it (low, high)")
    return np.maximum.accumulate(round_bits(values, _TABLE_BITS))


def _convert(values: np.ndarray, convert: Conversion) -> np.ndarray:
    if convert.logarithm:
        if values.min() <= 0.0:
            raise Problem("low", float(values.min()), "a growth factor must stay above 0")
        values = np.array([maths.log(value) for value in values.tolist()])
    return values if convert.factor == 1.0 else values * convert.factor


def finite(made: Quantile) -> Quantile:
    """Refuse what would draw an infinity: the engine has no such value."""
    if made.kind == "lognormal":
        fine = max(made.a + made.b * score for score in _score_ends(made)) < 700.0
    elif made.knots is not None:
        fine = bool(np.all(np.isfinite(made.knots)))
    else:
        fine = all(math.isfinite(value) for value in (made.a, made.b, made.c)) and abs(made.a) + abs(made.b) < 1e300
    if not fine:
        raise Problem("", None, "the distribution reaches values too large for a number; narrow or truncate it")
    return made


def _score_ends(made: Quantile) -> tuple[float, float]:
    """Smallest and largest normal score that can be drawn."""
    low = maths.normal_score(made.u_low) if made.u_low > 0.0 else -TABLE_LIMIT
    high = maths.normal_score(made.u_high) if made.u_high < 1.0 else TABLE_LIMIT
    return max(low, -TABLE_LIMIT), min(high, TABLE_LIMIT)
