"""Payments between the layers and the two books, as docs/model.md has them; see ``frontier`` for the conventions."""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import at_least, at_most, first_date, negative_part
from tests.independent.supply import age, by_stage

LAYERS = ("foundry", "chips", "cloud", "closed_models", "open_models", "tooling", "data", "apps")


def start_ledger(p) -> None:
    """Plant by age, as the fleet."""
    p.own_use_price = 1.0 + p.own_use_markup
    p.experiments_bought = 1.0 - p.app_experiment_compute
    p.lab_keeps = 1.0 - p.lab_other_cost
    p.normal_hours = 2190e-9 * p.normal_utilisation
    p.plant_start_by_stage = by_stage(p.plant_start, p.hardware_life)


def ledger(p, last, now, year, shocks) -> None:
    """Who pays whom, and what is left of it."""
    _plant(p, last, now)
    _compute_payments(p, now)
    _supplies(p, now)
    _lab_payments(p, now)
    _hardware_books(p, now)
    _cloud_books(p, now)
    _lab_books(p, now)
    _software_books(p, now)
    _market_rows(p, last, now)


def _plant(p, last, now) -> None:
    now.pay_cloud_chips = now.shipments * now.chip_price
    now.pay_cloud_chips *= 1e-9
    now.pay_chips_foundry = 1.0 - now.chip_margin
    now.pay_chips_foundry *= now.pay_cloud_chips
    now.pay_chips_foundry *= p.foundry_cost_share
    now.capital_spending = now.pay_cloud_chips / p.chips_share_of_capital
    building = last.plant_building + now.capital_spending
    entered = 0.65 * building
    now.plant_building = np.subtract(building, entered, out=building)
    now.plant_by_stage = age(p.stage_pace, last.plant_by_stage, entered)
    depreciation = np.add.reduce(last.plant_by_stage, axis=0)
    depreciation *= p.replacement_pace
    now.depreciation = depreciation
    now.plant = np.add.reduce(now.plant_by_stage, axis=0)
    now.cloud_operations = now.operations_rate * now.plant
    now.cloud_operations *= 0.25


def _compute_payments(p, now) -> None:
    cost = now.depreciation + now.cloud_operations
    hours = now.fleet_h100e * p.normal_hours
    cost /= hours
    cost *= p.own_use_price
    cost /= now.rental_price
    cost = at_most(cost, 1.0, out=cost)
    now.rental_margin = np.subtract(1.0, cost, out=hours)
    cost *= now.bids_served
    cost *= now.own_use_budget
    now.own_use = cost
    now.own_saving = now.own_centre_share * now.rental_margin
    paid = 1.0 - now.own_saving
    paid *= now.bids_served
    now.pay_apps_cloud = now.bid_self * now.bids_served
    now.pay_closed_cloud = now.bid_closed * paid
    now.pay_open_cloud = now.bid_open * now.bids_served
    now.pay_end_cloud = now.bid_work * now.bids_served
    now.pay_closed_cloud_rd = np.multiply(now.bid_training, paid, out=paid)
    now.pay_apps_cloud_rd = now.bid_apps * now.bids_served
    now.pay_tooling_cloud = now.bid_tooling * now.bids_served


def _supplies(p, now) -> None:
    tools = now.tooling_spend_share + now.data_spend_share
    now.tools = np.divide(now.tooling_spend_share, tools, out=tools)
    now.pay_end_tooling = now.spend_builds * now.tooling_spend_share
    now.pay_end_data = now.spend_builds * now.data_spend_share
    supplies = now.end_apps * p.app_supplies
    now.pay_apps_tooling = supplies * now.tools
    now.pay_apps_data = np.subtract(supplies, now.pay_apps_tooling, out=supplies)
    experiments = now.end_apps * now.app_experiment_rate
    experiments *= p.experiments_bought
    now.pay_apps_tooling_rd = experiments * now.tools
    now.pay_apps_data_rd = np.subtract(experiments, now.pay_apps_tooling_rd, out=experiments)


def _lab_payments(p, now) -> None:
    now.pay_closed_partner = now.revenue_closed_models * now.partner_rate
    now.pay_closed_data = now.lab_budget * now.lab_data_rate
    now.pay_closed_tooling = now.lab_budget * p.lab_tooling_share
    staff = now.lab_budget - now.bid_training
    staff -= now.pay_closed_data
    staff -= now.pay_closed_tooling
    now.lab_staff = at_least(staff, 0.0, out=staff)


def _hardware_books(p, now) -> None:
    now.revenue_chips, now.revenue_foundry = now.pay_cloud_chips, now.pay_chips_foundry
    now.gross_profit_chips = now.pay_cloud_chips * now.chip_margin
    now.gross_profit_foundry = now.pay_chips_foundry * now.foundry_gross_margin
    _close(now, "chips", p.hardware_research)
    _close(now, "foundry", p.hardware_research)


def _cloud_books(p, now) -> None:
    revenue = now.pay_end_cloud + now.own_use
    for payment in (now.pay_apps_cloud, now.pay_apps_cloud_rd, now.pay_closed_cloud, now.pay_closed_partner):
        revenue += payment
    for payment in (now.pay_closed_cloud_rd, now.pay_open_cloud, now.pay_tooling_cloud):
        revenue += payment
    now.revenue_cloud = revenue
    before = revenue - now.cloud_operations
    now.gross_profit_cloud = before - now.depreciation
    _close(now, "cloud", p.cloud_research)
    now.gross_profit_cash_cloud = np.subtract(before, now.capital_spending, out=before)


def _lab_books(p, now) -> None:
    profit = p.lab_keeps * now.revenue_closed_models
    profit -= now.pay_closed_cloud
    profit -= now.pay_closed_partner
    now.gross_profit_closed_models = now.gross_profit_cash_closed_models = profit
    surplus = profit - now.pay_closed_cloud_rd
    surplus -= now.pay_closed_data
    surplus -= now.pay_closed_tooling
    surplus -= now.lab_staff
    now.operating_surplus_closed_models = surplus
    now.gross_profit_open_models = now.revenue_open_models - now.pay_open_cloud
    _close(now, "open_models", p.software_research)


def _software_books(p, now) -> None:
    now.revenue_tooling = now.pay_end_tooling + now.pay_apps_tooling
    now.revenue_tooling += now.pay_apps_tooling_rd
    now.revenue_tooling += now.pay_closed_tooling
    profit = 1.0 - now.tooling_cost_share
    profit *= now.revenue_tooling
    profit -= now.pay_tooling_cloud
    now.gross_profit_tooling = profit
    _close(now, "tooling", p.software_research)
    now.revenue_data = now.pay_end_data + now.pay_apps_data
    now.revenue_data += now.pay_apps_data_rd
    now.revenue_data += now.pay_closed_data
    now.gross_profit_data = now.revenue_data * now.data_gross_margin
    _close(now, "data", p.software_research)
    now.revenue_apps = now.end_apps
    profit = 1.0 - now.app_cost_share
    profit *= now.end_apps
    for payment in (now.pay_apps_closed, now.pay_apps_open, now.pay_apps_cloud):
        profit -= payment
    profit -= now.pay_apps_tooling
    profit -= now.pay_apps_data
    now.gross_profit_apps = profit
    _close(now, "apps", p.software_research)
    now.operating_surplus_apps -= now.pay_apps_cloud_rd
    now.operating_surplus_apps -= now.pay_apps_tooling_rd
    now.operating_surplus_apps -= now.pay_apps_data_rd


def _close(now, layer: str, research) -> None:
    """Cash book as the accrual book, surplus after research as a share of revenue."""
    profit = getattr(now, f"gross_profit_{layer}")
    setattr(now, f"gross_profit_cash_{layer}", profit)
    surplus = research * getattr(now, f"revenue_{layer}")
    setattr(now, f"operating_surplus_{layer}", np.subtract(profit, surplus, out=surplus))


def _market_rows(p, last, now) -> None:
    before = last.lab_cash + now.lab_funding
    before += now.operating_surplus_closed_models
    rescue = negative_part(before)
    now.lab_cash = np.add(before, rescue, out=before)
    rescue += now.lab_funding
    now.lab_raised = rescue
    now.end_spend = now.end_apps + now.end_closed
    for payment in (now.end_open, now.pay_end_cloud, now.pay_end_tooling, now.pay_end_data, now.own_use):
        now.end_spend += payment
    now.overhang = now.capital_spending / now.end_spend
    built = now.shipments * now.kw_new
    built *= 1e-6
    built = at_least(built, 1e-6, out=built)
    now.capital_per_gw = np.divide(now.capital_spending, built, out=built)
    value = now.bid_self / p.open_cost
    now.open_self_hosting_value = value


def lead(last, now, year) -> None:
    """Date at which each layer first has the largest accrual gross profit."""
    profits = [getattr(now, f"gross_profit_{layer}") for layer in LAYERS]
    largest = np.maximum(profits[0], profits[1])
    for profit in profits[2:]:
        np.maximum(largest, profit, out=largest)
    for layer, profit in zip(LAYERS, profits, strict=True):
        setattr(now, f"lead_{layer}", first_date(getattr(last, f"lead_{layer}"), profit >= largest, year))
