"""A program of any number of mechanisms that are alike: sizes that grow by a rate drawn every quarter."""

from __future__ import annotations

from stackcast.engine.assembly import assemble
from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile
from stackcast.engine.program import Program
from stackcast.engine.vecmath import exp

QUARTERS = 20
PRIORS = {"size_start": 1.0, "growth_mean": 0.02, "growth_spread": 0.06}


def _grow(last_size, growth_mean, growth_spread, rate_shock):
    """Size after a quarter."""
    return (last_size * exp(growth_mean + growth_spread * rate_shock),)


def growing(number: int) -> Mechanism:
    """One of them, with rows and a shock of its own."""
    size, shock = f"size_{number}", f"rate_shock_{number}"
    return Mechanism(
        name=f"growth_{number}",
        doc="Growth at a rate that is drawn every quarter.",
        priors=dict.fromkeys(PRIORS, "1"),
        shocks={shock: "normal"},
        carries={size: "size_start"},
        writes={size: Row("1", "stock", "size", "positive")},
        loops=(Loop(_grow, (size,), reads=(f"last_{size}", "growth_mean", "growth_spread", shock)),),
    )


def growths(count: int, quarters: int = QUARTERS) -> Program:
    """So many of them over so many quarters, each reported year by year."""
    priors = tuple(PriorDraw(name, name, Quantile("constant", value)) for name, value in PRIORS.items())
    return assemble([growing(k) for k in range(count)], DrawPlan(priors), start=2026.0, quarters=quarters)
