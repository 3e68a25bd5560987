"""Demand: what end customers spend, in two streams, each growing towards a potential that moves with usefulness.

*Products* are applications, assistants and model access; *builds* are customers' own workloads on clouds, tooling and
data. Growth has inertia and reverts to what the room below the potential allows (generalised logistic, Richards 1959,
Journal of Experimental Botany 10(2); shape 1 is the logistic, shape near 0 Gompertz), which is imitation, plus
innovation (Bass 1969, Management Science 15(5)). A part of new spend is on trial: those customers leave, the less the
more useful models are, or stay after four quarters on average (assumption). Builds wait for enterprise readiness. The
price elasticity acts only on the deviation of the compute price from its trend: spend is set by value, tokens are an
output, so that falling prices are not counted twice. Innovations of spend on products, and how the labs' run rates
guide them: guiding.py.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log
from stackcast.mechanisms.guiding import carry_products, guide_products

QUARTERS = 4.0
ROOM_LOW = -0.5
CHEAPNESS_CLIP = 0.7
STEEPEST = 1.6
# Growth per quarter at the start (assumption, from the labs' and Menlo Ventures' first figures).
PRODUCTS_GROWTH_START = 0.40
BUILDS_GROWTH_START = 0.10
# Part of products' spend that is on trial at the start (assumption), and what is left of it after a quarter.
TRIAL_SHARE_START = 0.3
TRIAL_KEPT = 0.75
# Logarithms of usefulness are not positive: this one says that there is none yet.
NOT_YET_KNOWN = 1.0
# Innovators over customers, at most: beyond it a market that hardly exists would grow without limit.
MOST_ADOPTERS = 10.0


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


def notice_usefulness(last_usefulness_before, log_usefulness, usefulness_link):
    """Usefulness in the first quarter, and usefulness as buyers notice it, in logs."""
    before = log_usefulness if last_usefulness_before > 0.0 else last_usefulness_before
    return before, before + usefulness_link * (log_usefulness - before)


def grow_products(
    last_products_log,
    last_products_growth,
    products_ceiling_log,
    usefulness_value,
    usefulness_worth,
    demand_shape,
    shape_pace,
    products_pace,
    growth_inertia,
    adoption_innovation,
):
    """Growth of spend on products: imitation in the generalised logistic, and innovation."""
    fullness = last_products_log - products_ceiling_log - usefulness_value * usefulness_worth
    filled = exp(fullness)
    room = max(1.0 - exp(demand_shape * fullness), ROOM_LOW)
    adopters = adoption_innovation * min(1.0 / filled, MOST_ADOPTERS) * max(1.0 - filled, 0.0)
    wanted = products_pace * shape_pace * room + adopters
    return (growth_inertia * last_products_growth + (1.0 - growth_inertia) * wanted,)


def keep_customers(
    last_products_log,
    products_growth,
    churn,
    usefulness,
    last_trial_share,
    trial_fraction,
    last_products_drift,
):
    """Log of spend on products after customers on trial have left, before its innovation; their part in spend."""
    lost = churn * (1.0 - usefulness) * last_trial_share
    new = 1.0 - exp(-max(products_growth, 0.0))
    trial = TRIAL_KEPT * last_trial_share * (1.0 - new) + trial_fraction * new
    return last_products_log + products_growth - lost + last_products_drift, trial


def grow_builds(
    last_builds_log,
    last_builds_growth,
    builds_ceiling_log,
    usefulness_value,
    usefulness_worth,
    readiness,
    demand_shape,
    shape_pace,
    builds_pace,
    growth_inertia,
    demand_noise,
    builds_shock,
):
    """Log of spend on builds and its growth; only enterprises that are ready are part of the potential."""
    potential = builds_ceiling_log + usefulness_value * usefulness_worth + log(readiness)
    room = max(1.0 - exp(demand_shape * (last_builds_log - potential)), ROOM_LOW)
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
        "usefulness_link": "1",
        "products_pace": "log_per_quarter",
        "builds_pace": "log_per_quarter",
        "growth_inertia": "1",
        "demand_noise": "1",
        "adoption_innovation": "per_quarter",
        "churn": "per_quarter",
        "trial_fraction": "1",
        "price_elasticity": "1",
        "drift_persistence": "1",
        "drift_gain": "1",
        "lab_coverage": "1",
    },
    observes=("lab_sales",),
    shocks={"products_shock": "normal", "builds_shock": "normal"},
    reads=("usefulness", "log_usefulness", "readiness"),
    carries={
        "products_log": "products_log_start",
        "products_growth": PRODUCTS_GROWTH_START,
        "builds_log": "builds_log_start",
        "builds_growth": BUILDS_GROWTH_START,
        "trial_share": TRIAL_SHARE_START,
        "usefulness_before": NOT_YET_KNOWN,
        "rental_log": None,
        "rental_trend": None,
        "spend_products": "products_start",
        "revenue_closed_models": None,
        "products_drift": 0.0,
        "lab_sales_evidence": 0.0,
    },
    writes={
        "products_log_start": Row("1", "stock", "log of the starting spend on products"),
        "builds_log_start": Row("1", "stock", "log of the starting spend on builds"),
        "products_ceiling_log": Row("1", "price", "log of products' potential at usefulness one"),
        "builds_ceiling_log": Row("1", "price", "log of builds' potential at usefulness one"),
        "shape_pace": Row("1", "price", "pace of growth for the shape"),
        "usefulness_before": Row("1", "price", "log of usefulness in the first quarter"),
        "usefulness_worth": Row("1", "price", "log of usefulness as buyers notice it"),
        "products_wish": Row("1", "flow", "log of spend on products at trend prices, before its innovation"),
        "products_log": Row("1", "flow", "log of spend on products at trend prices"),
        "products_innovation": Row("log", "price", "innovation of spend on products"),
        "products_drift": Row("log_per_quarter", "price", "growth of products that the rest does not explain"),
        "lab_sales_evidence": Row("1", "stock", "log weight of the labs' run rates so far"),
        "products_growth": Row("log_per_quarter", "price", "growth of products"),
        "trial_share": Row("1", "stock", "part of spend on products that is on trial", "share"),
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
        "trial_share": TRIAL_SHARE_START,
    },
    loops=(
        Loop(
            prepare_demand,
            ("products_log_start", "builds_log_start", "products_ceiling_log", "builds_ceiling_log", "shape_pace"),
            when="start",
        ),
        Loop(notice_usefulness, ("usefulness_before", "usefulness_worth")),
        Loop(grow_products, ("products_growth",)),
        Loop(keep_customers, ("products_wish", "trial_share")),
        Loop(guide_products, ("products_log", "products_innovation", "lab_sales_evidence")),
        Loop(carry_products, ("products_drift",)),
        Loop(grow_builds, ("builds_log", "builds_growth")),
        Loop(spend, ("compute_cheapness", "spend_products", "spend_builds")),
    ),
)
