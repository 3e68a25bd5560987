"""Capital: spending on AI plant by the clouds, their owners' own use, and money raised by the labs.

Flexible accelerator in logs (Jorgenson 1963, American Economic Review 53(2); Eisner and Strotz 1963): desired plant
is what the cloud's expected revenue supports at the user cost of capital. Expected growth is smoothed and clipped, an
optimism factor decays to free entry after 2025 (assumption). Lab funding follows lab revenue with a power law computed
from Epoch AI and press data on funding and revenue, fades as labs mature (assumption), and shrinks when plant on order
exceeds what is desired.

A bust cuts plant and funding together. Its hazard is constant while capital spending over end spend is tolerated, and
grows beyond (assumption); its effect fades with a drawn half-life, and another may follow.
"""

from __future__ import annotations

from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log
from stackcast.laws import dynamics

_rising_event_probability = dynamics.rising_event_probability.kernel

LN2 = 0.6931471805599453
OPTIMISM_FADES_FROM = 2026.0
GROWTH_CLIP = 0.5
EXPECTED_GROWTH_LOW = -0.05
EXPECTED_GROWTH_HIGH = 0.30
GAP_CLIP = 1.5
LEAST_SPENDING = 0.08
LEAST_LAPSE = 0.5
# A tenth of what wears out is replaced even in a bust: without it a long bust would end all spending for good.
LEAST_REPLACEMENT = 0.1
LEAST_REVENUE = 0.001
# Starting values (assumptions): what the fleet of 2022 earns at the rental price, growing 0.10 a quarter; a quarter
# of the yearly revenue of the owners' products that use AI compute. Only their ratio to priors matters later.
CLOUD_REVENUE_START = 2.0
EXPECTED_GROWTH_START = 0.10
LOG_CLOUD_REVENUE_BEFORE = 0.5931471805599453
PARENTS_REVENUE_START = 140.0
CLOSED_REVENUE_START = 0.1
OVERHANG_START = 1.0
# Quarters from 2026 to 2029, which the drawn probability of a bust is for.
BUST_QUARTERS = 16.0
# Overhang multiplies the hazard of a bust e^3-fold at most.
EXCESS_CLIP = 3.0


def prepare_capital(hardware_life, cloud_operations_rate, cost_of_capital, free_entry_margin):
    """User cost of capital per year, long-run optimism."""
    return 1.0 / hardware_life + cloud_operations_rate + cost_of_capital, 1.0 / (1.0 + free_entry_margin)


def prepare_fading(optimism_halflife, demand_step_halflife, funding_halflife, bust_halflife):
    """Shares of optimism, the step of 2023, investors' appetite for labs and a bust that are kept a quarter."""
    optimism = exp(-LN2 / optimism_halflife)
    return optimism, exp(-LN2 / demand_step_halflife), exp(-LN2 / funding_halflife), exp(-LN2 / bust_halflife)


def prepare_bust(bust_probability):
    """Hazard of a bust in a quarter while the overhang is tolerated."""
    return (-log(1.0 - bust_probability) / BUST_QUARTERS,)


def draw_bust(
    year,
    bust_draw,
    bust_from,
    bust_base,
    bust_kept,
    bust_overhang,
    bust_sensitivity,
    last_overhang,
    last_bust_state,
    last_capital_bust,
):
    """Whether a bust hits this quarter, how much of it is felt, date of the first."""
    base = bust_base * (1.0 - last_bust_state)
    chance = _rising_event_probability(base, bust_sensitivity, log(last_overhang / bust_overhang), 0.0, EXCESS_CLIP)
    drawn = 1.0 if bust_draw < chance else 0.0
    hit = drawn if year >= bust_from else 0.0
    return hit, max(last_bust_state * bust_kept, hit), min(last_capital_bust, year if hit > 0.0 else NEVER)


def expect_growth(
    year,
    last_revenue_cloud,
    last_cloud_revenue_log,
    last_expected_growth,
    growth_smoothing,
    last_optimism,
    optimism_long,
    optimism_kept,
):
    """Smoothed growth of the cloud's revenue, and the optimism factor on it."""
    revenue_log = log(max(last_revenue_cloud, LEAST_REVENUE))
    growth = min(max(revenue_log - last_cloud_revenue_log, -GROWTH_CLIP), GROWTH_CLIP)
    expected = last_expected_growth + growth_smoothing * (growth - last_expected_growth)
    faded = optimism_long + (last_optimism - optimism_long) * optimism_kept
    return revenue_log, expected, (last_optimism if year < OPTIMISM_FADES_FROM else faded)


def expect_revenue(
    last_revenue_cloud, expected_growth, planning_horizon, optimism, last_demand_step_left, demand_step_kept
):
    """Yearly revenue that plant is ordered for; the step of 2023 fades."""
    growth = min(max(expected_growth, EXPECTED_GROWTH_LOW), EXPECTED_GROWTH_HIGH)
    expected = optimism * 4.0 * last_revenue_cloud * exp(planning_horizon * growth + last_demand_step_left)
    return expected, last_demand_step_left * demand_step_kept


def desire_plant(
    expected_revenue,
    user_cost,
    last_plant,
    hardware_life,
    plant_adjustment,
    last_capital_budget,
    last_capital_spending,
    budget_lapse,
    bust_depth,
    bust_hit,
    bust_state,
):
    """Budget that survives (what could not be spent lapses, a bust cuts) and the spending that reaches the plant."""
    replacement = last_plant / (4.0 * hardware_life)
    spent = min(last_capital_budget, budget_lapse * last_capital_spending)
    surviving = max(spent, LEAST_LAPSE * last_capital_budget)
    base = max(surviving * (1.0 - bust_depth * bust_hit), LEAST_REPLACEMENT * replacement)
    wish = replacement + (expected_revenue / user_cost - last_plant) / plant_adjustment
    return base, max(wish * (1.0 - bust_depth * bust_state), LEAST_SPENDING * base)


def set_budget(
    capital_base, capital_wish, last_capital_growth, capital_response, capital_inertia, capital_noise, capital_shock
):
    """Capital spending planned for the quarter: growth with inertia towards the wish, in logs."""
    gap = min(max(log(capital_wish / capital_base), -GAP_CLIP), GAP_CLIP)
    growth = capital_inertia * last_capital_growth + (1.0 - capital_inertia) * capital_response * gap
    return gap, growth, capital_base * exp(growth + capital_noise * capital_shock)


def plan_own_use(last_own_use_budget, last_parents_revenue, parents_growth, own_use_ceiling, own_use_speed):
    """Owners of clouds buy compute for their own products up to a share of their revenue."""
    parents = last_parents_revenue * (1.0 + parents_growth)
    room = 1.0 - last_own_use_budget / (own_use_ceiling * parents)
    return parents, last_own_use_budget * (1.0 + own_use_speed * room)


def fund_labs(
    year,
    last_revenue_closed_models,
    funding_scale,
    funding_power,
    funding_cycle,
    capital_gap,
    last_funding_appetite,
    funding_appetite_kept,
    bust_funding,
    bust_state,
):
    """Equity raised by labs in the quarter; investors' appetite fades after 2025, and shrinks in a bust."""
    appetite = last_funding_appetite * (funding_appetite_kept if year >= OPTIMISM_FADES_FROM else 1.0)
    yearly = log(max(4.0 * last_revenue_closed_models, LEAST_REVENUE))
    raised = 0.25 * funding_scale * exp(funding_power * yearly + funding_cycle * min(capital_gap, 0.0))
    return appetite, (1.0 - bust_funding * bust_state) * appetite * raised


CAPITAL = Mechanism(
    name="capital",
    doc="Capital spending of the cloud and its busts, own use of its owners, funding of labs.",
    priors={
        "hardware_life": "years",
        "cloud_operations_rate": "per_year",
        "cost_of_capital": "per_year",
        "free_entry_margin": "1",
        "optimism_halflife": "quarters",
        "optimism_start": "1",
        "demand_step": "log",
        "demand_step_halflife": "quarters",
        "growth_smoothing": "1",
        "planning_horizon": "quarters",
        "plant_adjustment": "quarters",
        "budget_lapse": "1",
        "capital_start": "USD_bn_per_quarter",
        "capital_growth_start": "log_per_quarter",
        "capital_response": "1",
        "capital_inertia": "1",
        "capital_noise": "1",
        "own_use_start": "USD_bn_per_quarter",
        "parents_growth": "log_per_quarter",
        "own_use_ceiling": "1",
        "own_use_speed": "1",
        "funding_scale": "1",
        "funding_power": "1",
        "funding_cycle": "1",
        "funding_halflife": "quarters",
        "bust_probability": "1",
        "bust_overhang": "1",
        "bust_sensitivity": "1",
        "bust_depth": "1",
        "bust_funding": "1",
        "bust_halflife": "quarters",
        "bust_from": "calendar_year",
    },
    shocks={"capital_shock": "normal", "bust_draw": "uniform"},
    carries={
        "revenue_cloud": CLOUD_REVENUE_START,
        "cloud_revenue_log": LOG_CLOUD_REVENUE_BEFORE,
        "expected_growth": EXPECTED_GROWTH_START,
        "optimism": "optimism_start",
        "demand_step_left": "demand_step",
        "plant": None,
        "capital_spending": "capital_start",
        "capital_budget": "capital_start",
        "capital_growth": "capital_growth_start",
        "own_use_budget": "own_use_start",
        "parents_revenue": PARENTS_REVENUE_START,
        "revenue_closed_models": CLOSED_REVENUE_START,
        "funding_appetite": 1.0,
        "overhang": OVERHANG_START,
        "bust_state": 0.0,
        "capital_bust": NEVER,
    },
    writes={
        "user_cost": Row("per_year", "price", "depreciation, operations and cost of capital per dollar of plant"),
        "optimism_long": Row("1", "price", "optimism factor under free entry"),
        "optimism_kept": Row("1", "price", "share of excess optimism kept a quarter"),
        "bust_kept": Row("1", "price", "share of a bust still felt after a quarter"),
        "bust_base": Row("per_quarter", "price", "hazard of a bust while the overhang is tolerated"),
        "bust_hit": Row("1", "price", "1 in the quarter of a bust"),
        "bust_state": Row("1", "stock", "part of the last bust that is still felt"),
        "capital_bust": Row("year", "event", "quarter of the first bust in capital spending", "event"),
        "cloud_revenue_log": Row("1", "stock", "log of the cloud's revenue of last quarter"),
        "expected_growth": Row("log_per_quarter", "price", "expected growth of the cloud's revenue"),
        "optimism": Row("1", "price", "plant desired per plant that pays"),
        "demand_step_kept": Row("1", "price", "share of the step of 2023 kept a quarter"),
        "demand_step_left": Row("log", "price", "what is left of the step in expected revenue"),
        "expected_revenue": Row("USD_bn_per_year", "price", "yearly revenue that plant is ordered for"),
        "capital_base": Row("USD_bn", "flow", "budget carried over"),
        "capital_wish": Row("USD_bn", "flow", "spending that reaches the desired plant"),
        "capital_gap": Row("log", "price", "log of wish over budget, clipped"),
        "capital_growth": Row("log_per_quarter", "price", "planned growth of capital spending"),
        "capital_budget": Row("USD_bn", "flow", "capital spending planned"),
        "parents_revenue": Row("USD_bn", "flow", "revenue of the clouds' owners"),
        "own_use_budget": Row("USD_bn", "flow", "owners' bid for compute"),
        "funding_appetite_kept": Row("1", "price", "share of investors' appetite for labs kept a quarter"),
        "funding_appetite": Row("1", "price", "funding of labs over what revenue brought to 2025"),
        "lab_funding": Row("USD_bn", "flow", "equity raised by labs"),
    },
    neutral={
        "capital_budget": "capital_start",
        "capital_gap": 0.0,
        "own_use_budget": "own_use_start",
        "lab_funding": 1.0,
        "bust_state": 0.0,
        "capital_bust": NEVER,
    },
    loops=(
        Loop(prepare_capital, ("user_cost", "optimism_long"), when="start"),
        Loop(prepare_fading, ("optimism_kept", "demand_step_kept", "funding_appetite_kept", "bust_kept"), when="start"),
        Loop(prepare_bust, ("bust_base",), when="start"),
        Loop(draw_bust, ("bust_hit", "bust_state", "capital_bust")),
        Loop(expect_growth, ("cloud_revenue_log", "expected_growth", "optimism")),
        Loop(expect_revenue, ("expected_revenue", "demand_step_left")),
        Loop(desire_plant, ("capital_base", "capital_wish")),
        Loop(set_budget, ("capital_gap", "capital_growth", "capital_budget")),
        Loop(plan_own_use, ("parents_revenue", "own_use_budget")),
        Loop(fund_labs, ("funding_appetite", "lab_funding")),
    ),
)
