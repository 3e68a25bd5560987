"""The identities that tie the payments and the two books together, as residuals relative to gross money.

Every function takes figures of one quarter and works on numbers and on arrays alike: the audit mechanism runs them in
the core on every trajectory and quarter, ``worst_errors`` runs them on the rows of a replay. Payments are summed by
payer here and by receiver in the ledger, profits by layer there and from totals here, so that no identity holds by
construction.

I1 money paid = money received                          I5 accrual less cash = capital spending less depreciation
I2 revenue = end spend + cogs + rd + cap                I6 operating surplus from totals
I3 accrual gross profit from totals                     I7 plant under construction and in service roll forward
I4 cash gross profit from totals                        I8 labs' cash from all financing and spending
C4 stocks that cannot be negative
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from stackcast.ledger.layers import LAYERS
from stackcast.ledger.plant import SERVICE_RATE, net_value

_LAST = "last_"


def paid_by_customers(end_apps, end_closed, end_open, pay_end_cloud, pay_end_tooling, pay_end_data, own_use):
    """Payments of customers and of the clouds' owners."""
    return (end_apps + end_closed + end_open + pay_end_cloud + pay_end_tooling + pay_end_data + own_use,)


def paid_by_apps(
    pay_apps_closed,
    pay_apps_open,
    pay_apps_cloud,
    pay_apps_tooling,
    pay_apps_data,
    pay_apps_cloud_rd,
    pay_apps_tooling_rd,
    pay_apps_data_rd,
):
    """Payments of applications, as cost of revenue and as R&D."""
    inputs = pay_apps_closed + pay_apps_open + pay_apps_cloud + pay_apps_tooling + pay_apps_data
    return inputs, pay_apps_cloud_rd + pay_apps_tooling_rd + pay_apps_data_rd


def paid_by_others(
    pay_closed_cloud,
    pay_closed_partner,
    pay_open_cloud,
    pay_tooling_cloud,
    pay_chips_foundry,
    pay_closed_cloud_rd,
    pay_closed_data,
    pay_closed_tooling,
):
    """Payments of all other layers inside the stack, as cost of revenue and as R&D."""
    inputs = pay_closed_cloud + pay_closed_partner + pay_open_cloud + pay_tooling_cloud + pay_chips_foundry
    return inputs, pay_closed_cloud_rd + pay_closed_data + pay_closed_tooling


def total(a, b, c, d, e, f, g, h):
    """Sum over the eight layers."""
    return (a + b + c + d + e + f + g + h,)


def costs_outside_hardware(pay_cloud_chips, pay_chips_foundry, chip_margin, foundry_gross_margin, cloud_operations):
    """Cost of revenue outside the stack of fabs, chips and cloud."""
    boards = pay_cloud_chips * (1.0 - chip_margin) - pay_chips_foundry
    return (pay_chips_foundry * (1.0 - foundry_gross_margin) + boards + cloud_operations,)


def costs_outside(
    costs_hardware,
    revenue_closed_models,
    lab_other_cost,
    revenue_tooling,
    tooling_cost_share,
    revenue_data,
    data_gross_margin,
    revenue_apps,
    app_cost_share,
):
    """Cost of revenue outside the stack, all layers (open hosts have none)."""
    software = lab_other_cost * revenue_closed_models + tooling_cost_share * revenue_tooling
    return (costs_hardware + software + (1.0 - data_gross_margin) * revenue_data + app_cost_share * revenue_apps,)


def research_outside(
    revenue_chips,
    revenue_foundry,
    hardware_research,
    revenue_cloud,
    cloud_research,
    revenue_open_models,
    revenue_tooling,
    revenue_data,
    revenue_apps,
    software_research,
    lab_staff,
):
    """R&D and staff outside the stack, all layers."""
    software = software_research * (revenue_open_models + revenue_tooling + revenue_data + revenue_apps)
    hardware = hardware_research * (revenue_chips + revenue_foundry) + cloud_research * revenue_cloud
    return (hardware + software + lab_staff,)


def payments_identities(
    paid_customers, paid_apps, paid_apps_rd, paid_others, paid_others_rd, pay_cloud_chips, end_spend, received
):
    """I1 and I2; R&D bought inside the stack."""
    research = paid_apps_rd + paid_others_rd
    inside = paid_apps + paid_others + research + pay_cloud_chips
    first = abs(paid_customers + inside - received) / received
    return first, abs(end_spend + inside - received) / received, research


def profit_identities(
    accrual,
    cash,
    surplus,
    end_spend,
    research_inside,
    pay_cloud_chips,
    costs_all,
    research_all,
    depreciation,
    capital_spending,
    received,
):
    """I3, I4 and I6."""
    outside = capital_spending - pay_cloud_chips
    third = abs(accrual - (end_spend + research_inside + pay_cloud_chips - costs_all - depreciation))
    fourth = abs(cash - (end_spend + research_inside - costs_all - outside))
    sixth = abs(surplus - (end_spend + pay_cloud_chips - costs_all - research_all - depreciation))
    return third / received, fourth / received, sixth / received


def bridge_first(
    gross_profit_foundry,
    gross_profit_cash_foundry,
    gross_profit_chips,
    gross_profit_cash_chips,
    gross_profit_closed_models,
    gross_profit_cash_closed_models,
    gross_profit_open_models,
    gross_profit_cash_open_models,
):
    """I5 for four layers without plant: the two books agree."""
    hardware = abs(gross_profit_foundry - gross_profit_cash_foundry) + abs(gross_profit_chips - gross_profit_cash_chips)
    closed = abs(gross_profit_closed_models - gross_profit_cash_closed_models)
    return (hardware + closed + abs(gross_profit_open_models - gross_profit_cash_open_models),)


def bridge_identity(
    bridge_four,
    gross_profit_cloud,
    gross_profit_cash_cloud,
    gross_profit_tooling,
    gross_profit_cash_tooling,
    gross_profit_data,
    gross_profit_cash_data,
    gross_profit_apps,
    gross_profit_cash_apps,
    capital_spending,
    depreciation,
    received,
):
    """I5, all layers."""
    cloud = abs(gross_profit_cloud - gross_profit_cash_cloud - (capital_spending - depreciation))
    software = abs(gross_profit_tooling - gross_profit_cash_tooling) + abs(gross_profit_data - gross_profit_cash_data)
    return ((bridge_four + cloud + software + abs(gross_profit_apps - gross_profit_cash_apps)) / received,)


def plant_identity(
    last_plant_building,
    plant_building,
    capital_spending,
    depreciation,
    last_plant_1,
    last_plant_2,
    last_plant_3,
    last_plant_4,
    plant_1,
    plant_2,
    plant_3,
    plant_4,
):
    """I7 relative to the plant account; net value."""
    entered = SERVICE_RATE * (last_plant_building + capital_spending)
    before = net_value(last_plant_1, last_plant_2, last_plant_3, last_plant_4)
    after = net_value(plant_1, plant_2, plant_3, plant_4)
    building = abs(plant_building - (last_plant_building + capital_spending - entered))
    return (building + abs(after - (before + entered - depreciation))) / (before + last_plant_building), after


def cash_identity(
    last_lab_cash,
    lab_cash,
    lab_raised,
    end_spend,
    surplus,
    operating_surplus_closed_models,
    depreciation,
    capital_spending,
    pay_cloud_chips,
    costs_all,
    research_all,
):
    """I8 in money: the other layers raise what they lack and pay out what they keep."""
    others = surplus - operating_surplus_closed_models + depreciation - capital_spending
    outside = costs_all + research_all + (capital_spending - pay_cloud_chips)
    return (abs(lab_cash - last_lab_cash - (end_spend + lab_raised - others - outside)),)


def relative_cash(cash_difference, received):
    """I8 relative to gross money."""
    return (cash_difference / received,)


def negative_stocks(plant_net, plant_building, lab_cash, backlog, stock_left, fleet_h100e, token_pool):
    """C4: what stocks that cannot be negative lack to zero (a sum of shortfalls, zero when all is well)."""
    parts = (plant_net, plant_building, lab_cash, backlog, stock_left, fleet_h100e, token_pool)
    first = abs(parts[0]) - parts[0] + abs(parts[1]) - parts[1] + abs(parts[2]) - parts[2]
    return (
        first
        + abs(parts[3])
        - parts[3]
        + abs(parts[4])
        - parts[4]
        + abs(parts[5])
        - parts[5]
        + abs(parts[6])
        - parts[6],
    )


class Step(NamedTuple):
    """One step of the audit: a function, the figures it writes, and its arguments where they are not its own names."""

    body: Callable
    writes: tuple[str, ...]
    reads: tuple[str, ...] | None = None


def _over_layers(metric: str) -> tuple[str, ...]:
    return tuple(f"{metric}_{layer}" for layer in LAYERS)


STEPS = (
    Step(paid_by_customers, ("paid_customers",)),
    Step(paid_by_apps, ("paid_apps", "paid_apps_rd")),
    Step(paid_by_others, ("paid_others", "paid_others_rd")),
    Step(total, ("received",), _over_layers("revenue")),
    Step(total, ("accrual",), _over_layers("gross_profit")),
    Step(total, ("cash",), _over_layers("gross_profit_cash")),
    Step(total, ("surplus",), _over_layers("operating_surplus")),
    Step(costs_outside_hardware, ("costs_hardware",)),
    Step(costs_outside, ("costs_all",)),
    Step(research_outside, ("research_all",)),
    Step(payments_identities, ("error_I1", "error_I2", "research_inside")),
    Step(profit_identities, ("error_I3", "error_I4", "error_I6")),
    Step(bridge_first, ("bridge_four",)),
    Step(bridge_identity, ("error_I5",)),
    Step(plant_identity, ("error_I7", "plant_net")),
    Step(cash_identity, ("cash_difference",)),
    Step(relative_cash, ("error_I8",)),
    Step(negative_stocks, ("error_C4",)),
)
IDENTITIES = ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "C4")


def worst_errors(rows: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Largest error of every identity over the quarters of a replay (arrays with quarters first).

    Rows of the quarter before are taken from the arrays themselves, so that the first quarter is not checked.
    Priors are rows too: give them as arrays or numbers.
    """
    figures = {name: _later(values) for name, values in rows.items()}
    figures |= {_LAST + name: _earlier(values) for name, values in rows.items()}
    for step in STEPS:
        code = step.body.__code__
        names = step.reads or code.co_varnames[: code.co_argcount]
        figures.update(zip(step.writes, step.body(*(figures[name] for name in names)), strict=True))
    return {name: float(np.max(figures[f"error_{name}"])) for name in IDENTITIES}


def _later(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    return values[1:] if values.ndim else values


def _earlier(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    return values[:-1] if values.ndim else values
