"""From quantiles to a distribution: as many as the family has parameters, or more by least squares.

Families that are straight lines in some score (normal, lognormal, uniform, Student t) are solved in
closed form in plain floats. Gamma, beta, triangular and PERT are solved by Levenberg and Marquardt's
method, and their parameters rounded, so that a last bit of a maths library cannot reach a draw.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stackcast.engine.draws import round_bits
from stackcast.scenario import maths
from stackcast.scenario.problem import Problem
from stackcast.scenario.shapes import Beta, Gamma, LogNormal, Normal, Shape, StudentT, Triangular, Uniform

Point = tuple[float, float]  # probability, value

TOLERATED_MISS = 0.25
"""Three quantiles or more are met by least squares: none may be missed by more standard scores than this."""
NOTED_MISS = 0.02
EXACT_MISS = 1e-6


@dataclass(frozen=True)
class Fit:
    """A fitted distribution and, where it misses a given quantile, a remark on it."""

    shape: Shape
    message: str | None = None


def check_points(points: Sequence[Point], field: Callable[[float], str]) -> list[Point]:
    """Sort quantiles by probability; they must rise. ``field`` names the field of a probability."""
    for p, _ in points:
        if not 0.0 < p < 1.0:
            raise Problem(field(p), p, "a probability must lie between 0 and 1, bounds excluded")
    points = sorted(points)
    for (p, x), (q, y) in itertools.pairwise(points):
        if p == q:
            raise Problem(field(p), p, "the same probability is given twice")
        if x >= y:
            raise Problem(field(q), y, f"quantiles must rise: it must be above {x:g}, the value at {p:g}")
    return points


def line(scores: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Intercept and slope of value on score: exact for two points, least squares for more."""
    if len(scores) == 2:
        slope = (values[1] - values[0]) / (scores[1] - scores[0])
        return values[0] - slope * scores[0], slope
    # fsum rounds once: the plain sum of floats is compensated from Python 3.12 on, and gives other bits there.
    count = len(scores)
    mean_score, mean_value = math.fsum(scores) / count, math.fsum(values) / count
    cross = math.fsum((s - mean_score) * (v - mean_value) for s, v in zip(scores, values, strict=True))
    square = math.fsum((s - mean_score) * (s - mean_score) for s in scores)
    slope = cross / square
    return mean_value - slope * mean_score, slope


def fit_normal(points: list[Point]) -> Normal:
    return Normal(*line([maths.normal_score(p) for p, _ in points], [x for _, x in points]))


def fit_lognormal(points: list[Point]) -> LogNormal:
    _require_positive(points)
    return LogNormal(*line([maths.normal_score(p) for p, _ in points], [maths.log(x) for _, x in points]))


def fit_uniform(points: list[Point]) -> Uniform:
    low, span = line([p for p, _ in points], [x for _, x in points])
    return Uniform(low, low + span)


def fit_student(points: list[Point], df: float) -> StudentT:
    import scipy.special

    scores = [float(round_bits(scipy.special.stdtrit(df, p))) for p, _ in points]
    return StudentT(df, *line(scores, [x for _, x in points]))


def fit_gamma(points: list[Point]) -> Gamma:
    _require_positive(points)
    mean, sd = _moments(points)
    start = [math.log(max((mean / sd) ** 2, 0.05)), math.log(max(sd * sd / mean, 1e-300))]
    return _solve(points, start, lambda t: Gamma(maths.exp(t[0]), maths.exp(t[1])), np.log)


def fit_beta(points: list[Point], low: float, high: float) -> Beta:
    for _, x in points:
        if not low < x < high:
            raise Problem("", x, f"a beta's values lie between min and max ({low:g} and {high:g})")
    mean, sd = _moments([(p, (x - low) / (high - low)) for p, x in points])
    mean = min(max(mean, 0.02), 0.98)
    size = max(mean * (1.0 - mean) / (sd * sd) - 1.0, 0.1)
    start = [math.log(mean * size), math.log((1.0 - mean) * size)]
    return _solve(points, start, lambda t: Beta(maths.exp(t[0]), maths.exp(t[1]), low, high))


def fit_three(points: list[Point], mode: float | None, make: Callable[[float, float, float], Shape]) -> Shape:
    """Triangular or PERT from three quantiles, or from two and the mode."""
    (_, first), (_, last) = points[0], points[-1]
    reach = math.log(0.75 * (last - first))
    if mode is not None:
        return _solve(points, [reach, reach], lambda t: make(mode - maths.exp(t[0]), mode, mode + maths.exp(t[1])))
    middle = points[len(points) // 2][1]
    return _solve(
        points,
        [middle / (last - first), reach, reach],
        lambda t: make(
            t[0] * (last - first) - maths.exp(t[1]), t[0] * (last - first), t[0] * (last - first) + maths.exp(t[2])
        ),
    )


def fit_triangular(points: list[Point], mode: float | None) -> Shape:
    return fit_three(points, mode, Triangular)


def fit_pert(points: list[Point], mode: float | None, weight: float) -> Shape:
    return fit_three(points, mode, lambda low, peak, high: pert(low, peak, high, weight))


def pert(low: float, mode: float, high: float, weight: float) -> Beta:
    """PERT: the beta with this mode whose mean is (low + weight mode + high) / (weight + 2)."""
    span = high - low
    return Beta(1.0 + weight * (mode - low) / span, 1.0 + weight * (high - mode) / span, low, high)


def judge(shape: Shape, points: list[Point], parameters: int, family: str) -> Fit:
    """Refuse a fit that misses a given quantile by much, remark on one that misses a little."""
    misses = [(_miss(shape, p, x), p, x) for p, x in points]
    miss, p, x = max(misses)
    if len(points) == 2 and miss > EXACT_MISS:
        raise Problem("", x, f"no {family} distribution has these quantiles; try another family")
    if miss > TOLERATED_MISS:
        raise Problem(
            "",
            [list(point) for point in points],
            f"no {family} distribution comes near these (the value {x:g} at {p:g} is missed by {miss:.2f} standard"
            f" scores, {TOLERATED_MISS} allowed); give {parameters} of them or another family",
        )
    if miss <= NOTED_MISS:
        return Fit(shape)
    return Fit(shape, f"least-squares {family}: the value {x:g} at {p:g} is missed by {miss:.2f} standard scores")


def _require_positive(points: list[Point]) -> None:
    for _, x in points:
        if x <= 0.0:
            raise Problem("", x, "must be above 0 for this family")


def _moments(points: list[Point]) -> tuple[float, float]:
    """Rough mean and standard deviation."""
    mean, sd = line([maths.normal_score(p) for p, _ in points], [x for _, x in points])
    return max(mean, 0.05 * abs(points[-1][1])), sd


def _miss(shape: Shape, p: float, x: float) -> float:
    """Distance of the fitted from the asked probability at x, in standard scores."""
    if isinstance(shape, Normal | LogNormal | Uniform):
        below, above = shape.probability(x)
    else:
        below, above = float(shape.cdf(np.float64(x))), float(shape.sf(np.float64(x)))
    if min(below, above) <= 0.0:
        return math.inf
    score = maths.normal_score(below) if below < 0.5 else -maths.normal_score(above)
    return abs(score - maths.normal_score(p))


def _solve(points, start, make, transform=lambda x: x):
    """Levenberg-Marquardt on the quantiles, relative to their spread."""
    levels = np.array([p for p, _ in points])
    values = transform(np.array([x for _, x in points]))
    spread = float(values[-1] - values[0])

    def residual(theta):
        try:
            with np.errstate(all="ignore"):
                found = (transform(make(theta).ppf(levels)) - values) / spread
        except (OverflowError, ZeroDivisionError, ValueError):
            return None
        return found if np.all(np.isfinite(found)) else None

    theta = _levenberg(np.array(start, dtype=float), residual)
    # Twelve digits: the iteration has converged far below them.
    return make([float(value) for value in round_bits(theta, 40)])


def _levenberg(theta, residual):
    current, damping = residual(theta), 1e-3
    if current is None:
        return theta
    for _ in range(200):
        jacobian = _jacobian(theta, current, residual)
        if jacobian is None or float(current @ current) < 1e-28:
            break
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ current
        try:
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-12), -gradient)
        except np.linalg.LinAlgError:
            break
        trial = residual(theta + step)
        if trial is not None and float(trial @ trial) < float(current @ current):
            theta, current, damping = theta + step, trial, damping / 8.0
            if float(np.max(np.abs(step))) < 1e-14:
                break
        else:
            damping *= 6.0
            if damping > 1e12:
                break
    return theta


def _jacobian(theta, current, residual):
    columns = []
    for k in range(len(theta)):
        width = 1e-6 * max(1.0, abs(theta[k]))
        moved = np.array(theta)
        moved[k] += width
        up = residual(moved)
        moved[k] -= 2.0 * width
        down = residual(moved)
        if up is None or down is None:
            return None
        columns.append((up - down) / (2.0 * width))
    return np.column_stack(columns)
