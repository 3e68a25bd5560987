"""Inference: one market for compute, and what tokens cost.

Nominal bids of all buyers against the fleet set a sticky rental price: idle hours above the clearing price, rationing
below it (assumption; the 2023 spot spike is not aimed at). The price at fixed capability falls with the rental price,
with algorithms, and by a drawn, fading term for small models and the choice of the cheapest model (Epoch AI inference
price trends: 9 to 900 times a year by task, more than hardware and algorithms explain). Applications and labs pay a
share of revenue for inference that starts in the range of reports and then follows prices.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

LN10 = 2.302585092994046
HOURS_PER_QUARTER = 2190.0
PER_BILLION = 1e-9
TREND_SMOOTHING = 0.25
LEAST_COST_SHARE = 0.02
HIGHEST_LAB_SHARE = 1.5
HIGHEST_APP_SHARE = 0.95
MTOK_PER_USD_BN = 1e15


def prepare_inference(rental_start, small_model_pace, small_model_ceiling):
    """Log of the starting rental price; persistence of the small-model term."""
    return log(rental_start), exp(-0.25 * small_model_pace / small_model_ceiling)


def lab_costs(lab_margin, partner_rate, lab_other_cost, closed_dearness, compute_cheapness, cost_response):
    """Labs' inference bill over revenue, free users included; prices fall when the gap to open models does."""
    compute = max(1.0 - lab_margin - partner_rate - lab_other_cost, LEAST_COST_SHARE)
    dearer = compute * exp(-cost_response * compute_cheapness) / closed_dearness
    return (min(dearer, HIGHEST_LAB_SHARE),)


def app_costs(app_inference_start, app_learning, last_token_price_log, cost_response, compute_cheapness):
    """Inference bill of applications as a share of their revenue."""
    change = app_learning * last_token_price_log - cost_response * compute_cheapness
    return (min(app_inference_start * exp(change), HIGHEST_APP_SHARE),)


def split_products(spend_products, lab_direct_share, assistant_part, open_sales_share, app_inference, bill_closed):
    """Spend on products by seller, applications' bill for tokens, the part of closed labs' revenue that is hosting."""
    direct = spend_products * lab_direct_share
    apps = spend_products - direct
    open_hosts = direct * (1.0 - assistant_part) * open_sales_share
    closed = direct - open_hosts
    bill = apps * app_inference
    return apps, closed, open_hosts, bill, 1.0 - direct * assistant_part / (closed + bill * bill_closed)


def bid_for_tokens(end_closed, end_open, app_bill, bill_closed, bill_open, bill_self, lab_inference, open_margin):
    """Bids for compute that serves tokens: labs, open hosts, applications hosting open models themselves."""
    closed = (end_closed + app_bill * bill_closed) * lab_inference
    hosts = (end_open + app_bill * bill_open) * (1.0 - open_margin)
    return closed, hosts, app_bill * bill_self


def plan_research(
    last_lab_cash, lab_funding, last_gross_profit_closed_models, lab_burn, reinvestment, lab_compute_share
):
    """Labs' R&D budget: a part of cash and of gross profit, never more than there is; its compute part."""
    profit = last_gross_profit_closed_models
    wanted = lab_burn * last_lab_cash + reinvestment * max(profit, 0.0)
    budget = max(min(wanted, last_lab_cash + lab_funding + profit), 0.0)
    return budget, budget * lab_compute_share


def bid_for_builds(
    spend_builds,
    tooling_spend_share,
    data_spend_share,
    end_apps,
    app_experiment_rate,
    app_experiment_compute,
    tooling_compute,
    last_revenue_tooling,
):
    """Bids of customers' own workloads, of applications' experiments, of tooling."""
    work = spend_builds * (1.0 - tooling_spend_share - data_spend_share)
    return work, end_apps * app_experiment_rate * app_experiment_compute, tooling_compute * last_revenue_tooling


def sum_bids(bid_closed, bid_open, bid_self, bid_training, bid_work, bid_apps, bid_tooling, own_use_budget):
    """All money that wants compute this quarter."""
    return (bid_closed + bid_open + bid_self + bid_training + bid_work + bid_apps + bid_tooling + own_use_budget,)


def clear_market(
    bids,
    fleet_h100e,
    sold_utilisation,
    rental_start,
    rental_start_log,
    rental_adjustment,
    last_rental_log,
    last_rental_trend,
):
    """Rental price per H100e-hour, part of bids served, use of the fleet, trend of the price."""
    hours = fleet_h100e * HOURS_PER_QUARTER * sold_utilisation * PER_BILLION
    clearing = log(bids / hours) - rental_start_log
    rental_log = last_rental_log + rental_adjustment * (clearing - last_rental_log)
    price = rental_start * exp(rental_log)
    value = price * hours
    trend = last_rental_trend + TREND_SMOOTHING * (rental_log - last_rental_trend)
    return rental_log, price, min(value / bids, 1.0), sold_utilisation * min(bids / value, 1.0), trend


def price_tokens(
    rental_log,
    algorithms,
    last_small_model_gain,
    small_model_ceiling,
    small_model_kept,
    token_price_start,
):
    """Price of tokens at fixed capability."""
    gain = small_model_ceiling - (small_model_ceiling - last_small_model_gain) * small_model_kept
    price_log = rental_log - LN10 * algorithms - gain
    return gain, price_log, token_price_start * exp(price_log)


def sell_tokens(
    token_price_log,
    paid_price_start,
    paid_price_power,
    end_closed,
    end_open,
    app_bill,
    app_inference,
    app_inference_start,
):
    """Tokens sold at the price paid, and tokens behind a dollar of applications' revenue (1 as 2023 starts).

    Buyers take part of the fall in price as better models. The price of a task stays as it is (assumption).
    """
    cheaper = exp(paid_price_power * token_price_log)
    tokens = (end_closed + end_open + app_bill) * MTOK_PER_USD_BN / (paid_price_start * cheaper)
    return tokens, app_inference / app_inference_start / cheaper


INFERENCE = Mechanism(
    name="inference",
    doc="The market for compute and the price of tokens.",
    priors={
        "rental_start": "USD_per_H100e_per_hour",
        "small_model_pace": "log_per_year",
        "small_model_ceiling": "log",
        "lab_other_cost": "1",
        "cost_response": "1",
        "app_inference_start": "1",
        "app_learning": "1",
        "lab_direct_share": "1",
        "open_margin": "1",
        "lab_burn": "per_quarter",
        "lab_compute_share": "1",
        "app_experiment_compute": "1",
        "tooling_compute": "1",
        "rental_adjustment": "1",
        "token_price_start": "USD_per_Mtok",
        "paid_price_start": "USD_per_Mtok",
        "paid_price_power": "1",
    },
    reads=(
        "tooling_spend_share",
        "app_experiment_rate",
        "data_spend_share",
        "closed_dearness",
        "compute_cheapness",
        "spend_products",
        "spend_builds",
        "open_sales_share",
        "bill_closed",
        "bill_open",
        "bill_self",
        "lab_margin",
        "assistant_part",
        "reinvestment",
        "partner_rate",
        "sold_utilisation",
        "lab_funding",
        "own_use_budget",
        "fleet_h100e",
        "algorithms",
    ),
    carries={
        "token_price_log": 0.0,
        "lab_cash": None,
        "gross_profit_closed_models": None,
        "revenue_tooling": None,
        "rental_log": 0.0,
        "rental_trend": 0.0,
        "rental_price": "rental_start",
        "small_model_gain": 0.0,
        "bid_training": 0.5,
    },
    writes={
        "rental_start_log": Row("1", "price", "log of the starting rental price"),
        "small_model_kept": Row("1", "price", "share of that fall still to come after a quarter"),
        "lab_inference": Row("1", "price", "labs' inference bill over revenue"),
        "app_inference": Row("1", "price", "applications' inference bill over revenue"),
        "end_apps": Row("USD_bn", "flow", "customers' spend on applications"),
        "end_closed": Row("USD_bn", "flow", "customers' spend at closed labs"),
        "end_open": Row("USD_bn", "flow", "customers' spend at open hosts"),
        "app_bill": Row("USD_bn", "flow", "applications' inference bill"),
        "api_share": Row("1", "price", "part of closed labs' revenue that is hosting, not own assistants", "share"),
        "bid_closed": Row("USD_bn", "flow", "labs' bid for inference"),
        "bid_open": Row("USD_bn", "flow", "open hosts' bid"),
        "bid_self": Row("USD_bn", "flow", "applications' bid for self-hosting"),
        "lab_budget": Row("USD_bn", "flow", "labs' R&D budget"),
        "bid_training": Row("USD_bn", "flow", "labs' bid for training and experiments"),
        "bid_work": Row("USD_bn", "flow", "bid of customers' own workloads"),
        "bid_apps": Row("USD_bn", "flow", "bid of applications' experiments"),
        "bid_tooling": Row("USD_bn", "flow", "tooling's bid"),
        "bids": Row("USD_bn", "flow", "all bids for compute"),
        "rental_log": Row("1", "price", "log of rental price over its start"),
        "rental_price": Row("USD_per_H100e_per_hour", "price", "rental price of compute", "positive"),
        "bids_served": Row("1", "price", "part of the bids that is served"),
        "cloud_utilisation": Row("1", "price", "hours used over hours of the fleet", "share"),
        "rental_trend": Row("1", "price", "smoothed log of the rental price"),
        "small_model_gain": Row("1", "stock", "log fall of token prices through small models so far"),
        "token_price_log": Row("1", "price", "log of the token price at fixed capability over its start"),
        "price_per_mtok": Row("USD_per_Mtok", "price", "price of tokens at fixed capability", "positive"),
        "tokens_used": Row("tokens", "flow", "tokens sold", "positive"),
        "tokens_per_task": Row("1", "price", "tokens behind applications' revenue, 1 as 2023 starts", "positive"),
    },
    neutral={
        "rental_price": "rental_start",
        "cloud_utilisation": "normal_utilisation",
        "bids_served": 1.0,
        "end_apps": "products_start",
        "price_per_mtok": "token_price_start",
        "tokens_used": 0.0,
        "tokens_per_task": 1.0,
        **dict.fromkeys(("end_closed", "end_open", "app_bill", "lab_budget", "bids"), 0.0),
        **{f"bid_{who}": 0.0 for who in ("closed", "open", "self", "training", "work", "apps", "tooling")},
    },
    loops=(
        Loop(prepare_inference, ("rental_start_log", "small_model_kept"), when="start"),
        Loop(lab_costs, ("lab_inference",)),
        Loop(app_costs, ("app_inference",)),
        Loop(split_products, ("end_apps", "end_closed", "end_open", "app_bill", "api_share")),
        Loop(bid_for_tokens, ("bid_closed", "bid_open", "bid_self")),
        Loop(plan_research, ("lab_budget", "bid_training")),
        Loop(bid_for_builds, ("bid_work", "bid_apps", "bid_tooling")),
        Loop(sum_bids, ("bids",)),
        Loop(clear_market, ("rental_log", "rental_price", "bids_served", "cloud_utilisation", "rental_trend")),
        Loop(price_tokens, ("small_model_gain", "token_price_log", "price_per_mtok")),
        Loop(sell_tokens, ("tokens_used", "tokens_per_task")),
    ),
)
