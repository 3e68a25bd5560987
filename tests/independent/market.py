"""Customers, open models, the market for compute: the second half of a quarter, as docs/model.md has it;
see ``frontier`` for the conventions."""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import LN2, LN10, at_least, at_most, clip


def start_demand(p) -> None:
    """Starting spend and its ceilings in logs, pace by shape."""
    p.products_log_start, p.builds_log_start = np.log(p.products_start), np.log(p.builds_start)
    p.products_ceiling_log, p.builds_ceiling_log = np.log(p.products_potential / 4.0), np.log(p.builds_potential / 4.0)
    p.shape_pace = at_most(1.6 * p.demand_shape, 1.0) / p.demand_shape
    p.products_speed, p.builds_speed = p.products_pace * p.shape_pace, p.builds_pace * p.shape_pace
    p.elasticity_over_one = p.price_elasticity - 1.0


def demand(p, last, now, year, shocks) -> None:
    """Spend on products and on builds."""
    value = p.usefulness_value * now.log_usefulness
    fullness = last.products_log - p.products_ceiling_log
    fullness -= value
    now.products_growth = _growth(p, p.products_speed, last.products_growth, fullness)
    now.products_log = _step(p, last.products_log, now.products_growth, shocks["products_shock"])
    now.readiness = 1.0 - last.readiness
    now.readiness *= p.readiness_pace
    now.readiness += last.readiness
    value += p.builds_ceiling_log
    value += np.log(now.readiness)
    now.builds_potential_log = value
    fullness = last.builds_log - now.builds_potential_log
    now.builds_growth = _growth(p, p.builds_speed, last.builds_growth, fullness)
    now.builds_log = _step(p, last.builds_log, now.builds_growth, shocks["builds_shock"])
    cheapness = last.rental_trend - last.rental_log
    now.compute_cheapness = clip(cheapness, -0.7, 0.7, out=cheapness)
    lift = p.elasticity_over_one * now.compute_cheapness
    now.spend_products = now.products_log + lift
    np.exp(now.spend_products, out=now.spend_products)
    lift += now.builds_log
    now.spend_builds = np.exp(lift, out=lift)


def _growth(p, speed, before, fullness):
    """Growth with inertia towards a generalised logistic; overwrites ``fullness``."""
    fullness *= p.demand_shape
    room = np.exp(fullness, out=fullness)
    room = np.subtract(1.0, room, out=room)
    room = at_least(room, -0.5, out=room)
    room *= speed
    growth = before - room
    growth *= p.growth_inertia
    growth += room
    return growth


def _step(p, before, growth, shock):
    after = p.demand_noise * shock
    after += growth
    after += before
    return after


def start_open_closed(p) -> None:
    """Logs of the mean lag and of the odds of the open share."""
    p.lag_mean_log, p.lag_later_log = np.log(p.open_lag), np.log(p.open_lag_later)
    p.open_odds = np.log(p.open_token_share / (1.0 - p.open_token_share))
    p.open_cost = 1.0 - p.open_margin


def open_closed(p, last, now, year, shocks) -> None:
    """Lag of open models, their share of tokens and their price."""
    lag = p.lag_mean_log - last.lag_log
    if year >= 2025.0:
        lag += p.lag_later_log
    lag *= p.open_lag_reversion
    lag += last.lag_log
    lag += p.open_lag_noise * shocks["open_lag_shock"]
    now.lag_log = lag
    now.lag_months = np.exp(lag)
    news = now.capability - last.capability
    news /= 3.0
    news = np.where(last.capability > 0.0, news, last.pace)
    news -= last.pace
    news *= 0.25
    news += last.pace
    now.pace = news
    now.model_gap = now.lag_months * now.pace
    excess = now.model_gap - 0.4
    pull = p.gap_preference * excess
    pull -= p.open_odds
    pull = np.exp(pull, out=pull)
    pull += 1.0
    pull = np.divide(1.0, pull, out=pull)
    pull -= last.open_share
    pull *= p.open_share_adjustment
    pull += last.open_share
    now.open_share = pull
    excess *= p.gap_pricing
    now.closed_dearness = np.exp(excess, out=excess)
    relative = p.open_price_ratio / now.closed_dearness
    now.open_relative_price = at_most(relative, 1.0, out=relative)
    now.closed_premium = 1.0 / now.open_relative_price
    now.closed_premium -= 1.0
    _bills(p, now)


def _bills(p, now) -> None:
    closed = 1.0 - now.open_share
    spent = now.open_share * now.open_relative_price
    own = spent * p.self_hosting_share
    hosted = np.subtract(spent, own, out=spent)
    own *= p.open_cost
    sold = closed + hosted
    now.open_sales_share = hosted / sold
    sold += own
    now.bill_closed = np.divide(closed, sold, out=closed)
    now.bill_open = np.divide(hosted, sold, out=hosted)
    now.bill_self = np.divide(own, sold, out=own)


def start_inference(p) -> None:
    """Decay factors of a quarter and the ceiling of small models' gains."""
    p.rental_start_log = np.log(p.rental_start)
    p.small_model_kept = np.exp(-0.25 * p.small_model_pace / p.small_model_ceiling)
    p.maturity_pace = 1.0 - np.exp(-0.25 * LN2 / p.lab_maturity_halflife)
    p.compute_share_start = 1.0 - p.lab_margin_start - p.partner_share - p.lab_other_cost
    p.margin_rise = p.lab_margin_start - p.lab_margin_long
    p.open_direct_share = 1.0 - p.assistant_share
    p.work_share = 1.0 - p.tooling_share - p.data_share
    p.app_compute_rd = p.app_experiments * p.app_experiment_compute
    p.sold_hours = 2190.0e-9 * p.normal_utilisation


def inference(p, last, now, year, shocks) -> None:
    """Bids for compute, its price, and the price of tokens."""
    _cost_shares(p, last, now)
    _sales(p, now)
    _bids(p, last, now)
    _rental(p, last, now)
    gain = p.small_model_ceiling - last.small_model_gain
    gain *= p.small_model_kept
    now.small_model_gain = np.subtract(p.small_model_ceiling, gain, out=gain)
    log_price = -LN10 * now.algorithms
    log_price += now.rental_log
    log_price -= now.small_model_gain
    now.token_price_log = log_price
    now.price_per_mtok = np.exp(log_price)
    now.price_per_mtok *= p.token_price_start
    paid = p.paid_price_power * log_price
    paid = np.exp(paid, out=paid)
    paid *= p.paid_price_start
    now.tokens_used = now.end_closed + now.end_open
    now.tokens_used += now.app_bill
    now.tokens_used *= 1e15
    now.tokens_used /= paid


def _cost_shares(p, last, now) -> None:
    maturity = 1.0 - last.maturity
    maturity *= p.maturity_pace
    maturity += last.maturity
    now.maturity = maturity
    compute = p.margin_rise * maturity
    compute += p.compute_share_start
    compute = at_least(compute, 0.02, out=compute)
    saving = p.cost_response * now.compute_cheapness
    np.negative(saving, out=saving)
    compute *= np.exp(saving)
    compute /= now.closed_dearness
    now.lab_inference = at_most(compute, 1.5, out=compute)
    saving += p.app_learning * last.token_price_log
    share = np.exp(saving, out=saving)
    share *= p.app_inference_start
    now.app_inference = at_most(share, 0.95, out=share)


def _sales(p, now) -> None:
    direct = now.spend_products * p.lab_direct_share
    now.end_apps = now.spend_products - direct
    now.end_open = p.open_direct_share * direct
    now.end_open *= now.open_sales_share
    now.end_closed = np.subtract(direct, now.end_open, out=direct)
    now.app_bill = now.end_apps * now.app_inference


def _bids(p, last, now) -> None:
    now.bid_closed = now.app_bill * now.bill_closed
    now.bid_closed += now.end_closed
    now.bid_closed *= now.lab_inference
    now.bid_open = now.app_bill * now.bill_open
    now.bid_open += now.end_open
    now.bid_open *= p.open_cost
    now.bid_self = now.app_bill * now.bill_self
    wanted = at_least(last.gross_profit_closed_models, 0.0)
    wanted *= p.lab_reinvestment
    wanted += p.lab_burn * last.lab_cash
    at_hand = last.lab_cash + now.lab_funding
    at_hand += last.gross_profit_closed_models
    np.minimum(wanted, at_hand, out=wanted)
    now.lab_budget = at_least(wanted, 0.0, out=wanted)
    now.bid_training = now.lab_budget * p.lab_compute_share
    now.bid_work = now.spend_builds * p.work_share
    now.bid_apps = now.end_apps * p.app_compute_rd
    now.bid_tooling = p.tooling_compute * last.revenue_tooling
    now.bids = now.bid_closed + now.bid_open
    for bid in (now.bid_self, now.bid_training, now.bid_work, now.bid_apps, now.bid_tooling, now.own_use_budget):
        now.bids += bid


def _rental(p, last, now) -> None:
    now.hours = now.fleet_h100e * p.sold_hours
    pull = now.bids / now.hours
    pull = np.log(pull, out=pull)
    pull -= p.rental_start_log
    pull -= last.rental_log
    pull *= p.rental_adjustment
    pull += last.rental_log
    now.rental_log = pull
    now.rental_price = np.exp(pull)
    now.rental_price *= p.rental_start
    worth = now.hours * now.rental_price
    now.bids_served = worth / now.bids
    at_most(now.bids_served, 1.0, out=now.bids_served)
    busy = np.divide(now.bids, worth, out=worth)
    busy = at_most(busy, 1.0, out=busy)
    busy *= p.normal_utilisation
    now.cloud_utilisation = busy
    now.rental_trend = now.rental_log - last.rental_trend
    now.rental_trend *= 0.25
    now.rental_trend += last.rental_trend
