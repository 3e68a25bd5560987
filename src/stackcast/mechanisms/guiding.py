"""How the record guides sales of chips and spend on products: bodies of compute_supply and demand.

Both grow with an innovation and a drift: growth that the rest of the model does not explain, an AR(1) fed by the
innovations themselves. In a free run the innovation is drawn. Where the record has a figure it is drawn given that
figure (laws/conditioning.py), and the surprise is weighed once the step of 2023 is over. Draws are normal, weights have
Student's tails so that no single quarter decides: a robust likelihood, not that of the free model to the letter.
"""

from __future__ import annotations

from stackcast.engine.vecmath import exp, log, sqrt
from stackcast.laws import conditioning

_conditional_innovation = conditioning.conditional_innovation.kernel
_student_log_density = conditioning.student_log_density.kernel

USD_PER_BN = 1e9
KW_PER_GW = 1e6
QUARTERS = 4.0
LARGEST_SURPRISE = 0.3
LEAST_SALES = 1e-6


def guide_sales(
    shipments,
    leader_price,
    rival_share,
    last_sales_drift,
    sales_noise,
    sales_shock,
    observed_chip_sales,
    error_chip_sales,
    seen_chip_sales,
    weighed_chip_sales,
    last_chip_sales_evidence,
):
    """Innovation of the leader's sales, factor on units shipped, log weight of what the record says."""
    sales = max((1.0 - rival_share) * shipments * leader_price / USD_PER_BN, LEAST_SALES)
    news = observed_chip_sales - log(sales) - last_sales_drift
    innovation = _conditional_innovation(news, sales_noise, error_chip_sales, sales_shock, seen_chip_sales)
    scale = sqrt(sales_noise * sales_noise + error_chip_sales * error_chip_sales)
    said = weighed_chip_sales * _student_log_density(news, scale)
    return innovation, exp(last_sales_drift + innovation), last_chip_sales_evidence + said


def carry_sales(sales_innovation, last_sales_drift, drift_persistence, drift_gain):
    """Drift of sales for the next quarter."""
    surprise = min(max(sales_innovation, -LARGEST_SURPRISE), LARGEST_SURPRISE)
    return (drift_persistence * last_sales_drift + drift_gain * surprise,)


def correct_supply(
    sales_factor,
    shipments,
    backlog,
    packaging,
    memory,
    logic,
    chip_capacity,
    chip_scarcity,
    power_gw,
    power_kept,
    kw_new,
    seen_chip_sales,
):
    """Shipments, backlog, capacities and units without an order after the quarter's innovation.

    Capacity that was short turns out larger or smaller by the same factor, other capacity at least as large as what was
    shipped. Sites still limit what is shipped, but what the record saw sold found its power.
    """
    room = max(power_gw - power_kept, 0.0) * KW_PER_GW / kw_new
    wanted = shipments * sales_factor
    shipped = wanted if seen_chip_sales > 0.5 else min(wanted, max(room, shipments))
    capacity_factor = sales_factor if chip_scarcity > 0.0 else max(shipped / chip_capacity, 1.0)
    return (
        shipped,
        max(backlog - (shipped - shipments), 0.0),
        packaging * capacity_factor,
        memory * capacity_factor,
        logic * capacity_factor,
        max(shipped - shipments - backlog, 0.0),
    )


def correct_budget(
    capital_budget,
    capital_growth,
    demand_step_left,
    sales_factor,
    budget_news,
    unordered,
    chip_price,
    chips_share_of_capital,
):
    """Capital spending planned, its growth, and the step in expected revenue after the quarter's news on sales.

    Budgets share a part of the news and pay for what no order explains; what is bought tells what is expected of it.
    """
    found = unordered * chip_price / (chips_share_of_capital * USD_PER_BN)
    news = budget_news * log(sales_factor)
    budget = capital_budget * exp(news) + found
    return budget, capital_growth + log(budget / capital_budget), demand_step_left + news


def find_power(power_gw, power_kept, shipments, kw_new):
    """Powered sites, at least those that the quarter's shipments run on."""
    return (max(power_gw, power_kept + shipments * (kw_new / KW_PER_GW)),)


def guide_products(
    products_wish,
    demand_noise,
    products_shock,
    last_revenue_closed_models,
    last_spend_products,
    lab_coverage,
    observed_lab_sales,
    error_lab_sales,
    seen_lab_sales,
    weighed_lab_sales,
    last_lab_sales_evidence,
):
    """Log of spend on products and its innovation; log weight of the labs' run rates.

    The run rate is predicted with last quarter's ratio of labs' revenue to spend (declared lag).
    """
    ratio = max(last_revenue_closed_models / last_spend_products, LEAST_SALES)
    predicted = products_wish + log(QUARTERS * lab_coverage * ratio)
    news = observed_lab_sales - predicted
    innovation = _conditional_innovation(news, demand_noise, error_lab_sales, products_shock, seen_lab_sales)
    scale = sqrt(demand_noise * demand_noise + error_lab_sales * error_lab_sales)
    said = weighed_lab_sales * _student_log_density(news, scale)
    return products_wish + innovation, innovation, last_lab_sales_evidence + said


def carry_products(products_innovation, last_products_drift, drift_persistence, drift_gain):
    """Drift of spend on products for the next quarter."""
    surprise = min(max(products_innovation, -LARGEST_SURPRISE), LARGEST_SURPRISE)
    return (drift_persistence * last_products_drift + drift_gain * surprise,)
