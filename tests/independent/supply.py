"""Capital, power and chips, as docs/model.md has them; see ``frontier`` for the conventions."""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import LN2, at_least, at_most, clip, first_date, strikes, toward

E_TO_1_5 = 4.4816890703380645
E_TO_TENTH = 1.1051709180756477


def start_capital(p) -> None:
    """Long-run anchors of investment."""
    p.user_cost = 1.0 / p.hardware_life + p.cloud_operations_rate + p.cost_of_capital
    p.optimism_long = 1.0 / (1.0 + p.free_entry_margin)
    p.optimism_kept = np.exp(-LN2 / p.optimism_halflife)
    p.demand_step_kept = np.exp(-LN2 / p.demand_step_halflife)
    p.funding_appetite_kept = np.exp(-LN2 / p.funding_halflife)
    p.bust_kept = np.exp(-LN2 / p.bust_halflife)
    p.bust_base = np.log1p(-p.bust_probability) / -16.0
    p.bust_overhang_log = np.log(p.bust_overhang)
    p.stage_pace = 1.0 / p.hardware_life
    p.replacement_pace = 0.25 / p.hardware_life
    p.plant_pace = 1.0 / p.plant_adjustment
    p.parents_factor = 1.0 + p.parents_growth
    p.own_use_pull = p.own_use_speed / p.own_use_ceiling
    p.own_use_factor = 1.0 + p.own_use_speed
    p.funding_quarter = 0.25 * p.funding_scale


def capital(p, last, now, year, shocks) -> None:
    """Budgets of clouds and their owners, funding of labs."""
    _bust(p, last, now, year, shocks)
    _expected_revenue(p, last, now, year)
    replacement = last.plant * p.replacement_pace
    now.capital_base = p.budget_lapse * last.capital_spending
    np.minimum(now.capital_base, last.capital_budget, out=now.capital_base)
    np.maximum(now.capital_base, 0.5 * last.capital_budget, out=now.capital_base)
    cut = p.bust_depth * now.bust_hit
    now.capital_base *= np.subtract(1.0, cut, out=cut)
    np.maximum(now.capital_base, 0.1 * replacement, out=now.capital_base)
    wish = now.expected_revenue / p.user_cost
    wish -= last.plant
    wish *= p.plant_pace
    wish += replacement
    np.multiply(p.bust_depth, now.bust_state, out=cut)
    wish *= np.subtract(1.0, cut, out=cut)
    now.capital_wish = np.maximum(wish, 0.08 * now.capital_base, out=wish)
    gap = now.capital_wish / now.capital_base
    gap = np.log(gap, out=gap)
    now.capital_gap = clip(gap, -1.5, 1.5, out=gap)
    pull = p.capital_response * now.capital_gap
    now.capital_growth = last.capital_growth - pull
    now.capital_growth *= p.capital_inertia
    now.capital_growth += pull
    exponent = p.capital_noise * shocks["capital_shock"]
    exponent += now.capital_growth
    now.capital_budget = np.exp(exponent, out=exponent)
    now.capital_budget *= now.capital_base
    now.parents_revenue = last.parents_revenue * p.parents_factor
    pull = p.own_use_pull * last.own_use_budget
    pull /= now.parents_revenue
    now.own_use_budget = np.subtract(p.own_use_factor, pull, out=pull)
    now.own_use_budget *= last.own_use_budget
    _funding(p, last, now, year)


def _funding(p, last, now, year) -> None:
    now.funding_appetite = last.funding_appetite if year < 2026.0 else last.funding_appetite * p.funding_appetite_kept
    funding = at_least(4.0 * last.revenue_closed_models, 0.001)
    funding = np.log(funding, out=funding)
    funding *= p.funding_power
    funding += p.funding_cycle * at_most(now.capital_gap, 0.0)
    now.lab_funding = np.exp(funding, out=funding)
    now.lab_funding *= p.funding_quarter
    now.lab_funding *= now.funding_appetite
    cut = p.bust_funding * now.bust_state
    now.lab_funding *= np.subtract(1.0, cut, out=cut)


def _bust(p, last, now, year, shocks) -> None:
    hazard = np.log(last.overhang)
    hazard -= p.bust_overhang_log
    hazard = at_least(hazard, 0.0, out=hazard)
    hazard *= p.bust_sensitivity
    hazard = at_most(hazard, 3.0, out=hazard)
    hazard = np.exp(hazard, out=hazard)
    hazard *= p.bust_base
    hazard *= 1.0 - last.bust_state
    hit = strikes(shocks["bust_draw"], hazard)
    hit &= p.bust_from <= year
    now.bust_hit = hit.astype(float)
    now.bust_state = np.multiply(last.bust_state, p.bust_kept, out=hazard)
    np.maximum(now.bust_state, now.bust_hit, out=now.bust_state)
    now.capital_bust = first_date(last.capital_bust, hit, year)


def _expected_revenue(p, last, now, year) -> None:
    now.cloud_revenue_log = at_least(last.revenue_cloud, 0.001)
    np.log(now.cloud_revenue_log, out=now.cloud_revenue_log)
    growth = now.cloud_revenue_log - last.cloud_revenue_log
    growth = clip(growth, -0.5, 0.5, out=growth)
    growth -= last.expected_growth
    growth *= p.growth_smoothing
    growth += last.expected_growth
    now.expected_growth = growth
    if year < 2026.0:
        now.optimism = last.optimism
    else:
        now.optimism = last.optimism - p.optimism_long
        now.optimism *= p.optimism_kept
        now.optimism += p.optimism_long
    exponent = clip(now.expected_growth, -0.05, 0.30)
    exponent *= p.planning_horizon
    exponent += last.demand_step_left
    now.expected_revenue = np.exp(exponent, out=exponent)
    now.expected_revenue *= last.revenue_cloud
    now.expected_revenue *= now.optimism
    now.expected_revenue *= 4.0
    now.demand_step_left = last.demand_step_left * p.demand_step_kept


def start_power_supply(p) -> None:
    """The ramp of building to 2026 and the speed at which news counts."""
    p.power_ramp = np.exp(np.log(p.power_build_2026 / p.power_build_start) / 12.0) - 1.0
    p.power_news_weight = at_most(0.25 / p.power_build_time, 1.0)
    p.power_ramp_factor, p.power_growth_factor = 1.0 + p.power_ramp, 1.0 + p.power_growth


def power_supply(p, last, now, year, shocks) -> None:
    """Gigawatts of sites."""
    news = last.power_scarcity - last.power_news
    news *= p.power_news_weight
    news += last.power_news
    now.power_news = news
    if year < 2026.0:
        growth = p.power_ramp_factor * last.power_rate
    else:
        growth = p.power_response * now.power_news
        growth = np.minimum(growth, p.power_response_limit, out=growth)
        growth += p.power_growth_factor
        growth *= last.power_rate
    now.power_rate = growth
    room = p.power_headroom * last.power_wanted
    room -= last.power_gw
    room = at_least(room, 0.0, out=room)
    now.power_gw = np.minimum(room, now.power_rate, out=room)
    now.power_gw += last.power_gw


def start_compute_supply(p) -> None:
    """The fleet by age, as if it had grown steadily before."""
    p.fleet_start_by_stage = by_stage(p.fleet_start, p.hardware_life)
    p.kw_factor = np.exp(-p.kw_decline)
    p.packaging_factor, p.memory_factor = 1.0 + p.packaging_growth, 1.0 + p.memory_growth
    p.logic_factor = 1.0 + p.logic_growth
    p.backlog_kept = 1.0 - p.order_cancellation
    p.chips_per_capital = 1e9 * p.chips_share_of_capital
    p.price_response = 0.25 * p.chip_price_response
    p.power_used_start = p.fleet_start * p.kw_new_start / 1e6
    p.power_start_by_stage = p.fleet_start_by_stage * (p.kw_new_start / 1e6)
    p.supply_shock_chance = 1.0 - np.exp(-p.supply_shock_hazard)
    p.supply_kept = np.exp(-LN2 / p.supply_shock_halflife)
    p.rival_reach = p.rival_long * np.exp(-p.rival_response * p.chip_margin_long)
    p.rival_cost = 1.0 / (1.0 - p.rival_margin)
    p.leader_margin_level = -0.5 * p.moat_margin


def by_stage(total, life):
    """A stock by age, youngest first, after growth of 15 % a quarter-life."""
    ratio = 1.0 / (1.0 + 0.15 * life)
    youngest = total / (1.0 + ratio * (1.0 + ratio * (1.0 + ratio)))
    return np.array([youngest, youngest * ratio, youngest * ratio * ratio, youngest * ratio * ratio * ratio])


def compute_supply(p, last, now, year, shocks) -> None:
    """Orders, what limits them, prices and the fleet."""
    _capacity(p, last, now, year, shocks)
    _shipments(p, last, now)
    _chip_prices(p, last, now, year, shocks)
    _innovation(p, last, now, shocks)
    _correction(p, now)
    kw = now.kw_new * 1e-6
    now.power_by_stage = age(p.stage_pace, last.power_by_stage, now.shipments * kw)
    now.power_used = np.add.reduce(now.power_by_stage, axis=0)
    now.power_gw = np.maximum(now.power_gw, now.power_kept + now.shipments * kw)
    now.fleet_by_stage = age(p.stage_pace, last.fleet_by_stage, now.shipments)
    now.fleet_h100e = np.add.reduce(now.fleet_by_stage, axis=0)
    _binding(last, now, year)


def _capacity(p, last, now, year, shocks) -> None:
    answer = p.capacity_response * last.chip_scarcity
    limit = p.capacity_limit_early if year < 2026.0 else p.capacity_limit_late
    answer = np.minimum(answer, limit, out=answer)
    now.packaging = answer + p.packaging_factor
    now.packaging *= last.packaging
    answer += p.memory_factor
    answer *= last.memory
    now.memory = answer
    now.logic = p.logic_factor * last.logic
    now.chip_capacity = np.minimum(now.packaging, now.memory)
    np.minimum(now.chip_capacity, now.logic, out=now.chip_capacity)
    hit = shocks["supply_shock_draw"] < p.supply_shock_chance
    now.supply_loss = last.supply_loss * p.supply_kept
    np.maximum(now.supply_loss, p.supply_shock_size * hit, out=now.supply_loss)
    now.supply_shock = first_date(last.supply_shock, hit, year)
    now.chip_capacity *= 1.0 - now.supply_loss


def _shipments(p, last, now) -> None:
    orders = p.chips_per_capital * now.capital_budget
    orders /= last.chip_price
    orders += last.backlog
    now.orders = orders
    now.power_kept = np.multiply(last.power_by_stage[3], p.stage_pace)
    np.subtract(last.power_used, now.power_kept, out=now.power_kept)
    now.kw_new = last.kw_new * p.kw_factor
    room = now.power_gw - now.power_kept
    room = at_least(room, 0.0, out=room)
    kw = now.kw_new * 1e-6
    room /= kw
    made = np.minimum(now.orders, now.chip_capacity)
    now.shipments = np.minimum(made, room)
    now.backlog = now.orders - now.shipments
    now.backlog *= p.backlog_kept
    now.chip_scarcity = now.orders / now.chip_capacity
    _scarcity(now.chip_scarcity)
    now.power_scarcity = np.divide(made, room, out=room)
    _scarcity(now.power_scarcity)
    now.power_wanted = np.multiply(made, kw, out=made)
    now.power_wanted += now.power_kept


def _innovation(p, last, now, shocks) -> None:
    """Innovation and drift of sales in a free run."""
    now.sales_innovation = p.sales_noise * shocks["sales_shock"]
    now.sales_factor = np.exp(last.sales_drift + now.sales_innovation)
    now.sales_drift = p.drift_gain * clip(now.sales_innovation, -0.3, 0.3)
    now.sales_drift += p.drift_persistence * last.sales_drift
    now.chip_sales_evidence = last.chip_sales_evidence


def _correction(p, now) -> None:
    """What the innovation does to shipments, capacity, budgets and expectations."""
    room = at_least(now.power_gw - now.power_kept, 0.0) / (now.kw_new * 1e-6)
    shipped = np.minimum(now.shipments * now.sales_factor, np.maximum(room, now.shipments))
    more = shipped - now.shipments
    grown = np.where(now.chip_scarcity > 0.0, now.sales_factor, at_least(shipped / now.chip_capacity, 1.0))
    now.packaging, now.memory, now.logic = now.packaging * grown, now.memory * grown, now.logic * grown
    now.unordered = at_least(more - now.backlog, 0.0)
    now.backlog = at_least(now.backlog - more, 0.0)
    now.shipments = shipped
    news = p.budget_news * np.log(now.sales_factor)
    budget = now.capital_budget * np.exp(news) + now.unordered * now.chip_price / p.chips_per_capital
    now.capital_growth = now.capital_growth + np.log(budget / now.capital_budget)
    now.demand_step_left = now.demand_step_left + news
    now.capital_budget = budget


def _scarcity(ratio) -> None:
    clip(ratio, 1.0, E_TO_1_5, out=ratio)
    np.log(ratio, out=ratio)


def _chip_prices(p, last, now, year, shocks) -> None:
    now.chip_pressure = p.power_rent_share * now.power_scarcity
    now.chip_pressure += now.chip_scarcity
    log_price = p.price_response * now.chip_pressure
    log_price += last.chip_price_log
    log_price -= p.chip_price_trend
    log_price += p.chip_price_noise * shocks["chip_price_shock"]
    now.chip_price_log = log_price
    now.leader_price = np.exp(log_price)
    now.leader_price *= p.chip_price_start
    if year < 2026.0:
        now.chip_margin_base = last.chip_margin_base
    else:
        base = p.chip_margin_long - last.chip_margin_base
        base *= p.chip_margin_drift
        base += last.chip_margin_base
        now.chip_margin_base = base
    margin = p.chip_margin_response * now.chip_pressure
    margin += now.chip_margin_base
    margin += p.moat_margin * now.moat_ecosystem
    margin += p.leader_margin_level
    now.leader_margin = clip(margin, 0.02, 0.95, out=margin)
    _rivals(p, last, now)


def _rivals(p, last, now) -> None:
    """Share of competing silicon, price and margin of all vendors together."""
    target = p.rival_response * last.leader_margin
    target = np.exp(target, out=target)
    target *= p.rival_reach
    now.rival_share = toward(last.rival_share, p.rival_pace, at_most(target, 0.9, out=target))
    cost = 1.0 - now.leader_margin
    relative = cost * p.rival_cost
    relative = at_most(relative, 1.0, out=relative)
    relative -= 1.0
    relative *= now.rival_share
    relative += 1.0
    now.chip_price = now.leader_price * relative
    cost /= relative
    now.chip_margin = np.subtract(1.0, cost, out=cost)


def age(pace, stages, entering):
    """Four stages of age a quarter later: each passes on the same part of itself."""
    leaving = stages * pace
    after = stages - leaving
    after[0] += entering
    after[1:] += leaving[:-1]
    return after


def _binding(last, now, year) -> None:
    power = now.power_scarcity > 0.0
    physical = np.where(power, now.power_scarcity, now.chip_scarcity)
    kind = power + 1.0
    kind = np.where(now.text_shortage > physical, 4.0, kind)
    np.maximum(physical, now.text_shortage, out=physical)
    now.binding_constraint = np.where(physical > 0.05, kind, np.multiply(3.0, now.capital_gap > 0.05))
    slow = now.fleet_h100e < E_TO_TENTH * last.fleet_h100e
    slow &= now.binding_constraint > 0.0
    slow &= now.binding_constraint < 3.0
    now.hardware_quarters = last.hardware_quarters + 1.0
    now.hardware_quarters *= slow
    now.hardware_break = first_date(last.hardware_break, now.hardware_quarters >= 4.0, year)
