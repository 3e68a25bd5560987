"""A size that grows by a rate drawn every step."""

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp


def grow(last_size, growth_mean, growth_spread, rate_shock):
    """Size after a step."""
    return (last_size * exp(growth_mean + growth_spread * rate_shock),)


MECHANISM = Mechanism(
    name="growth",
    doc="Growth at a rate that is drawn every step.",
    priors={"size_start": "1", "growth_mean": "1", "growth_spread": "1"},
    shocks={"rate_shock": "normal"},
    carries={"size": "size_start"},
    writes={"size": Row("1", "stock", "size", "positive")},
    loops=(Loop(grow, ("size",)),),
)
