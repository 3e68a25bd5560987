"""Compute supply: orders, the limits that meet them, the fleet in H100-equivalents and the power it draws.

Shipments are the least of orders, packaging, memory, logic wafers and powered sites; what is not served waits as
backlog, less cancellations. Capacity answers last quarter's scarcity within a limit; a shock to supply takes away a
part of it and heals by a half-life (assumption). When power binds, chips take a drawn part of the rent. The fleet
retires through a chain of four stages (Erlang with mean equal to the economic life, as the books depreciate it), and a
vintage keeps the power per unit that it was built with. Prices and margins: silicon.py; innovations of sales, and how
the leader's filings guide them: guiding.py.
"""

from __future__ import annotations

from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log
from stackcast.laws import dynamics
from stackcast.mechanisms.guiding import carry_sales, correct_budget, correct_supply, find_power, guide_sales
from stackcast.mechanisms.silicon import price_chips, set_leader_margin, share_silicon

_event_probability = dynamics.event_probability.kernel

LN2 = 0.6931471805599453
FLEET_GROWTH_BEFORE = 0.15
EARLY_ENDS = 2026.0
SCARCITY_CLIP = 4.4816890703380645
KW_PER_GW = 1e6
USD_PER_BN = 1e9
CHIPS, POWER, CAPITAL, TEXT = 1.0, 2.0, 3.0, 4.0
BINDS_FROM = 0.05
# A fleet that grew by 0.27 (log) a quarter in 2025 is slow below 0.1 (assumption); e to that power.
SLOW_GROWTH = 1.1051709180756477
QUARTERS_TO_BREAK = 4.0


def prepare_fleet(fleet_start, hardware_life, kw_decline):
    """Ages of the starting fleet (shipments grew before the start) and the factor on power per H100e."""
    ratio = 1.0 / (1.0 + FLEET_GROWTH_BEFORE * hardware_life)
    first = fleet_start / (1.0 + ratio * (1.0 + ratio * (1.0 + ratio)))
    second = first * ratio
    third = second * ratio
    return first, second, third, third * ratio, exp(-kw_decline)


def prepare_power_use(fleet_start, fleet_start_1, fleet_start_2, fleet_start_3, fleet_start_4, kw_new_start):
    """Power that the starting fleet draws, by stage and in all."""
    unit = kw_new_start / KW_PER_GW
    whole = fleet_start * kw_new_start / KW_PER_GW
    return fleet_start_1 * unit, fleet_start_2 * unit, fleet_start_3 * unit, fleet_start_4 * unit, whole


def prepare_shocks(supply_shock_hazard, supply_shock_halflife):
    """Chance of a supply shock in a quarter, and the part of its loss still there a quarter later."""
    return _event_probability(supply_shock_hazard), exp(-LN2 / supply_shock_halflife)


def shock_supply(
    year,
    supply_shock_draw,
    supply_shock_chance,
    supply_shock_size,
    supply_kept,
    last_supply_loss,
    last_supply_shock,
):
    """Part of capacity that is lost, and the quarter of the first shock."""
    hit = 1.0 if supply_shock_draw < supply_shock_chance else 0.0
    date = min(last_supply_shock, year if hit > 0.0 else NEVER)
    return max(last_supply_loss * supply_kept, supply_shock_size * hit), date


def grow_capacity(
    year,
    last_chip_scarcity,
    capacity_response,
    capacity_limit_early,
    capacity_limit_late,
    last_packaging,
    last_memory,
    last_logic,
    packaging_growth,
    memory_growth,
    logic_growth,
    supply_loss,
):
    """Units a quarter that packaging, memory and logic wafers allow; the first two answer scarcity."""
    limit = capacity_limit_early if year < EARLY_ENDS else capacity_limit_late
    answer = min(capacity_response * last_chip_scarcity, limit)
    packaging = last_packaging * (1.0 + packaging_growth + answer)
    memory = last_memory * (1.0 + memory_growth + answer)
    logic = last_logic * (1.0 + logic_growth)
    return packaging, memory, logic, min(min(packaging, memory), logic) * (1.0 - supply_loss)


def place_orders(
    capital_budget,
    chips_share_of_capital,
    last_chip_price,
    last_backlog,
    last_power_used,
    last_power_4,
    hardware_life,
    last_kw_new,
    kw_factor,
):
    """Orders in hand, power left to the fleet after retirement of the oldest, power per new unit."""
    orders = chips_share_of_capital * capital_budget * USD_PER_BN / last_chip_price + last_backlog
    rate = 1.0 / hardware_life
    return orders, last_power_used - rate * last_power_4, last_kw_new * kw_factor


def ship_chips(orders, chip_capacity, power_gw, power_kept, kw_new, order_cancellation):
    """Shipments, backlog, scarcity of chips and of power (logs, clipped), power that all units made would draw."""
    room = max(power_gw - power_kept, 0.0) * KW_PER_GW / kw_new
    made = min(orders, chip_capacity)
    shipped = min(made, room)
    backlog = (orders - shipped) * (1.0 - order_cancellation)
    chip_scarcity = log(min(max(orders / chip_capacity, 1.0), SCARCITY_CLIP))
    power_scarcity = log(max(made / max(room, made / SCARCITY_CLIP), 1.0))
    return shipped, backlog, chip_scarcity, power_scarcity, power_kept + made * (kw_new / KW_PER_GW)


def age_fleet(last_fleet_1, last_fleet_2, last_fleet_3, last_fleet_4, hardware_life, shipments):
    """Four stages of age, each left at the rate 4 / (4 life) a quarter."""
    rate = 1.0 / hardware_life
    first = last_fleet_1 - rate * last_fleet_1 + shipments
    second = last_fleet_2 - rate * last_fleet_2 + rate * last_fleet_1
    third = last_fleet_3 - rate * last_fleet_3 + rate * last_fleet_2
    fourth = last_fleet_4 - rate * last_fleet_4 + rate * last_fleet_3
    return first, second, third, fourth, first + second + third + fourth


def age_power(last_power_1, last_power_2, last_power_3, last_power_4, hardware_life, shipments, kw_new):
    """Power drawn by the fleet's four stages: each vintage at the kW per unit of its quarter."""
    rate = 1.0 / hardware_life
    first = last_power_1 - rate * last_power_1 + shipments * (kw_new / KW_PER_GW)
    second = last_power_2 - rate * last_power_2 + rate * last_power_1
    third = last_power_3 - rate * last_power_3 + rate * last_power_2
    fourth = last_power_4 - rate * last_power_4 + rate * last_power_3
    return first, second, third, fourth, first + second + third + fourth


def name_limit(chip_scarcity, power_scarcity, text_shortage, capital_gap):
    """What binds: 0 nothing, 1 chips, 2 power, 3 capital, 4 text; the larger shortage wins, capital comes last."""
    physical = power_scarcity if power_scarcity > 0.0 else chip_scarcity
    kind = POWER if power_scarcity > 0.0 else CHIPS
    kind = TEXT if text_shortage > physical else kind
    money = CAPITAL if capital_gap > BINDS_FROM else 0.0
    return (kind if max(physical, text_shortage) > BINDS_FROM else money,)


def date_break(year, binding_constraint, fleet_h100e, last_fleet_h100e, last_hardware_quarters, last_hardware_break):
    """Quarters on end in which hardware bound a slow fleet, and the first that ends a year of them."""
    slow = fleet_h100e < SLOW_GROWTH * last_fleet_h100e
    bound = (binding_constraint == CHIPS) | (binding_constraint == POWER)
    quarters = last_hardware_quarters + 1.0 if slow & bound else 0.0
    return quarters, min(last_hardware_break, year if quarters >= QUARTERS_TO_BREAK else NEVER)


_STAGES = (1, 2, 3, 4)

COMPUTE_SUPPLY = Mechanism(
    name="compute_supply",
    doc="Accelerators: orders, limits, shocks, prices, competing silicon, fleet and its power.",
    priors={
        "fleet_start": "H100e",
        "hardware_life": "years",
        "kw_new_start": "kW_per_H100e",
        "kw_decline": "log_per_quarter",
        "capacity_response": "1",
        "capacity_limit_early": "log_per_quarter",
        "capacity_limit_late": "log_per_quarter",
        "packaging_start": "H100e_per_quarter",
        "memory_start": "H100e_per_quarter",
        "logic_start": "H100e_per_quarter",
        "packaging_growth": "log_per_quarter",
        "memory_growth": "log_per_quarter",
        "logic_growth": "log_per_quarter",
        "supply_shock_size": "1",
        "supply_shock_hazard": "per_quarter",
        "supply_shock_halflife": "quarters",
        "chips_share_of_capital": "1",
        "backlog_start": "H100e",
        "order_cancellation": "1",
        "power_rent_share": "1",
        "chip_price_start": "USD_per_H100e",
        "chip_price_trend": "log_per_quarter",
        "chip_price_response": "1",
        "chip_price_noise": "1",
        "chip_margin_start": "1",
        "chip_margin_long": "1",
        "chip_margin_drift": "1",
        "chip_margin_response": "1",
        "moat_margin": "1",
        "rival_share_start": "1",
        "rival_long": "1",
        "rival_pace": "per_quarter",
        "rival_response": "1",
        "rival_margin": "1",
        "sales_noise": "1",
        "drift_persistence": "1",
        "drift_gain": "1",
        "budget_news": "1",
    },
    shocks={"chip_price_shock": "normal", "supply_shock_draw": "uniform", "sales_shock": "normal"},
    observes=("chip_sales",),
    reads=(
        "capital_budget",
        "capital_gap",
        "capital_growth",
        "demand_step_left",
        "power_gw",
        "moat_ecosystem",
        "text_shortage",
    ),
    carries={
        "supply_loss": 0.0,
        "supply_shock": NEVER,
        "chip_scarcity": 0.0,
        "power_scarcity": 0.0,
        "packaging": "packaging_start",
        "memory": "memory_start",
        "logic": "logic_start",
        "chip_price": "chip_price_start",
        "chip_price_log": 0.0,
        "backlog": "backlog_start",
        **{f"fleet_{i}": f"fleet_start_{i}" for i in _STAGES},
        "fleet_h100e": "fleet_start",
        **{f"power_{i}": f"power_start_{i}" for i in _STAGES},
        "power_used": "power_used_start",
        "power_wanted": "power_used_start",
        "kw_new": "kw_new_start",
        "chip_margin_base": "chip_margin_start",
        "leader_margin": "chip_margin_start",
        "rival_share": "rival_share_start",
        "sales_drift": 0.0,
        "chip_sales_evidence": 0.0,
        "hardware_quarters": 0.0,
        "hardware_break": NEVER,
    },
    writes={
        **{f"fleet_start_{i}": Row("H100e", "stock", f"starting fleet in stage {i}") for i in _STAGES},
        "kw_factor": Row("1", "price", "factor on power per new H100e a quarter"),
        **{f"power_start_{i}": Row("GW", "stock", f"power drawn by the starting fleet's stage {i}") for i in _STAGES},
        "power_used_start": Row("GW", "stock", "power drawn by the starting fleet"),
        "supply_shock_chance": Row("1", "price", "chance of a supply shock in a quarter"),
        "supply_kept": Row("1", "price", "part of a supply loss that is left after a quarter"),
        "supply_loss": Row("1", "stock", "part of chip capacity that a shock has taken away"),
        "supply_shock": Row("year", "event", "quarter of the first shock to chip supply", "event"),
        "packaging": Row("H100e", "flow", "units that advanced packaging allows"),
        "memory": Row("H100e", "flow", "units that high-bandwidth memory allows"),
        "logic": Row("H100e", "flow", "units that advanced logic wafers allow"),
        "chip_capacity": Row("H100e", "flow", "units that can be made"),
        "orders": Row("H100e", "flow", "orders in hand"),
        "power_kept": Row("GW", "stock", "power drawn by units not retired"),
        "kw_new": Row("kW_per_H100e", "price", "site power per new unit"),
        "shipments": Row("H100e", "flow", "units shipped", "positive"),
        "backlog": Row("H100e", "stock", "orders not served", "positive"),
        "chip_scarcity": Row("log", "price", "log of orders over capacity, where positive"),
        "power_scarcity": Row("log", "price", "log of units made over units that sites can power, where positive"),
        "power_wanted": Row("GW", "stock", "power that the fleet and all units made would draw"),
        "chip_pressure": Row("log", "price", "scarcity that reaches chip prices"),
        "chip_price_log": Row("1", "price", "log of the leader's chip price over its start"),
        "leader_price": Row("USD_per_H100e", "price", "the leader's price per H100-equivalent"),
        "chip_margin_base": Row("1", "price", "the leader's margin without scarcity and moat"),
        "leader_margin": Row("1", "price", "gross margin of the leading chip designer", "ratio"),
        "rival_share": Row("1", "price", "rivals' share of units shipped", "share"),
        "chip_price": Row("USD_per_H100e", "price", "price per H100-equivalent, all vendors", "positive"),
        "chip_margin": Row("1", "price", "chip designers' gross margin, all vendors"),
        "sales_innovation": Row("log", "price", "innovation of the leader's sales"),
        "sales_factor": Row("1", "price", "factor on units shipped: drift and innovation"),
        "sales_drift": Row("log_per_quarter", "price", "growth of sales that the rest of the model does not explain"),
        "chip_sales_evidence": Row("1", "stock", "log weight of the leader's filings so far"),
        "capital_growth": Row("log_per_quarter", "price", "growth of that plan, news included"),
        "demand_step_left": Row("log", "price", "what is left of steps in expected revenue, news on sales included"),
        "unordered": Row("H100e", "flow", "units shipped beyond the orders in hand"),
        "power_gw": Row("GW", "stock", "powered sites, those of what the record saw sold included", "positive"),
        "capital_budget": Row("USD_bn", "flow", "capital spending planned, after the quarter's news on sales"),
        **{f"fleet_{i}": Row("H100e", "stock", f"fleet in stage {i}") for i in _STAGES},
        "fleet_h100e": Row("H100e", "stock", "installed base", "positive"),
        **{f"power_{i}": Row("GW", "stock", f"power drawn by the fleet in stage {i}") for i in _STAGES},
        "power_used": Row("GW", "stock", "power drawn by the fleet"),
        "binding_constraint": Row("1", "category", "0 none, 1 chips, 2 power, 3 capital, 4 text", "category"),
        "hardware_quarters": Row("1", "stock", "quarters on end in which hardware bound a slow fleet"),
        "hardware_break": Row("year", "event", "quarter that ends a year of hardware binding a slow fleet", "event"),
    },
    neutral={
        "fleet_h100e": "fleet_start",
        "chip_price": "chip_price_start",
        "chip_margin": "chip_margin_start",
        "shipments": 0.0,
        "backlog": 0.0,
        "power_scarcity": 0.0,
        "power_used": 0.0,
        "power_wanted": 0.0,
        **{f"{what}_{i}": 0.0 for what in ("fleet", "power") for i in _STAGES},
        "binding_constraint": 0.0,
    },
    loops=(
        Loop(prepare_fleet, (*(f"fleet_start_{i}" for i in _STAGES), "kw_factor"), when="start"),
        Loop(prepare_power_use, (*(f"power_start_{i}" for i in _STAGES), "power_used_start"), when="start"),
        Loop(prepare_shocks, ("supply_shock_chance", "supply_kept"), when="start"),
        Loop(shock_supply, ("supply_loss", "supply_shock")),
        Loop(grow_capacity, ("packaging", "memory", "logic", "chip_capacity")),
        Loop(place_orders, ("orders", "power_kept", "kw_new")),
        Loop(ship_chips, ("shipments", "backlog", "chip_scarcity", "power_scarcity", "power_wanted")),
        Loop(price_chips, ("chip_pressure", "chip_price_log", "leader_price")),
        Loop(set_leader_margin, ("chip_margin_base", "leader_margin")),
        Loop(share_silicon, ("rival_share", "chip_price", "chip_margin")),
        Loop(guide_sales, ("sales_innovation", "sales_factor", "chip_sales_evidence")),
        Loop(carry_sales, ("sales_drift",)),
        Loop(correct_supply, ("shipments", "backlog", "packaging", "memory", "logic", "unordered")),
        Loop(correct_budget, ("capital_budget", "capital_growth", "demand_step_left")),
        Loop(find_power, ("power_gw",)),
        Loop(age_fleet, (*(f"fleet_{i}" for i in _STAGES), "fleet_h100e")),
        Loop(age_power, (*(f"power_{i}" for i in _STAGES), "power_used")),
        Loop(name_limit, ("binding_constraint",)),
        Loop(date_break, ("hardware_quarters", "hardware_break")),
    ),
)
