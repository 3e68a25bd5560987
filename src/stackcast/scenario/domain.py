"""Does a prior keep to the values that mean something to the mechanisms?

What a prior is bounded by must lie inside; where it has no bound, the value that one draw in a thousand exceeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stackcast.engine.draws import Quantile
from stackcast.engine.shaping import TABLE_KNOTS, TABLE_LIMIT
from stackcast.scenario import maths
from stackcast.scenario.problem import Problem
from stackcast.scenario.units import Conversion

_TAIL = 0.001
_BOUNDED = ("uniform", "triangular", "pert", "beta")
# Tables are rounded, so that a bound may come back a little outside itself.
_SLACK = 1e-7


def check_domain(name: str, unit: str, model: Any, quantile: Quantile, convert: Conversion) -> None:
    """``Problem`` if the prior ``name`` reaches values without meaning; both are in the mechanism's ``unit``."""
    from stackcast.mechanisms.domains import DOMAINS

    domain = DOMAINS.get(name)
    if domain is None:
        return
    values = _exact(quantile)
    exact = values is not None
    for sign, limit, is_open in ((-1.0, domain.low, domain.open_low), (1.0, domain.high, domain.open_high)):
        if not math.isfinite(limit):
            continue
        value, words = (values[sign > 0.0], "") if values else _end(sign > 0.0, model, quantile, convert)
        beyond = sign * (value - limit)
        slack = 0.0 if exact else _SLACK * max(abs(limit), abs(value))
        if beyond > slack or (is_open and exact and beyond == 0.0):
            where = "" if convert.identity else f" in {unit}"
            raise Problem("", _short(value), f"{words}must be {domain}{where}")


def check_members(name: str, unit: str, column: np.ndarray) -> None:
    """``Problem`` if more than one member in a hundred of an ensemble has a value without meaning.

    A prior may reach beyond its domain with one draw in a thousand, and so may what is made from it.
    """
    from stackcast.mechanisms.domains import DOMAINS

    domain = DOMAINS.get(name) if unit else None
    if domain is None:
        return
    slack = _SLACK * np.maximum(1.0, np.abs(column))
    outside = (column < domain.low - slack) | (column > domain.high + slack)
    if np.count_nonzero(outside) > 0.01 * column.size:
        worst = float(column[outside][0])
        raise Problem("", _short(worst), f"member {int(np.argmax(outside))} of the ensemble must be {domain} in {unit}")


def _short(value: float) -> float:
    """Six digits are enough to recognise a value."""
    return float(f"{value:.6g}")


def _exact(quantile: Quantile) -> tuple[float, float] | None:
    """Smallest and largest value of a prior that is drawn from a list of values."""
    if quantile.kind == "constant":
        return quantile.a, quantile.a
    if quantile.kind in ("steps", "member"):
        values = quantile.knots[0] if quantile.kind == "steps" else quantile.knots
        return float(np.min(values)), float(np.max(values))
    return None


def _end(upper: bool, model: Any, quantile: Quantile, convert: Conversion) -> tuple[float, str]:
    """The upper or lower end of a continuous prior, and what it is in words."""
    bound = model.high if upper else model.low
    if model.dist in _BOUNDED or (model.dist == "mixture" and _all_bounded(upper, model)) or bound is not None:
        value = _support(upper, quantile)
        if bound is not None:
            cut = converted(bound, convert)
            value = cut if value is None else (min if upper else max)(value, cut)
        if value is not None:
            return value, f"{'upper' if upper else 'lower'} end "
    level = 1.0 - _TAIL if upper else _TAIL
    return _at(level, quantile), f"{'99.9' if upper else '0.1'} % quantile "


def _all_bounded(upper: bool, model: Any) -> bool:
    return all(
        part.dist in (*_BOUNDED, "constant") or (part.high if upper else part.low) is not None
        for part in model.components
    )


def converted(value: float, convert: Conversion) -> float:
    if convert.logarithm:
        value = maths.log(value) if value > 0.0 else -math.inf
    return value * convert.factor


def _support(upper: bool, quantile: Quantile) -> float | None:
    """Where the drawn values end; None for a distribution that ends nowhere but at its bounds."""
    if quantile.kind == "uniform":
        return quantile.b if upper else quantile.a
    if quantile.kind == "triangular":
        return quantile.c if upper else quantile.a
    if quantile.kind == "table":
        return float(quantile.knots[-1 if upper else 0])
    return 0.0 if quantile.kind == "lognormal" and not upper else None


def _at(level: float, quantile: Quantile) -> float:
    """Value that a continuous prior without bounds stays below with this probability."""
    if quantile.kind == "table":
        scores = np.linspace(-TABLE_LIMIT, TABLE_LIMIT, TABLE_KNOTS)
        return float(np.interp(maths.normal_score(level), scores, quantile.knots))
    score = maths.normal_score(quantile.u_low + level * (quantile.u_high - quantile.u_low))
    value = quantile.a + quantile.b * score
    return maths.exp(value) if quantile.kind == "lognormal" else value
