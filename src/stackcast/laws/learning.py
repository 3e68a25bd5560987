"""Learning curves: cost against cumulated production."""

from __future__ import annotations

from stackcast.engine.vecmath import log, power
from stackcast.laws.law import NONNEGATIVE, POSITIVE, Interval, law

_INVERSE_LN2 = 1.4426950408889634

PROGRESS_RATIO = Interval(low=0.0, high=1.0, with_high=True)


@law(progress_ratio=PROGRESS_RATIO)
def wright_exponent(progress_ratio: float) -> float:
    """Exponent of the learning curve from the progress ratio (cost after a doubling / cost before).

    w = -log2(progress ratio)

    Both are pure numbers; a ratio of 0.8 means 20 % off with every doubling of cumulated output.
    Source: Wright 1936, Factors Affecting the Cost of Airplanes, J. Aeronautical Sciences 3(4).
    Raises ValueError for a ratio outside (0, 1] or not finite.
    """
    return (0.0 - log(progress_ratio)) * _INVERSE_LN2


@law(first_cost=POSITIVE, first_units=POSITIVE, units=POSITIVE, exponent=NONNEGATIVE)
def wright_cost(first_cost: float, first_units: float, units: float, exponent: float) -> float:
    """Unit cost after cumulated production has gone from ``first_units`` to ``units``.

    cost = cost_0 (x / x_0)^-w

    Cost in the unit of ``first_cost``, both quantities in one unit, exponent w from ``wright_exponent``.
    Source: Wright 1936, J. Aeronautical Sciences 3(4); form of Nagy et al. 2013, PLoS ONE 8(2).
    Raises ValueError for a cost or quantity <= 0, an exponent < 0 or a number that is not finite.
    """
    return first_cost * power(units / first_units, -exponent)
