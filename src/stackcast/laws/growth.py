"""Growth factors, doubling times, orders of magnitude; a ceiling approached smoothly; crossing times."""

from __future__ import annotations

from stackcast.engine.vecmath import exp, log, sqrt
from stackcast.laws.law import ABOVE_ONE, NONNEGATIVE, POSITIVE, REAL, Above, law
from stackcast.laws.special import one_minus_exp

_LN2 = 0.6931471805599453
_LN10 = 2.302585092994046


@law(x=NONNEGATIVE, cap=POSITIVE)
def soft_cap(x: float, cap: float) -> float:
    """Follow x while it is small and saturate at the cap: smooth, increasing, never above it.

    y = M (1 - e^(-x/M))

    x >= 0 and cap M > 0 in one unit. Source: assumption (exponential saturation, slope 1 at 0).
    Raises ValueError for x < 0, cap <= 0 or a number that is not finite.
    """
    return cap * one_minus_exp(x / cap)


@law(years=POSITIVE)
def growth_from_doubling(years: float) -> float:
    """Growth factor per year of what doubles every ``years``.

    g = 2^(1/T)

    T [years]. Source: definition. Raises ValueError for years <= 0 or not finite.
    """
    return exp(_LN2 / years)


@law(growth=ABOVE_ONE)
def doubling_from_growth(growth: float) -> float:
    """Doubling time in years of what grows by the factor ``growth`` a year.

    T = ln 2 / ln g

    Source: definition. Raises ValueError for growth <= 1 (nothing doubles) or not finite.
    """
    return _LN2 / log(growth)


@law(ooms=REAL)
def growth_from_ooms(ooms: float) -> float:
    """Growth factor of so many orders of magnitude, per the same period.

    g = 10^k

    Source: definition. Raises ValueError for a number that is not finite.
    """
    return exp(_LN10 * ooms)


@law(growth=POSITIVE)
def ooms_from_growth(growth: float) -> float:
    """Orders of magnitude of a growth factor, per the same period.

    k = log10 g

    Source: definition. Raises ValueError for growth <= 0 or not finite.
    """
    return log(growth) / _LN10


@law(yearly=POSITIVE)
def quarterly_growth(yearly: float) -> float:
    """Growth factor per quarter from the growth factor per year.

    g_q = g^(1/4)

    Source: definition. Raises ValueError for a factor <= 0 or not finite.
    """
    return sqrt(sqrt(yearly))


@law(quarterly=POSITIVE)
def yearly_growth(quarterly: float) -> float:
    """Growth factor per year from the growth factor per quarter.

    g = g_q^4

    Source: definition. Raises ValueError for a factor <= 0 or not finite.
    """
    squared = quarterly * quarterly
    return squared * squared


@law(
    stock=POSITIVE,
    demand=POSITIVE,
    stock_growth=POSITIVE,
    demand_growth=Above(lambda given: given["stock_growth"], "stock_growth: a slower demand never catches up"),
)
def exhaustion_time(stock: float, demand: float, stock_growth: float, demand_growth: float) -> float:
    """Years until an exponential demand meets an exponential stock; 0 where it exceeds it already.

    D g_D^t = S g_S^t,  t = ln(S/D) / ln(g_D/g_S)

    Stock and demand in one unit (tokens), growth factors per year.
    Source: closed form of Villalobos et al. 2024, Will we run out of data?, for growth by history only.
    Raises ValueError for an argument <= 0, demand_growth <= stock_growth or a number that is not finite.
    """
    return max(log(stock / demand) / log(demand_growth / stock_growth), 0.0)
