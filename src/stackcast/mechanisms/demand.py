"""Demand: what end customers spend, in two streams, each growing towards a potential that moves with usefulness.

*Products* are applications, assistants and model access; *builds* are customers' own workloads on clouds, tooling and
data. Growth has inertia and reverts to what the room below the potential allows (generalised logistic, Richards 1959,
Journal of Experimental Botany 10(2); shape 1 is the logistic, shape near 0 Gompertz). Builds wait for enterprise
readiness. The price elasticity acts only on the deviation of the compute price from its trend: spend is set by value,
tokens are an output, so that falling prices are not counted twice.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

QUARTERS = 4.0
ROOM_LOW = -0.5
CHEAPNESS_CLIP = 0.7
STEEPEST = 1.6
# Growth per quarter at the start (assumption, from the labs' and Menlo Ventures' first figures).
PRODUCTS_GROWTH_START = 0.40
BUILDS_GROWTH_START = 0.10


def prepare_demand(products_start, builds_start, products_potential, builds_potential, demand_shape):
    """Logs of the starting spends and of the potentials per quarter at usefulness one; pace for the shape."""
    pace = min(STEEPEST * demand_shape, 1.0) / demand_shape
    return (
        log(products_start),
        log(builds_start),
        log(products_potential / QUARTERS),
        log(builds_potential / QUARTERS),
        pace,
    )


def grow_products(
    last_products_log,
    last_products_growth,
    products_ceiling_log,
    usefulness_value,
    log_usefulness,
    demand_shape,
    shape_pace,
    products_pace,
    growth_inertia,
    demand_noise,
    products_shock,
):
    """Log of spend on products and its growth."""
    fullness = last_products_log - products_ceiling_log - usefulness_value * log_usefulness
    room = max(1.0 - exp(demand_shape * fullness), ROOM_LOW)
    growth = growth_inertia * last_products_growth + (1.0 - growth_inertia) * products_pace * shape_pace * room
    return last_products_log + growth + demand_noise * products_shock, growth


def prepare_builds(last_readiness, readiness_pace, builds_ceiling_log, usefulness_value, log_usefulness):
    """Enterprise readiness, and the log of the potential of builds that it lets through."""
    readiness = last_readiness + readiness_pace * (1.0 - last_readiness)
    return readiness, builds_ceiling_log + usefulness_value * log_usefulness + log(readiness)


def grow_builds(
    last_builds_log,
    last_builds_growth,
    builds_potential_log,
    demand_shape,
    shape_pace,
    builds_pace,
    growth_inertia,
    demand_noise,
    builds_shock,
):
    """Log of spend on builds and its growth."""
    room = max(1.0 - exp(demand_shape * (last_builds_log - builds_potential_log)), ROOM_LOW)
    growth = growth_inertia * last_builds_growth + (1.0 - growth_inertia) * builds_pace * shape_pace * room
    return last_builds_log + growth + demand_noise * builds_shock, growth


def spend(products_log, builds_log, last_rental_log, last_rental_trend, price_elasticity):
    """Spend of the quarter; cheaper compute than trend raises it where demand is elastic."""
    cheapness = min(max(last_rental_trend - last_rental_log, -CHEAPNESS_CLIP), CHEAPNESS_CLIP)
    lift = (price_elasticity - 1.0) * cheapness
    return cheapness, exp(products_log + lift), exp(builds_log + lift)


DEMAND = Mechanism(
    name="demand",
    doc="End customers' spend on products and on builds.",
    priors={
        "products_start": "USD_bn_per_quarter",
        "builds_start": "USD_bn_per_quarter",
        "products_potential": "USD_bn_per_year",
        "builds_potential": "USD_bn_per_year",
        "demand_shape": "1",
        "usefulness_value": "1",
        "products_pace": "log_per_quarter",
        "builds_pace": "log_per_quarter",
        "growth_inertia": "1",
        "demand_noise": "1",
        "readiness_start": "1",
        "readiness_pace": "1",
        "price_elasticity": "1",
    },
    shocks={"products_shock": "normal", "builds_shock": "normal"},
    reads=("log_usefulness",),
    carries={
        "products_log": "products_log_start",
        "products_growth": PRODUCTS_GROWTH_START,
        "builds_log": "builds_log_start",
        "builds_growth": BUILDS_GROWTH_START,
        "readiness": "readiness_start",
        "rental_log": None,
        "rental_trend": None,
    },
    writes={
        "products_log_start": Row("1", "stock", "log of the starting spend on products"),
        "builds_log_start": Row("1", "stock", "log of the starting spend on builds"),
        "products_ceiling_log": Row("1", "price", "log of products' potential at usefulness one"),
        "builds_ceiling_log": Row("1", "price", "log of builds' potential at usefulness one"),
        "shape_pace": Row("1", "price", "pace of growth for the shape"),
        "products_log": Row("1", "flow", "log of spend on products at trend prices"),
        "products_growth": Row("log_per_quarter", "price", "growth of products"),
        "readiness": Row("1", "stock", "share of enterprises ready to build"),
        "builds_potential_log": Row("1", "price", "log of builds' potential"),
        "builds_log": Row("1", "flow", "log of spend on builds at trend prices"),
        "builds_growth": Row("log_per_quarter", "price", "growth of builds"),
        "compute_cheapness": Row("log", "price", "trend over rental price of compute, log"),
        "spend_products": Row("USD_bn", "flow", "spend on applications, assistants and model access"),
        "spend_builds": Row("USD_bn", "flow", "spend on own workloads, tooling and data"),
    },
    neutral={
        "products_log": 0.0,
        "builds_log": 0.0,
        "spend_products": "products_start",
        "spend_builds": "builds_start",
        "compute_cheapness": 0.0,
    },
    loops=(
        Loop(
            prepare_demand,
            ("products_log_start", "builds_log_start", "products_ceiling_log", "builds_ceiling_log", "shape_pace"),
            when="start",
        ),
        Loop(grow_products, ("products_log", "products_growth")),
        Loop(prepare_builds, ("readiness", "builds_potential_log")),
        Loop(grow_builds, ("builds_log", "builds_growth")),
        Loop(spend, ("compute_cheapness", "spend_products", "spend_builds")),
    ),
)
