"""Cheap programs whose claims have a probability in closed form."""

from types import SimpleNamespace

import numpy as np

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import CorrelationGroup, DrawPlan, PriorDraw, Quantile


def add(a, b):
    return (a + b,)


def sum_and_walk(a, b, last_walk, push):
    return a + b, last_walk + push


def pair(draws, correlations=()):
    """A scenario of one year whose row ``total`` is a + b, and whose row ``walk`` sums four normal shocks."""
    mechanism = Mechanism(
        name="pair",
        doc="A sum of two draws, and a walk.",
        priors=dict.fromkeys(draws, "1"),
        shocks={"push": "normal"},
        carries={"walk": 0.0},
        writes={
            "total": Row("1", "stock", "sum of the draws", "ratio"),
            "walk": Row("1", "stock", "sum of the shocks", "ratio"),
        },
        loops=(Loop(sum_and_walk, ("total", "walk")),),
    )
    priors = tuple(PriorDraw(name, f"prior:{name}", quantile) for name, quantile in draws.items())
    return SimpleNamespace(
        mechanisms=(mechanism,), plan=DrawPlan(priors, correlations), start=2023.0, quarters=4, switched_off=(),
        outputs=SimpleNamespace(quarterly=()), discount_rate=0.1,
    )  # fmt: skip


NORMAL = Quantile("normal", 0.0, 1.0)


def correlated(r):
    """a and b standard normal with correlation r."""
    factor = np.array([[1.0, 0.0], [r, np.sqrt(1.0 - r * r)]])
    return pair({"a": NORMAL, "b": NORMAL}, (CorrelationGroup(("a", "b"), factor),))
