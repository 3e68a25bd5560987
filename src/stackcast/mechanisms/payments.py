"""Who pays whom for what: bodies of the ledger's payments, and the plant account that capital spending feeds.

A payment's use in the buyer's books (end, cogs, rd, cap) is told by the row it is written to: see the ledger.
"""

from __future__ import annotations

from stackcast.ledger.plant import SERVICE_RATE

USD_PER_BN = 1e9
HOURS_PER_QUARTER = 2190.0


def buy_chips(shipments, chip_price, chip_margin, foundry_cost_share, chips_share_of_capital):
    """The cloud pays for chips and for sites; chips pay fabs, packaging and memory."""
    chips = shipments * chip_price / USD_PER_BN
    sites = chips * (1.0 / chips_share_of_capital - 1.0)
    return chips, chips * (1.0 - chip_margin) * foundry_cost_share, chips + sites


def age_plant(
    capital_spending,
    last_plant_building,
    hardware_life,
    last_plant_1,
    last_plant_2,
    last_plant_3,
    last_plant_4,
):
    """Plant under construction enters service and moves through four stages; each move is depreciation."""
    building = last_plant_building + capital_spending
    entered = SERVICE_RATE * building
    rate = 1.0 / hardware_life
    first = last_plant_1 - rate * last_plant_1 + entered
    second = last_plant_2 - rate * last_plant_2 + rate * last_plant_1
    third = last_plant_3 - rate * last_plant_3 + rate * last_plant_2
    fourth = last_plant_4 - rate * last_plant_4 + rate * last_plant_3
    depreciation = 0.25 * rate * (last_plant_1 + last_plant_2 + last_plant_3 + last_plant_4)
    return building - entered, first, second, third, fourth, depreciation


def run_plant(plant_1, plant_2, plant_3, plant_4, operations_rate):
    """Gross plant in service, and the quarter's power and operations."""
    plant = plant_1 + plant_2 + plant_3 + plant_4
    return plant, 0.25 * operations_rate * plant


def earn_rent(
    depreciation,
    cloud_operations,
    fleet_h100e,
    normal_utilisation,
    own_use_markup,
    rental_price,
    own_use_budget,
    bids_served,
    own_centre_share,
):
    """Margin of the rental price over the full cost of an hour at normal utilisation, mark-up included.

    Owners use their clouds at that cost, at most at the rental price; labs save the margin on what runs in centres of
    their own.
    """
    cost = (depreciation + cloud_operations) * USD_PER_BN / (fleet_h100e * HOURS_PER_QUARTER * normal_utilisation)
    margin = max(1.0 - cost * (1.0 + own_use_markup) / rental_price, 0.0)
    return margin, own_use_budget * bids_served * (1.0 - margin), own_centre_share * margin


def pay_for_tokens(app_bill, bill_closed, bill_open, bid_self, bid_closed, bid_open, bids_served, own_saving):
    """Applications pay labs, open hosts and clouds for tokens; labs and hosts pay clouds."""
    return (
        app_bill * bill_closed,
        app_bill * bill_open,
        bid_self * bids_served,
        bid_closed * bids_served * (1.0 - own_saving),
        bid_open * bids_served,
    )


def pay_for_compute(bid_work, bid_training, bid_apps, bid_tooling, bids_served, own_saving):
    """Own workloads, training, experiments and tooling pay the cloud for what is served."""
    training = bid_training * bids_served * (1.0 - own_saving)
    return bid_work * bids_served, training, bid_apps * bids_served, bid_tooling * bids_served


def pay_for_builds(
    spend_builds,
    tooling_spend_share,
    data_spend_share,
    end_apps,
    app_supplies,
    app_experiment_rate,
    app_experiment_compute,
):
    """Customers and applications pay tooling and data, in the same proportion."""
    tools = tooling_spend_share / (tooling_spend_share + data_spend_share)
    supplies = end_apps * app_supplies
    experiments = end_apps * app_experiment_rate * (1.0 - app_experiment_compute)
    return (
        spend_builds * tooling_spend_share,
        spend_builds * data_spend_share,
        supplies * tools,
        supplies * (1.0 - tools),
        experiments * tools,
        experiments * (1.0 - tools),
    )


def pay_from_labs(
    end_closed, pay_apps_closed, partner_rate, lab_budget, bid_training, lab_data_rate, lab_tooling_share
):
    """Labs pay their cloud partner a part of revenue, and data and tooling out of R&D; the rest of it is staff."""
    data = lab_budget * lab_data_rate
    tools = lab_budget * lab_tooling_share
    staff = max(lab_budget - bid_training - data - tools, 0.0)
    return (end_closed + pay_apps_closed) * partner_rate, data, tools, staff
