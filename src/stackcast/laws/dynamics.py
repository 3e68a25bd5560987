"""Recurrences of a period: levels that saturate, advantages that wear away, concentration, hazards of an event.

All take a state at the end of one period and give it, or a probability, for the next.
"""

from __future__ import annotations

from stackcast.engine.vecmath import exp, sqrt
from stackcast.laws.law import BELOW_ONE, FRACTION, NONNEGATIVE, POSITIVE, REAL, Interval, law

_ONE_OR_MORE = Interval(low=1.0, with_low=True)


@law(level=FRACTION, pace=FRACTION)
def saturation(level: float, pace: float) -> float:
    """Level after a period that covers a constant part of what is missing to one.

    r' = r + k (1 - r),  so that 1 - r_t = (1 - r_0) (1 - k)^t

    level r and pace k [1/period] in [0, 1]; r' never passes one.
    Source: definition (partial adjustment towards one).
    Raises ValueError for a level or pace outside [0, 1] or a number that is not finite.
    """
    return level + pace * (1.0 - level)


@law(level=FRACTION, build=FRACTION, driver=FRACTION, decay=FRACTION)
def moat(level: float, build: float, driver: float, decay: float) -> float:
    """An advantage over rivals after a period in which its driver built it and time wore it away.

    m' = m + b x (1 - m) - d m,  at rest m* = b x / (b x + d)

    level m and driver x in [0, 1], build b and decay d [1/period] in [0, 1]; m' stays in [0, 1].
    Source: assumption (linear accumulation that saturates, constant rate of decay).
    Raises ValueError for an argument outside [0, 1] or a number that is not finite.
    """
    return level + build * driver * (1.0 - level) - decay * level


@law(level=FRACTION, preference=NONNEGATIVE, diffusion=FRACTION, even=BELOW_ONE)
def concentration(level: float, preference: float, diffusion: float, even: float) -> float:
    """Concentration after a period of preferential attachment against diffusion.

    H' = H + p H (1 - H) - d (H - e)

    level H in [0, 1]: a Herfindahl index, and then e = 1/n of n equal firms, or the share of one kind of firm,
    and then e = 0. preference p >= 0 and diffusion d in [0, 1], both [1/period]; H' stays in [0, 1] for p <= 1.
    Source: assumption (the large attract more, as in Simon 1955, On a Class of Skew Distribution Functions,
    Biometrika 42; know-how spreads at a constant rate).
    Raises ValueError for a level or diffusion outside [0, 1], a preference < 0, an even level outside [0, 1) or
    a number that is not finite.
    """
    return level + preference * level * (1.0 - level) - diffusion * (level - even)


@law(hhi=FRACTION, firms=_ONE_OR_MORE)
def leader_share(hhi: float, firms: float) -> float:
    """Share of the leader among n firms of a given Herfindahl index when the others are equal.

    s = (1 + sqrt((n - 1) max(n H - 1, 0))) / n,  the larger root of H = s^2 + (1 - s)^2 / (n - 1)

    Index H in [0, 1], firms n >= 1, share s. An index below 1/n, which n firms cannot have, counts as 1/n.
    Source: definition of the index (Herfindahl 1950; Hirschman 1945).
    Raises ValueError for an index outside [0, 1], fewer than one firm or a number that is not finite.
    """
    spread = sqrt((firms - 1.0) * max(firms * hhi - 1.0, 0.0))
    return (1.0 + spread) * (1.0 / firms)


@law(hazard=NONNEGATIVE)
def event_probability(hazard: float) -> float:
    """Probability that an event of constant hazard happens within a period.

    P = 1 - e^-h

    hazard h [1/period] >= 0. Right to 2e-16 in absolute terms, which a comparison with a uniform draw asks for.
    Source: definition (exponential waiting time). Raises ValueError for a hazard < 0 or not finite.
    """
    return 1.0 - exp(-hazard)


_event_probability = event_probability.kernel


@law(base=NONNEGATIVE, pull=NONNEGATIVE, x=REAL, threshold=REAL, cap=POSITIVE)
def rising_event_probability(base: float, pull: float, x: float, threshold: float, cap: float) -> float:
    """Probability of an event within a period whose hazard grows once x is beyond a threshold.

    P = 1 - e^-h,  h = h0 e^min(k max(x - x0, 0), M)

    base hazard h0 [1/period], pull k [1/unit of x], x and threshold x0 in one unit, cap M: the hazard grows e^M-fold
    at most. Source: assumption (proportional hazard, as in Cox 1972, Regression Models and Life-Tables, J. Royal
    Statistical Society B 34(2), of the excess over the threshold).
    Raises ValueError for a base or pull < 0, a cap <= 0 or a number that is not finite.
    """
    return _event_probability(base * exp(min(pull * max(x - threshold, 0.0), cap)))
