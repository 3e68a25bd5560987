"""The ledger: every payment between layers, and two books of what each layer keeps.

Each payment is named pay_<payer>_<receiver>, with its use where a payer has more than one. Accrual book: only the
depreciation of plant in service reaches the cloud's cost of revenue (straight line through a chain of four stages, so
that each dollar is depreciated once and net value is never negative). Cash book: the cloud's capital spending is
deducted when it is made. Training and other R&D lie below gross profit in both. Conventions: docs/model.md, "ledger".
The payments themselves: payments.py.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.ledger.layers import LAYERS
from stackcast.mechanisms.capital import CLOUD_REVENUE_START
from stackcast.mechanisms.payments import (
    age_plant,
    buy_chips,
    earn_rent,
    pay_for_builds,
    pay_for_compute,
    pay_for_tokens,
    pay_from_labs,
    run_plant,
)

PLANT_GROWTH_BEFORE = 0.15
# Starting values (assumptions); only their ratio to priors matters later.
RENTAL_MARGIN_START = 0.3
OVERHANG_START = 1.0
LEAST_SITES = 1e-6
KW_PER_GW = 1e6


def prepare_plant(plant_start, hardware_life):
    """Ages of the starting plant: spending grew before the start."""
    ratio = 1.0 / (1.0 + PLANT_GROWTH_BEFORE * hardware_life)
    first = plant_start / (1.0 + ratio * (1.0 + ratio * (1.0 + ratio)))
    second = first * ratio
    third = second * ratio
    return first, second, third, third * ratio


def book_hardware(pay_cloud_chips, pay_chips_foundry, chip_margin, foundry_gross_margin, hardware_research):
    """Chips and fabs; boards and assembly are bought outside the stack."""
    boards = pay_cloud_chips * (1.0 - chip_margin) - pay_chips_foundry
    chips = pay_cloud_chips - pay_chips_foundry - boards
    fabs = pay_chips_foundry * (1.0 - foundry_gross_margin)
    foundry = pay_chips_foundry - fabs
    return chips, chips - hardware_research * pay_cloud_chips, foundry, foundry - hardware_research * pay_chips_foundry


def repeat_hardware(pay_cloud_chips, pay_chips_foundry, gross_profit_chips, gross_profit_foundry):
    """Revenue, and the cash book, which is the accrual book where there is no plant."""
    return pay_cloud_chips, pay_chips_foundry, gross_profit_chips, gross_profit_foundry


def cloud_revenue(
    pay_end_cloud,
    own_use,
    pay_apps_cloud,
    pay_apps_cloud_rd,
    pay_closed_cloud,
    pay_closed_partner,
    pay_closed_cloud_rd,
    pay_open_cloud,
    pay_tooling_cloud,
):
    """All that reaches the cloud."""
    outside = pay_end_cloud + own_use + pay_apps_cloud + pay_apps_cloud_rd
    models = pay_closed_cloud + pay_closed_partner + pay_closed_cloud_rd + pay_open_cloud
    return (outside + models + pay_tooling_cloud,)


def book_cloud(revenue_cloud, cloud_operations, depreciation, capital_spending, cloud_research):
    """Cloud: the only layer whose two books differ."""
    before = revenue_cloud - cloud_operations
    profit = before - depreciation
    return profit, before - capital_spending, profit - cloud_research * revenue_cloud


def book_labs(
    end_closed,
    pay_apps_closed,
    pay_closed_cloud,
    pay_closed_partner,
    lab_other_cost,
    pay_closed_cloud_rd,
    pay_closed_data,
    pay_closed_tooling,
    lab_staff,
):
    """Closed models: training lies below gross profit."""
    revenue = end_closed + pay_apps_closed
    profit = revenue - pay_closed_cloud - pay_closed_partner - lab_other_cost * revenue
    surplus = profit - pay_closed_cloud_rd - pay_closed_data - pay_closed_tooling - lab_staff
    return revenue, profit, profit, surplus


def book_open(end_open, pay_apps_open, pay_open_cloud, software_research):
    """Open models: hosts sell at serving cost plus a small margin."""
    revenue = end_open + pay_apps_open
    profit = revenue - pay_open_cloud
    return revenue, profit, profit, profit - software_research * revenue


def book_tooling(
    pay_end_tooling,
    pay_apps_tooling,
    pay_apps_tooling_rd,
    pay_closed_tooling,
    pay_tooling_cloud,
    tooling_cost_share,
    software_research,
):
    """Tooling: software with hosting and support costs."""
    revenue = pay_end_tooling + pay_apps_tooling + pay_apps_tooling_rd + pay_closed_tooling
    profit = revenue - pay_tooling_cloud - tooling_cost_share * revenue
    return revenue, profit, profit, profit - software_research * revenue


def book_data(pay_end_data, pay_apps_data, pay_apps_data_rd, pay_closed_data, data_gross_margin, software_research):
    """Data: labelling and curation are mostly people, outside the stack."""
    revenue = pay_end_data + pay_apps_data + pay_apps_data_rd + pay_closed_data
    profit = revenue - (1.0 - data_gross_margin) * revenue
    return revenue, profit, profit, profit - software_research * revenue


def book_apps(
    end_apps,
    pay_apps_closed,
    pay_apps_open,
    pay_apps_cloud,
    pay_apps_tooling,
    pay_apps_data,
    app_cost_share,
    pay_apps_cloud_rd,
    pay_apps_tooling_rd,
    pay_apps_data_rd,
    software_research,
):
    """Applications: experiments and staff lie below gross profit."""
    inside = pay_apps_closed + pay_apps_open + pay_apps_cloud + pay_apps_tooling + pay_apps_data
    profit = end_apps - inside - app_cost_share * end_apps
    experiments = pay_apps_cloud_rd + pay_apps_tooling_rd + pay_apps_data_rd
    return end_apps, profit, profit, profit - experiments - software_research * end_apps


def bank_labs(last_lab_cash, lab_funding, operating_surplus_closed_models):
    """Labs' cash never falls below zero: what is missing is raised, and counted as raised."""
    before = last_lab_cash + lab_funding + operating_surplus_closed_models
    rescue = max(-before, 0.0)
    return before + rescue, lab_funding + rescue


def close_quarter(
    end_apps, end_closed, end_open, pay_end_cloud, pay_end_tooling, pay_end_data, own_use, capital_spending
):
    """End spend, counted once, and capital spending over it."""
    spend = end_apps + end_closed + end_open + pay_end_cloud + pay_end_tooling + pay_end_data + own_use
    return spend, capital_spending / spend


def cost_sites(capital_spending, shipments, kw_new):
    """Capital spending per gigawatt of new sites' power, $B."""
    return (capital_spending / max(shipments * kw_new / KW_PER_GW, LEAST_SITES),)


def value_self_hosting(app_bill, bill_self, open_margin):
    """What self-hosted tokens would cost at open hosts."""
    return (app_bill * bill_self / (1.0 - open_margin),)


_METRICS = {
    "revenue": "revenue",
    "gross_profit": "gross profit, accrual book",
    "gross_profit_cash": "gross profit, cash book",
    "operating_surplus": "gross profit less training and other R&D",
}


def _books(layer: str) -> tuple[str, ...]:
    return tuple(f"{metric}_{layer}" for metric in _METRICS)


_LAYER_ROWS = {
    f"{metric}_{layer}": Row("USD_bn", "flow", f"{words} of {layer}", "money", metric, layer)
    for layer in LAYERS
    for metric, words in _METRICS.items()
}
_PAYMENTS = {
    "pay_cloud_chips": "cloud to chips (cap)",
    "pay_chips_foundry": "chips to foundry (cogs)",
    "pay_apps_closed": "applications to closed models (cogs)",
    "pay_apps_open": "applications to open hosts (cogs)",
    "pay_apps_cloud": "applications to cloud, self-hosted models (cogs)",
    "pay_apps_tooling": "applications to tooling (cogs)",
    "pay_apps_data": "applications to data (cogs)",
    "pay_apps_cloud_rd": "applications to cloud, experiments (rd)",
    "pay_apps_tooling_rd": "applications to tooling, experiments (rd)",
    "pay_apps_data_rd": "applications to data, experiments (rd)",
    "pay_closed_cloud": "closed models to cloud, inference (cogs)",
    "pay_closed_partner": "closed models to cloud, share of revenue (cogs)",
    "pay_closed_cloud_rd": "closed models to cloud, training and experiments (rd)",
    "pay_closed_data": "closed models to data (rd)",
    "pay_closed_tooling": "closed models to tooling (rd)",
    "pay_open_cloud": "open hosts to cloud (cogs)",
    "pay_tooling_cloud": "tooling to cloud (cogs)",
    "pay_end_cloud": "customers to cloud, own workloads (end)",
    "pay_end_tooling": "customers to tooling (end)",
    "pay_end_data": "customers to data (end)",
}
LEDGER = Mechanism(
    name="ledger",
    doc="Payments between layers, both books.",
    priors={
        "plant_start": "USD_bn",
        "hardware_life": "years",
        "foundry_cost_share": "1",
        "chips_share_of_capital": "1",
        "normal_utilisation": "1",
        "own_use_markup": "1",
        "app_supplies": "1",
        "app_experiment_compute": "1",
        "lab_tooling_share": "1",
        "hardware_research": "1",
        "cloud_research": "1",
        "lab_other_cost": "1",
        "open_margin": "1",
        "software_research": "1",
    },
    reads=(
        "foundry_gross_margin",
        "tooling_spend_share",
        "tooling_cost_share",
        "app_experiment_rate",
        "data_spend_share",
        "lab_data_rate",
        "data_gross_margin",
        "app_cost_share",
        "shipments",
        "chip_price",
        "chip_margin",
        "kw_new",
        "own_use_budget",
        "fleet_h100e",
        "rental_price",
        "bids_served",
        "app_bill",
        "bill_closed",
        "bill_open",
        "bill_self",
        "bid_self",
        "bid_closed",
        "bid_open",
        "bid_work",
        "bid_training",
        "bid_apps",
        "bid_tooling",
        "spend_builds",
        "end_apps",
        "end_closed",
        "end_open",
        "lab_budget",
        "lab_funding",
        "own_centre_share",
        "partner_rate",
        "operations_rate",
    ),
    carries={
        "plant_building": "capital_start",
        "plant_1": "plant_start_1",
        "plant_2": "plant_start_2",
        "plant_3": "plant_start_3",
        "plant_4": "plant_start_4",
        "plant": "plant_start",
        "lab_cash": "lab_cash_start",
        "revenue_closed_models": 0.1,
        "revenue_tooling": 0.25,
        "gross_profit_closed_models": 0.0,
        "rental_margin": RENTAL_MARGIN_START,
        "overhang": OVERHANG_START,
    },
    writes={
        **{f"plant_start_{i}": Row("USD_bn", "stock", f"starting plant in stage {i}") for i in (1, 2, 3, 4)},
        **{row: Row("USD_bn", "flow", words) for row, words in _PAYMENTS.items()},
        "rental_margin": Row("1", "price", "margin of the rental price over the cost of an hour", "ratio"),
        "own_saving": Row("1", "price", "part of labs' compute bill that own centres save"),
        "own_use": Row("USD_bn", "flow", "owners' use of their clouds, at cost (end)", "money"),
        "capital_spending": Row("USD_bn", "flow", "capital spending on AI plant", "money"),
        "plant_building": Row("USD_bn", "stock", "plant under construction"),
        **{f"plant_{i}": Row("USD_bn", "stock", f"gross plant in stage {i}") for i in (1, 2, 3, 4)},
        "depreciation": Row("USD_bn", "flow", "depreciation of plant in service"),
        "plant": Row("USD_bn", "stock", "gross plant in service"),
        "cloud_operations": Row("USD_bn", "flow", "power and operations of the cloud"),
        "lab_staff": Row("USD_bn", "flow", "staff and other R&D of labs, outside the stack"),
        **_LAYER_ROWS,
        "lab_cash": Row("USD_bn", "stock", "labs' cash"),
        "lab_raised": Row("USD_bn", "flow", "equity raised by labs, rescues included", "money"),
        "end_spend": Row("USD_bn", "flow", "spend of customers and of the clouds' owners", "money"),
        "overhang": Row("1", "price", "capital spending over end spend", "ratio"),
        "capital_per_gw": Row("USD_bn_per_GW", "price", "capital spending per GW of new sites", "positive"),
        "open_self_hosting_value": Row("USD_bn", "flow", "self-hosted tokens at open hosts' price", "money"),
    },
    neutral={
        "capital_spending": "capital_start",
        "plant": "plant_start",
        "lab_cash": "lab_cash_start",
        "revenue_cloud": CLOUD_REVENUE_START,
        **{f"plant_{i}": 0.0 for i in (1, 2, 3, 4)},
    },
    loops=(
        Loop(prepare_plant, tuple(f"plant_start_{i}" for i in (1, 2, 3, 4)), when="start"),
        Loop(buy_chips, ("pay_cloud_chips", "pay_chips_foundry", "capital_spending")),
        Loop(age_plant, ("plant_building", "plant_1", "plant_2", "plant_3", "plant_4", "depreciation")),
        Loop(run_plant, ("plant", "cloud_operations")),
        Loop(earn_rent, ("rental_margin", "own_use", "own_saving")),
        Loop(
            pay_for_tokens,
            ("pay_apps_closed", "pay_apps_open", "pay_apps_cloud", "pay_closed_cloud", "pay_open_cloud"),
        ),
        Loop(pay_for_compute, ("pay_end_cloud", "pay_closed_cloud_rd", "pay_apps_cloud_rd", "pay_tooling_cloud")),
        Loop(
            pay_for_builds,
            (
                "pay_end_tooling",
                "pay_end_data",
                "pay_apps_tooling",
                "pay_apps_data",
                "pay_apps_tooling_rd",
                "pay_apps_data_rd",
            ),
        ),
        Loop(pay_from_labs, ("pay_closed_partner", "pay_closed_data", "pay_closed_tooling", "lab_staff")),
        Loop(
            book_hardware,
            (
                "gross_profit_chips",
                "operating_surplus_chips",
                "gross_profit_foundry",
                "operating_surplus_foundry",
            ),
        ),
        Loop(
            repeat_hardware,
            ("revenue_chips", "revenue_foundry", "gross_profit_cash_chips", "gross_profit_cash_foundry"),
        ),
        Loop(cloud_revenue, ("revenue_cloud",)),
        Loop(book_cloud, ("gross_profit_cloud", "gross_profit_cash_cloud", "operating_surplus_cloud")),
        Loop(book_labs, _books("closed_models")),
        Loop(book_open, _books("open_models")),
        Loop(book_tooling, _books("tooling")),
        Loop(book_data, _books("data")),
        Loop(book_apps, _books("apps")),
        Loop(bank_labs, ("lab_cash", "lab_raised")),
        Loop(close_quarter, ("end_spend", "overhang")),
        Loop(cost_sites, ("capital_per_gw",)),
        Loop(value_self_hosting, ("open_self_hosting_value",)),
    ),
)
