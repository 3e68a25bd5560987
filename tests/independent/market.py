"""Customers, open models, the market for compute: the second half of a quarter, as docs/model.md has it;
see ``frontier`` for the conventions."""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import LN10, at_least, at_most, clip, first_date, toward
from tests.independent.tooling import GAP

LN30 = 3.4011973816621555


def start_demand(p) -> None:
    """Starting spend and its ceilings in logs, pace by shape."""
    p.products_log_start, p.builds_log_start = np.log(p.products_start), np.log(p.builds_start)
    p.products_ceiling_log, p.builds_ceiling_log = np.log(p.products_potential / 4.0), np.log(p.builds_potential / 4.0)
    p.shape_pace = at_most(1.6 * p.demand_shape, 1.0) / p.demand_shape
    p.products_speed, p.builds_speed = p.products_pace * p.shape_pace, p.builds_pace * p.shape_pace
    p.elasticity_over_one = p.price_elasticity - 1.0


def demand(p, last, now, year, shocks) -> None:
    """Spend on products and on builds."""
    now.usefulness_before = np.where(last.usefulness_before > 0.0, now.log_usefulness, last.usefulness_before)
    worth = now.log_usefulness - now.usefulness_before
    worth *= p.usefulness_link
    worth += now.usefulness_before
    now.usefulness_worth = worth
    value = p.usefulness_value * worth
    _products(p, last, now, value, shocks["products_shock"])
    value += p.builds_ceiling_log
    value += np.log(now.readiness)
    now.builds_potential_log = value
    fullness = last.builds_log - now.builds_potential_log
    now.builds_growth = _growth(p, last.builds_growth, _pull(p, p.builds_speed, fullness))
    now.builds_log = p.demand_noise * shocks["builds_shock"]
    now.builds_log += now.builds_growth
    now.builds_log += last.builds_log
    cheapness = last.rental_trend - last.rental_log
    now.compute_cheapness = clip(cheapness, -0.7, 0.7, out=cheapness)
    lift = p.elasticity_over_one * now.compute_cheapness
    now.spend_products = now.products_log + lift
    np.exp(now.spend_products, out=now.spend_products)
    lift += now.builds_log
    now.spend_builds = np.exp(lift, out=lift)


def _products(p, last, now, value, shock) -> None:
    fullness = last.products_log - p.products_ceiling_log
    fullness -= value
    filled = np.exp(fullness)
    new = 1.0 / filled
    new = at_most(new, 10.0, out=new)
    left = np.subtract(1.0, filled, out=filled)
    new *= at_least(left, 0.0, out=left)
    new *= p.adoption_innovation
    pull = _pull(p, p.products_speed, fullness)
    pull += new
    now.products_growth = _growth(p, last.products_growth, pull)
    lost = 1.0 - now.usefulness
    lost *= p.churn
    lost *= last.trial_share
    now.products_wish = last.products_drift - lost
    now.products_wish += now.products_growth
    now.products_wish += last.products_log
    now.products_innovation = p.demand_noise * shock
    now.products_log = now.products_wish + now.products_innovation
    now.products_drift = p.drift_gain * clip(now.products_innovation, -0.3, 0.3)
    now.products_drift += p.drift_persistence * last.products_drift
    now.lab_sales_evidence = last.lab_sales_evidence
    stay = at_least(now.products_growth, 0.0)
    stay = np.exp(np.negative(stay, out=stay), out=stay)
    trial = 0.75 * last.trial_share
    trial -= p.trial_fraction
    trial *= stay
    trial += p.trial_fraction
    now.trial_share = trial


def _pull(p, speed, fullness):
    """Growth that a generalised logistic wants; overwrites ``fullness``."""
    fullness *= p.demand_shape
    room = np.exp(fullness, out=fullness)
    room = np.subtract(1.0, room, out=room)
    room = at_least(room, -0.5, out=room)
    room *= speed
    return room


def _growth(p, before, pull):
    """Growth with inertia; overwrites ``pull``."""
    growth = before - pull
    growth *= p.growth_inertia
    growth += pull
    return growth


def start_open_closed(p) -> None:
    """Logs of the mean lag and of the odds of the open share; brand and concentration at the start."""
    p.lag_mean_log, p.lag_later_log = np.log(p.open_lag), np.log(p.open_lag_later)
    p.open_odds = np.log(p.open_token_share / (1.0 - p.open_token_share))
    p.open_leap_chance = 1.0 - np.exp(-p.open_leap_hazard)
    p.brand_start = at_least(-np.log(p.open_price_ratio) - GAP * p.gap_pricing, 0.0)
    p.open_cost = 1.0 - p.open_margin
    # Advantage in logits, less the odds at the start: linear in gap and brand.
    p.gap_logit = p.gap_preference / p.evaluation_noise
    p.brand_logit = -p.price_sensitivity * p.premium_margin_share / p.evaluation_noise
    p.logit_level = -GAP * p.gap_logit - p.brand_start * p.brand_logit - p.open_odds
    p.dearness_level = -GAP * p.gap_pricing - p.premium_margin_share * p.brand_start


def open_closed(p, last, now, year, shocks) -> None:
    """Lag of open models, their share of tokens and their price."""
    _lag(p, last, now, year, shocks)
    news = now.capability - last.capability
    news *= 1.0 / 3.0
    news = np.where(last.capability > 0.0, news, last.pace)
    now.pace = toward(last.pace, 0.25, news)
    now.model_gap = now.lag_months * now.pace
    _prices(p, last, now)
    logit = p.gap_logit * now.model_gap
    logit += p.brand_logit * now.closed_brand
    logit += p.logit_level
    share = np.exp(logit, out=logit)
    share += 1.0
    share = np.divide(1.0, share, out=share)
    now.open_share = toward(last.open_share, p.open_share_adjustment, share)
    _bills(p, now)


def _lag(p, last, now, year, shocks) -> None:
    leap = shocks["open_leap_draw"] < p.open_leap_chance
    lag = p.lag_mean_log - last.lag_log
    if year >= 2025.0:
        lag += p.lag_later_log
    lag *= p.open_lag_reversion
    lag += last.lag_log
    lag += p.open_lag_noise * shocks["open_lag_shock"]
    lag -= p.open_leap_size * leap
    now.lag_log = lag
    now.lag_months = np.exp(lag)
    now.open_leap = first_date(last.open_leap, leap, year)


def _prices(p, last, now) -> None:
    own = 1.0 - last.open_share
    own *= last.lab_hhi
    own = np.subtract(1.0, own, out=own)
    own *= p.price_sensitivity
    mark_up = np.divide(1.0, own, out=own)
    mark_up = at_most(mark_up, LN30, out=mark_up)
    now.closed_brand = toward(last.closed_brand, p.open_share_adjustment, mark_up)
    premium = p.gap_pricing * now.model_gap
    dearness = p.premium_margin_share * now.closed_brand
    dearness += premium
    dearness += p.dearness_level
    now.closed_dearness = np.exp(dearness, out=dearness)
    premium += now.closed_brand
    np.negative(premium, out=premium)
    premium = np.exp(premium, out=premium)
    now.open_relative_price = at_most(premium, 1.0, out=premium)
    now.closed_premium = 1.0 / now.open_relative_price
    now.closed_premium -= 1.0
    now.equal_quality_premium = np.expm1(now.closed_brand)


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
    p.compute_share = 1.0 - p.lab_other_cost


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
    now.tokens_per_task = p.app_inference_start * paid
    np.divide(now.app_inference, now.tokens_per_task, out=now.tokens_per_task)
    paid *= p.paid_price_start
    now.tokens_used = now.end_closed + now.end_open
    now.tokens_used += now.app_bill
    now.tokens_used *= 1e15
    now.tokens_used /= paid


def _cost_shares(p, last, now) -> None:
    compute = p.compute_share - now.lab_margin
    compute -= now.partner_rate
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
    own = direct * now.assistant_part
    now.end_open = direct - own
    now.end_open *= now.open_sales_share
    now.end_closed = np.subtract(direct, now.end_open, out=direct)
    now.app_bill = now.end_apps * now.app_inference
    now.pay_apps_closed = now.app_bill * now.bill_closed
    now.revenue_closed_models = now.end_closed + now.pay_apps_closed
    own /= now.revenue_closed_models
    now.api_share = np.subtract(1.0, own, out=own)


def _bids(p, last, now) -> None:
    now.bid_closed = now.revenue_closed_models * now.lab_inference
    now.pay_apps_open = now.app_bill * now.bill_open
    now.revenue_open_models = now.end_open + now.pay_apps_open
    now.bid_open = now.revenue_open_models * p.open_cost
    now.bid_self = now.app_bill * now.bill_self
    wanted = at_least(last.gross_profit_closed_models, 0.0)
    wanted *= now.reinvestment
    wanted += p.lab_burn * last.lab_cash
    at_hand = last.lab_cash + now.lab_funding
    at_hand += last.gross_profit_closed_models
    np.minimum(wanted, at_hand, out=wanted)
    now.lab_budget = at_least(wanted, 0.0, out=wanted)
    now.bid_training = now.lab_budget * p.lab_compute_share
    work = now.tooling_spend_share + now.data_spend_share
    work = np.subtract(1.0, work, out=work)
    work *= now.spend_builds
    now.bid_work = work
    now.bid_apps = now.end_apps * now.app_experiment_rate
    now.bid_apps *= p.app_experiment_compute
    now.bid_tooling = p.tooling_compute * last.revenue_tooling
    now.bids = now.bid_closed + now.bid_open
    for bid in (now.bid_self, now.bid_training, now.bid_work, now.bid_apps, now.bid_tooling, now.own_use_budget):
        now.bids += bid


def _rental(p, last, now) -> None:
    now.hours = now.fleet_h100e * now.sold_utilisation
    now.hours *= 2190.0e-9
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
    busy *= now.sold_utilisation
    now.cloud_utilisation = busy
    now.rental_trend = now.rental_log - last.rental_trend
    now.rental_trend *= 0.25
    now.rental_trend += last.rental_trend
