"""Compute supply: orders, the limits that meet them, prices, the fleet in H100-equivalents.

Shipments are the least of orders, packaging, memory, logic wafers and powered sites; what is not served waits as
backlog, less cancellations. Capacity answers last quarter's scarcity within a limit. Price follows a trend computed
from NVIDIA filings and Epoch AI chip counts and passes on a small part of scarcity: in 2023 NVIDIA did not raise
prices until the market cleared. When power binds, chips take a drawn part of the rent. The fleet retires through a
chain of four stages (Erlang with mean equal to the economic life, as the books depreciate it).
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

FLEET_GROWTH_BEFORE = 0.15
EARLY_ENDS = 2026.0
MARGIN_DRIFTS_FROM = 2026.0
SCARCITY_CLIP = 4.4816890703380645
HIGHEST_MARGIN = 0.95
KW_PER_GW = 1e6
USD_PER_BN = 1e9
BINDS_FROM = 0.05


def prepare_fleet(fleet_start, hardware_life, kw_decline):
    """Ages of the starting fleet (shipments grew before the start) and the factor on power per H100e."""
    ratio = 1.0 / (1.0 + FLEET_GROWTH_BEFORE * hardware_life)
    first = fleet_start / (1.0 + ratio * (1.0 + ratio * (1.0 + ratio)))
    second = first * ratio
    third = second * ratio
    return first, second, third, third * ratio, exp(-kw_decline)


def prepare_power_use(fleet_start, kw_new_start):
    """Power that the starting fleet draws."""
    return (fleet_start * kw_new_start / KW_PER_GW,)


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
):
    """Units a quarter that packaging, memory and logic wafers allow; the first two answer scarcity."""
    limit = capacity_limit_early if year < EARLY_ENDS else capacity_limit_late
    answer = min(capacity_response * last_chip_scarcity, limit)
    packaging = last_packaging * (1.0 + packaging_growth + answer)
    memory = last_memory * (1.0 + memory_growth + answer)
    logic = last_logic * (1.0 + logic_growth)
    return packaging, memory, logic, min(min(packaging, memory), logic)


def place_orders(
    capital_budget,
    chips_share_of_capital,
    last_chip_price,
    last_backlog,
    last_fleet_4,
    last_fleet_h100e,
    hardware_life,
    last_power_used,
    last_kw_new,
    kw_factor,
):
    """Orders in hand, power left to the fleet after retirement, power per new unit."""
    orders = chips_share_of_capital * capital_budget * USD_PER_BN / last_chip_price + last_backlog
    retired = last_fleet_4 / hardware_life
    return orders, last_power_used * (1.0 - retired / last_fleet_h100e), last_kw_new * kw_factor


def ship_chips(orders, chip_capacity, power_gw, power_kept, kw_new, order_cancellation):
    """Shipments, backlog, scarcity of chips and of power (logs, clipped), power drawn."""
    room = max(power_gw - power_kept, 0.0) * KW_PER_GW / kw_new
    made = min(orders, chip_capacity)
    shipped = min(made, room)
    backlog = (orders - shipped) * (1.0 - order_cancellation)
    chip_scarcity = log(max(min(orders / chip_capacity, SCARCITY_CLIP), 1.0))
    power_scarcity = log(max(made / max(room, made / SCARCITY_CLIP), 1.0))
    unit = kw_new / KW_PER_GW
    return shipped, backlog, chip_scarcity, power_scarcity, power_kept + shipped * unit, power_kept + made * unit


def price_chips(
    chip_scarcity,
    power_scarcity,
    power_rent_share,
    last_chip_price_log,
    chip_price_trend,
    chip_price_response,
    chip_price_noise,
    chip_price_shock,
    chip_price_start,
):
    """Price per H100e: trend, a part of scarcity, noise."""
    pressure = chip_scarcity + power_rent_share * power_scarcity
    drift = 0.25 * chip_price_response * pressure - chip_price_trend
    price_log = last_chip_price_log + drift + chip_price_noise * chip_price_shock
    return pressure, price_log, chip_price_start * exp(price_log)


def set_chip_margin(
    year, last_chip_margin_base, chip_margin_long, chip_margin_drift, chip_margin_response, chip_pressure
):
    """Gross margin of chip designers: a base that drifts to its long-run level, more when they are scarce."""
    drift = chip_margin_drift if year >= MARGIN_DRIFTS_FROM else 0.0
    base = last_chip_margin_base + drift * (chip_margin_long - last_chip_margin_base)
    return base, min(base + chip_margin_response * chip_pressure, HIGHEST_MARGIN)


def age_fleet(last_fleet_1, last_fleet_2, last_fleet_3, last_fleet_4, hardware_life, shipments):
    """Four stages of age, each left at the rate 4 / (4 life) a quarter."""
    rate = 1.0 / hardware_life
    first = last_fleet_1 - rate * last_fleet_1 + shipments
    second = last_fleet_2 - rate * last_fleet_2 + rate * last_fleet_1
    third = last_fleet_3 - rate * last_fleet_3 + rate * last_fleet_2
    fourth = last_fleet_4 - rate * last_fleet_4 + rate * last_fleet_3
    return first, second, third, fourth, first + second + third + fourth


def name_limit(chip_scarcity, power_scarcity, last_text_shortage, capital_gap):
    """What binds: 0 nothing, 1 chips, 2 power, 3 capital, 4 text; the larger shortage wins, capital comes last."""
    physical = power_scarcity if power_scarcity > 0.0 else chip_scarcity
    kind = 2.0 if power_scarcity > 0.0 else 1.0
    kind = 4.0 if last_text_shortage > physical else kind
    money = 3.0 if capital_gap > BINDS_FROM else 0.0
    return (kind if max(physical, last_text_shortage) > BINDS_FROM else money,)


COMPUTE_SUPPLY = Mechanism(
    name="compute_supply",
    doc="Accelerators: orders, limits, prices, fleet.",
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
    },
    shocks={"chip_price_shock": "normal"},
    reads=("capital_budget", "capital_gap", "power_gw"),
    carries={
        "chip_scarcity": 0.0,
        "power_scarcity": 0.0,
        "packaging": "packaging_start",
        "memory": "memory_start",
        "logic": "logic_start",
        "chip_price": "chip_price_start",
        "chip_price_log": 0.0,
        "backlog": "backlog_start",
        "fleet_1": "fleet_start_1",
        "fleet_2": "fleet_start_2",
        "fleet_3": "fleet_start_3",
        "fleet_4": "fleet_start_4",
        "fleet_h100e": "fleet_start",
        "power_used": "power_used_start",
        "power_wanted": "power_used_start",
        "kw_new": "kw_new_start",
        "chip_margin_base": "chip_margin_start",
        "text_shortage": None,
    },
    writes={
        **{f"fleet_start_{i}": Row("H100e", "stock", f"starting fleet in stage {i}") for i in (1, 2, 3, 4)},
        "kw_factor": Row("1", "price", "factor on power per new H100e a quarter"),
        "power_used_start": Row("GW", "stock", "power drawn by the starting fleet"),
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
        "power_used": Row("GW", "stock", "power drawn by the fleet"),
        "power_wanted": Row("GW", "stock", "power that the fleet and all units made would draw"),
        "chip_pressure": Row("log", "price", "scarcity that reaches chip prices"),
        "chip_price_log": Row("1", "price", "log of chip price over its start"),
        "chip_price": Row("USD_per_H100e", "price", "price per H100-equivalent", "positive"),
        "chip_margin_base": Row("1", "price", "chip designers' margin without scarcity"),
        "chip_margin": Row("1", "price", "chip designers' gross margin"),
        **{f"fleet_{i}": Row("H100e", "stock", f"fleet in stage {i}") for i in (1, 2, 3, 4)},
        "fleet_h100e": Row("H100e", "stock", "installed base", "positive"),
        "binding_constraint": Row("1", "category", "0 none, 1 chips, 2 power, 3 capital, 4 text", "category"),
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
        **{f"fleet_{i}": 0.0 for i in (1, 2, 3, 4)},
        "binding_constraint": 0.0,
    },
    loops=(
        Loop(
            prepare_fleet,
            ("fleet_start_1", "fleet_start_2", "fleet_start_3", "fleet_start_4", "kw_factor"),
            when="start",
        ),
        Loop(prepare_power_use, ("power_used_start",), when="start"),
        Loop(grow_capacity, ("packaging", "memory", "logic", "chip_capacity")),
        Loop(place_orders, ("orders", "power_kept", "kw_new")),
        Loop(ship_chips, ("shipments", "backlog", "chip_scarcity", "power_scarcity", "power_used", "power_wanted")),
        Loop(price_chips, ("chip_pressure", "chip_price_log", "chip_price")),
        Loop(set_chip_margin, ("chip_margin_base", "chip_margin")),
        Loop(age_fleet, ("fleet_1", "fleet_2", "fleet_3", "fleet_4", "fleet_h100e")),
        Loop(name_limit, ("binding_constraint",)),
    ),
)
