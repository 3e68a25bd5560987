"""A small model with every kind of row, draw, shock, loop and output, quick to compile; nothing in it is economics."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from stackcast.engine.assembly import assemble
from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.draws import CorrelationGroup, DrawPlan, PriorDraw, Quantile
from stackcast.engine.program import Program
from stackcast.engine.sampling import Sampling
from stackcast.engine.vecmath import exp, log, normal_cdf, sqrt
from stackcast.ledger.layers import LAYERS

MONEY = ("revenue", "gross_profit", "gross_profit_cash", "operating_surplus")


def prepare(rate, spread):
    return exp(rate) - 1.0, 0.05 + 0.1 * normal_cdf(spread)


def grow(last_size, growth, volatility, noise):
    return (max(last_size * (1.0 + growth + volatility * noise), 0.01),)


def happen(size, threshold, last_doubled, year):
    return (min(last_doubled, year if size > threshold else NEVER),)


def brake(size, last_size, jump, chance):
    # ``size`` is this quarter's, ``last_size`` that of last quarter after the brake.
    excess = max(size - 1.2 * last_size, 0.0)
    strike = 1.0 if jump < chance else 0.0
    return size - 0.5 * excess - 0.2 * strike * size, excess


def settle(size, last_mood, wind, excess):
    mood = 0.9 * last_mood + 0.1 * wind - 0.01 * excess
    return mood, 1.0 / (1.0 + exp(-mood)), sqrt(size * size + 1.0)


def classify(mood, last_regime):
    up = 2.0 if mood > 0.1 else 1.0
    return (up if mood > -0.1 else 0.0 * last_regime,)


def weigh(tilt_a, tilt_b):
    return exp(tilt_a), exp(tilt_b), exp(0.5 * (tilt_a + tilt_b)), exp(tilt_a - tilt_b)


def earn(size, weight, mood, confidence, floor):
    revenue = size * weight
    profit = revenue * (0.3 + mood) - floor
    return revenue, profit, profit - 0.1 * revenue * confidence, profit - log(1.0 + revenue)


def growing() -> Mechanism:
    """A flow with a trend drawn once, a shock a quarter, an event, and a loop at the start."""
    return Mechanism(
        name="growing",
        doc="Size grows by a drawn rate.",
        priors={"rate": "1", "spread": "1", "threshold": "USD_bn", "size_start": "USD_bn"},
        shocks={"noise": "normal"},
        carries={"size": "size_start", "doubled": NEVER},
        writes={
            "growth": Row("1", "stock", "growth a quarter"),
            "volatility": Row("1", "stock", "standard deviation of the growth"),
            "size": Row("USD_bn", "flow", "size", "money"),
            "doubled": Row("year", "event", "first quarter above the threshold", "event"),
        },
        loops=(
            Loop(prepare, ("growth", "volatility"), when="start"),
            Loop(grow, ("size",)),
            Loop(happen, ("doubled",)),
        ),
    )


def braking() -> Mechanism:
    """Second writer of a row, with the value of last quarter after the first has written this one's."""
    return Mechanism(
        name="braking",
        doc="Excess growth is halved; strikes cost a fifth.",
        priors={"chance": "1"},
        shocks={"jump": "uniform"},
        reads=("size",),
        carries={"size": "size_start"},
        writes={
            "size": Row("USD_bn", "flow", "size", "money"),
            "excess": Row("USD_bn", "flow", "growth above a fifth a quarter", "positive"),
        },
        loops=(Loop(brake, ("size", "excess")),),
    )


def feeling() -> Mechanism:
    """Stocks, a category and a price."""
    return Mechanism(
        name="feeling",
        doc="A mean-reverting mood.",
        reads=("size", "excess"),
        shocks={"wind": "normal"},
        carries={"mood": 0.0, "regime": 1.0},
        writes={
            "mood": Row("1", "stock", "mood", "ratio"),
            "confidence": Row("1", "stock", "confidence", "share"),
            "norm": Row("1", "price", "size with a floor", "positive"),
            "regime": Row("1", "category", "0 down, 1 middle, 2 up", "category"),
        },
        loops=(Loop(settle, ("mood", "confidence", "norm")), Loop(classify, ("regime",))),
        neutral={"confidence": 0.5, "norm": 1.0},
    )


def paying() -> Mechanism:
    """Money rows of all eight layers: shares, margins, leaders and values follow from them."""
    weights = tuple(f"weight_{layer}" for layer in LAYERS)
    rows = {name: Row("1", "stock", "relative size") for name in weights}
    for metric in MONEY:
        for layer in LAYERS:
            rows[f"{metric}_{layer}"] = Row("USD_bn", "flow", metric, "money", metric=metric, layer=layer)
    tilts = (("tilt_a", "tilt_b"), ("tilt_b", "tilt_c"))
    return Mechanism(
        name="paying",
        doc="Every layer earns in proportion to a drawn weight.",
        priors=dict.fromkeys(("tilt_a", "tilt_b", "tilt_c", "floor"), "1"),
        reads=("size", "mood", "confidence"),
        writes=rows,
        loops=(
            *(Loop(weigh, weights[4 * k : 4 * k + 4], when="start", reads=tilts[k]) for k in range(2)),
            *(
                Loop(
                    earn,
                    tuple(f"{metric}_{layer}" for metric in MONEY),
                    reads=("size", f"weight_{layer}", "mood", "confidence", "floor"),
                )
                for layer in LAYERS
            ),
        ),
    )


MECHANISMS = (growing(), braking(), feeling(), paying())

SCORES = np.linspace(-8.5, 8.5, 4097)
QUANTILES = {
    "rate": Quantile("normal", 0.03, 0.02),
    "spread": Quantile("uniform", -1.0, 1.0),
    "threshold": Quantile("triangular", 2.0, 4.0, 9.0),
    "size_start": Quantile("lognormal", 0.0, 0.5, u_low=0.05, u_high=0.95),
    "chance": Quantile("steps", knots=np.array([[0.0, 0.05, 0.1], [0.25, 0.75, 1.0]])),
    # Cubes of 36-bit scores: exact rational work, the same bits on every machine.
    "tilt_a": Quantile("table", knots=(0.2 * SCORES + 0.01 * SCORES * SCORES * SCORES)),
    "tilt_b": Quantile("member", knots=np.array([-0.5, 0.25, 0.0, 0.75, -1.0])),
    "tilt_c": Quantile("normal", 0.0, 0.4, u_low=0.1),
    "floor": Quantile("lognormal", -3.0, 1.0),
}


def plan(**changed: Quantile) -> DrawPlan:
    """The toy's priors, two of them correlated, with some replaced or added by name."""
    priors = tuple(PriorDraw(name, f"prior:{name}", q) for name, q in {**QUANTILES, **changed}.items())
    factor = np.array([[1.0, 0.0], [0.6, 0.8]])
    return DrawPlan(priors, (CorrelationGroup(("rate", "size_start"), factor),))


QUARTERLY = ("size", "layer_hhi")


def program(mechanisms=MECHANISMS, draws: DrawPlan | None = None, **settings) -> Program:
    """The toy as a program of 13 years, with a few figures by quarter."""
    settings = {"quarterly": QUARTERLY, **settings}
    return assemble(mechanisms, draws or plan(), **settings)


@functools.cache
def standard() -> Program:
    """The toy as it stands, assembled once."""
    return program()


@functools.cache
def sampled(sampling: Sampling) -> Program:
    """The toy with its trajectories drawn in another way."""
    return program(draws=dataclasses.replace(plan(), sampling=sampling))


def single(body, *, writes="x", kind="stock", report="ratio", **declared) -> Mechanism:
    """A mechanism of one loop that writes one row, for tests of a rule at a time."""
    return Mechanism(
        name=declared.pop("name", writes),
        doc="For a test.",
        loops=(Loop(body, (writes,), when=declared.pop("when", "quarter")),),
        writes={writes: Row("1", kind, "for a test", report)},
        **declared,
    )


def replaced(mechanisms, name: str, **changes):
    """The mechanisms with fields of one of them replaced."""
    return tuple(dataclasses.replace(m, **changes) if m.name == name else m for m in mechanisms)
