"""The priors of a scenario as they were known at a date: its vintages, and wider where there is none.

A prior whose newest source (``as_of``) is not later than the cut-off is used as it is. Else its newest vintage of
before the cut-off takes its place; where there is none, its interval is doubled about the middle, on logs where that
is what it varies on, and kept within its bounds and the values that mean something.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace

import numpy as np

from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, round_bits, tabulate
from stackcast.engine.shaping import TABLE_KNOTS, TABLE_LIMIT, transform
from stackcast.errors import StackcastError
from stackcast.scenario import maths, quantiles
from stackcast.scenario.draw import PRIOR_STREAM
from stackcast.scenario.priors import Prior
from stackcast.scenario.problem import Problem
from stackcast.scenario.scenario import Scenario
from stackcast.scenario.shapes import Triangular

TIMELESS = datetime.date(2023, 1, 1)
"""What was known before the run begins: technology and economics older than the industry."""
WIDER = 2.0
_NEAR = 0.01


@dataclass(frozen=True)
class KnownPriors:
    """A scenario with the priors of a date, and which of them are what.

    ``timeless``: known before 2023; ``current``: known between then and the cut-off; ``vintage``: an older vintage took
    the prior's place; ``widened``: not known then, the interval doubled (left as it is if ``doubled`` is False);
    ``unwidened``: not known then, and a value, a choice or a column of draws, which has no interval.
    """

    scenario: Scenario
    cutoff: datetime.date
    doubled: bool
    timeless: tuple[str, ...]
    current: tuple[str, ...]
    vintage: tuple[str, ...]
    widened: tuple[str, ...]
    unwidened: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many priors are of each kind."""
        return {kind: len(getattr(self, kind)) for kind in _KINDS}


_KINDS = ("timeless", "current", "vintage", "widened", "unwidened")


def as_known(scenario: Scenario, cutoff: datetime.date, widen: bool = True) -> KnownPriors:
    """The scenario with the priors known at the cut-off; correlations, mechanisms and document stay.

    Raises StackcastError for a scenario that goes on from an ensemble.
    """
    if scenario.ensemble is not None:
        raise StackcastError(
            f"{scenario.path}: ensemble = {scenario.ensemble.label}: "
            "its priors are fitted, not known; give the scenario it was calibrated from"
        )
    found: dict[str, Prior] = {}
    names: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for name, prior in scenario.priors.items():
        kind, found[name] = _known(prior, cutoff, widen)
        names[kind].append(name)
    draws = tuple(found[draw.name].draw for draw in scenario.plan.priors)
    changed = replace(scenario, priors=found, plan=replace(scenario.plan, priors=draws))
    return KnownPriors(changed, cutoff, widen, **{kind: tuple(listed) for kind, listed in names.items()})


def _known(prior: Prior, cutoff: datetime.date, widen: bool) -> tuple[str, Prior]:
    if prior.as_of is not None and prior.as_of <= cutoff:
        return ("timeless" if prior.as_of < TIMELESS else "current"), prior
    older = [vintage for vintage in prior.vintages if vintage.until <= cutoff]
    if older:
        last = older[-1]
        changed = replace(
            prior, dist=last.dist, source=last.source, note=last.note, as_of=last.until, vintages=tuple(older[:-1]),
            draw=PriorDraw(prior.name, PRIOR_STREAM + prior.name, last.quantile),
        )  # fmt: skip
        return "vintage", changed
    wider = widened(prior)
    if wider is None:
        return "unwidened", prior
    return "widened", replace(prior, draw=replace(prior.draw, quantile=wider)) if widen else prior


def widened(prior: Prior) -> Quantile | None:
    """Quantile function with the interval doubled; None for what has no interval."""
    quantile = prior.draw.quantile
    make = {"normal": _normal, "lognormal": _normal, "uniform": _uniform, "triangular": _triangular, "table": _table}
    if quantile.kind not in make:
        return None
    low, high = _limits(prior)
    try:
        return quantiles.finite(make[quantile.kind](quantile, low, high))
    except Problem as problem:
        raise StackcastError(f"priors.{prior.name}: cannot be widened: {problem.allowed}") from None


def _limits(prior: Prior) -> tuple[float, float]:
    """What a wider prior stays within: the bounds it is cut to, and the values that mean something.

    An open end, where something is divided by nothing, is approached to a hundredth of the middle's distance from it,
    or as near as the prior comes itself.
    """
    from stackcast.mechanisms.domains import DOMAINS, Domain

    domain = DOMAINS.get(prior.name, Domain()) if prior.used_by else Domain()
    middle = value_at(prior.draw.quantile, 0.5)
    low, high = domain.low, domain.high
    if domain.open_low and math.isfinite(low):
        low = max(low, min(low + _NEAR * (middle - low), value_at(prior.draw.quantile, 0.001)))
    if domain.open_high and math.isfinite(high):
        high = min(high, max(high - _NEAR * (high - middle), value_at(prior.draw.quantile, 0.999)))
    return max(low, prior.low), min(high, prior.high)


def value_at(quantile: Quantile, u: float) -> float:
    """The value the engine draws from the uniform ``u``."""
    tables = tabulate(DrawPlan((PriorDraw("", "", quantile),)))
    row = np.array([u])
    transform(row, False, tables.kinds[0], tables.coefficients[0], tables.knots, tables.spans[0])
    return float(row[0])


def _normal(quantile: Quantile, low: float, high: float) -> Quantile:
    """Normal, or normal in the logarithm: twice the spread, cut where it was cut in value."""
    spread = WIDER * quantile.b
    if quantile.kind == "lognormal":
        low = maths.log(low) if low > 0.0 else -math.inf
        high = maths.log(high) if high < math.inf else math.inf
    below = 0.0 if low == -math.inf else maths.normal_cdf((low - quantile.a) / spread)
    above = 0.0 if high == math.inf else maths.normal_cdf((quantile.a - high) / spread)
    return replace(quantile, b=spread, u_low=below, u_high=1.0 - above)


def _uniform(quantile: Quantile, low: float, high: float) -> Quantile:
    middle, half = 0.5 * (quantile.a + quantile.b), 0.5 * WIDER * (quantile.b - quantile.a)
    return replace(quantile, a=max(middle - half, low), b=min(middle + half, high))


def _triangular(quantile: Quantile, low: float, high: float) -> Quantile:
    middle = 0.5 * (quantile.a + quantile.c)
    a, b, c = (middle + WIDER * (value - middle) for value in (quantile.a, quantile.b, quantile.c))
    wide = Triangular(a, b, c)
    below = float(wide.cdf(np.float64(low))) if low > a else 0.0
    above = float(wide.sf(np.float64(high))) if high < c else 0.0
    return Quantile("triangular", a, b, c, below, 1.0 - above)


def _table(quantile: Quantile, low: float, high: float) -> Quantile:
    """Knots twice as far from their middle, or the square of their ratio to it: twice the logarithm."""
    knots = np.asarray(quantile.knots)
    middle = float(knots[TABLE_KNOTS // 2])
    wide = knots * (knots / middle) if knots[0] > 0.0 else middle + WIDER * (knots - middle)
    if wide[0] < low or wide[-1] > high:
        wide = _cut_table(wide, low, high)
    # Rounded as all tables are; what is rounded up over a bound is that bound.
    return replace(quantile, knots=np.clip(np.maximum.accumulate(round_bits(wide, 28)), low, high))


def _cut_table(knots: np.ndarray, low: float, high: float) -> np.ndarray:
    """Knots of the part between two values, its probability renormalised."""
    scores = np.linspace(-TABLE_LIMIT, TABLE_LIMIT, TABLE_KNOTS)
    first = float(np.interp(low, knots, scores)) if knots[0] < low else -math.inf
    last = float(np.interp(high, knots, scores)) if knots[-1] > high else math.inf
    below = maths.normal_cdf(first) if first > -math.inf else 0.0
    above = maths.normal_cdf(-last) if last < math.inf else 0.0
    kept = 1.0 - below - above
    levels = quantiles.levels()
    from_below, from_above = below + levels * kept, above + levels[::-1] * kept
    moved = [
        maths.normal_score(u) if u <= s else -maths.normal_score(s) for u, s in zip(from_below, from_above, strict=True)
    ]
    return np.interp(moved, scores, knots)
