"""Cheap programs whose claims have a probability in closed form."""

from types import SimpleNamespace

import numpy as np
from scipy import stats

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import CorrelationGroup, DrawPlan, PriorDraw, Quantile

NORMAL = Quantile("normal", 0.0, 1.0)
ZERO = Quantile("constant", 0.0)
HALF = Quantile("uniform", 0.0, 1.0)


def sum_and_walk(a, b, last_walk, push):
    return a + b, last_walk + push


def pair(a=NORMAL, b=NORMAL, correlation=0.0):
    """A scenario of one year: its row ``total`` is a + b, its row ``walk`` sums four standard normal shocks."""
    draws = {"a": a, "b": b}
    mechanism = Mechanism(
        name="pair",
        doc="A sum of two draws, and a walk.",
        priors=dict.fromkeys(("a", "b"), "1"),
        shocks={"push": "normal"},
        carries={"walk": 0.0},
        writes={
            "total": Row("1", "stock", "sum of the draws", "ratio"),
            "walk": Row("1", "stock", "sum of the shocks", "ratio"),
        },
        loops=(Loop(sum_and_walk, ("total", "walk")),),
    )
    factor = np.array([[1.0, 0.0], [correlation, np.sqrt(1.0 - correlation * correlation)]])
    plan = DrawPlan(
        tuple(PriorDraw(name, f"prior:{name}", quantile) for name, quantile in draws.items()),
        (CorrelationGroup(("a", "b"), factor),) if correlation else (),
    )
    return SimpleNamespace(
        mechanisms=(mechanism,), plan=plan, start=2023.0, quarters=4, switched_off=(),
        outputs=SimpleNamespace(quarterly=()), discount_rate=0.1,
    )  # fmt: skip


def above(p, sd=1.0, row="total"):
    """The claim that a normal figure of standard deviation ``sd`` exceeds its quantile of 1 - p."""
    return f"{row} > {sd * stats.norm.isf(p):.12f} @ 2023"
