"""How a new product spreads through its market."""

from __future__ import annotations

from stackcast.engine.vecmath import exp, log
from stackcast.laws.law import FRACTION, NONNEGATIVE, POSITIVE, law
from stackcast.laws.special import one_minus_exp


@law(t=NONNEGATIVE, p=POSITIVE, q=NONNEGATIVE)
def bass_adoption(t: float, p: float, q: float) -> float:
    """Share of the market that has adopted by time t.

    F(t) = (1 - e^(-(p+q)t)) / (1 + (q/p) e^(-(p+q)t))

    t [years], p coefficient of innovation [1/year] > 0, q coefficient of imitation [1/year] >= 0.
    Source: Bass 1969, A New Product Growth for Model Consumer Durables, Management Science 15(5).
    Raises ValueError for t < 0, p <= 0, q < 0 or a number that is not finite.
    """
    k = (p + q) * t
    # Multiplied through by p: q/p overflows for the smallest p.
    return p * one_minus_exp(k) / (p + q * exp(-k))


@law(p=POSITIVE, q=NONNEGATIVE)
def bass_peak(p: float, q: float) -> float:
    """Time of the fastest adoption; 0 where imitation does not exceed innovation.

    t* = ln(q/p) / (p+q)

    p, q [1/year], t* [years]. Source: Bass 1969, Management Science 15(5).
    Raises ValueError for p <= 0, q < 0 or a number that is not finite.
    """
    return max(log(q / p) / (p + q), 0.0)


@law(share=FRACTION, p=POSITIVE, q=NONNEGATIVE)
def bass_rate(share: float, p: float, q: float) -> float:
    """Share of the market that adopts per year, given the share that has adopted.

    dF/dt = (p + q F) (1 - F)

    share F in [0, 1], p, q [1/year]. Source: Bass 1969, Management Science 15(5).
    Raises ValueError for a share outside [0, 1], p <= 0, q < 0 or a number that is not finite.
    """
    return (p + q * share) * (1.0 - share)
