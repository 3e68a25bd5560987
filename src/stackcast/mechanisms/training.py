"""Training: the largest run on the fleet, its compute and its cost.

The share of the fleet in the largest run falls slowly as the fleet grows (computed from Epoch AI notable models and
chip counts: 2.4 % for GPT-4, 1.4 % for Grok 4); runs lengthen and formats shrink (Epoch AI 2025 on the longest useful
run). No run costs more than a drawn share of what labs and clouds' owners spend on compute, and runs slow down
smoothly before the latency wall (Epoch AI).
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

# 989e12 FLOP/s dense 16-bit of one H100, 40 % utilisation.
FLOP_PER_SECOND = 989e12 * 0.4
RUN_SECONDS = 7.9e6
SECONDS_PER_HOUR = 3600.0
USD_PER_BN = 1e9
GPT4_FLOP = 2.1e25
LN_GPT4_FLOP = 58.30656466958052
START_YEAR = 2023.0


def prepare_run(run_share, run_fleet_elasticity, fleet_start):
    """Log of the run's compute on a fleet of one, if the share held at the starting fleet."""
    return (log(run_share * FLOP_PER_SECOND * RUN_SECONDS) + (1.0 - run_fleet_elasticity) * log(fleet_start),)


def plan_run(year, fleet_h100e, run_intercept, run_fleet_elasticity, run_growth, run_noise, run_shock):
    """Compute of the largest run that the fleet allows."""
    size = run_intercept + run_fleet_elasticity * log(fleet_h100e) + run_growth * (year - START_YEAR)
    return (exp(size + run_noise * run_shock),)


def train_run(
    run_planned,
    run_budget_share,
    last_bid_training,
    own_use_budget,
    last_rental_price,
    run_wall,
    last_frontier_flop,
):
    """The run that is paid for; the frontier is the largest run so far."""
    dollars_per_flop = last_rental_price / (FLOP_PER_SECOND * SECONDS_PER_HOUR)
    affordable = run_budget_share * (last_bid_training + own_use_budget) * USD_PER_BN / dollars_per_flop
    run = min(run_planned, affordable)
    run = run * run_wall / (run + run_wall)
    frontier = max(last_frontier_flop, run)
    return frontier, log(frontier), run * dollars_per_flop / USD_PER_BN


TRAINING = Mechanism(
    name="training",
    doc="Compute and cost of the largest training run.",
    priors={
        "run_share": "1",
        "run_fleet_elasticity": "1",
        "fleet_start": "H100e",
        "run_growth": "log_per_year",
        "run_noise": "1",
        "run_budget_share": "1",
        "run_wall": "FLOP",
    },
    shocks={"run_shock": "normal"},
    reads=("fleet_h100e", "own_use_budget"),
    carries={
        "bid_training": None,
        "rental_price": None,
        "frontier_flop": GPT4_FLOP,
        "log_frontier": LN_GPT4_FLOP,
    },
    writes={
        "run_intercept": Row("1", "price", "log of the run's compute on a fleet of one"),
        "run_planned": Row("FLOP", "stock", "largest run that the fleet allows"),
        "frontier_flop": Row("FLOP", "stock", "largest training run so far", "positive"),
        "log_frontier": Row("1", "stock", "natural logarithm of the largest training run"),
        "run_cost": Row("USD_bn", "price", "cost of this quarter's largest run at the rental price", "money"),
    },
    neutral={"frontier_flop": GPT4_FLOP, "log_frontier": LN_GPT4_FLOP, "run_cost": 0.0},
    loops=(
        Loop(prepare_run, ("run_intercept",), when="start"),
        Loop(plan_run, ("run_planned",)),
        Loop(train_run, ("frontier_flop", "log_frontier", "run_cost")),
    ),
)
