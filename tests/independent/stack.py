"""Models, text, capital, power and chips: the first half of a quarter, as docs/model.md has it.

Each function takes the parameters and start rows ``p``, last quarter's rows ``last``, this quarter's rows ``now``
(which it adds to), the date and the shocks. A sum is built in place where its first part is a fresh array: the
benchmark runs these very equations and owes NumPy its best.
"""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import at_least, at_most, clip, first_date

LN2 = 0.6931471805599453
LN6 = 1.791759469228055
LN10 = 2.302585092994046
LN_1E24 = 55.262042231857095
REPETITION = 15.387756
HOFFMANN = (406.4010175194737, 410.7228269450398, 1.6933736809989528, 0.33917084, 0.2849083)
MUENNIGHOFF = (520.8249516599187, 1487.716093782861, 1.8691436784054858, 0.3526596, 0.3526596)
FLOP_PER_SECOND = 989e12 * 0.4
E_TO_1_5 = 4.4816890703380645


def start_scaling_law(p) -> None:
    """The fit and the two straight lines that stand for it when text is plentiful."""
    joint = (np.exp(p.scaling_ln_a), np.exp(p.scaling_ln_b), np.exp(p.scaling_ln_e), p.scaling_alpha, p.scaling_beta)
    p.fit_a, p.fit_b, p.fit_e, p.fit_alpha, p.fit_beta = (
        np.where(p.scaling_family < 0.5, refit, np.where(p.scaling_family < 1.5, first, second))
        for refit, first, second in zip(joint, HOFFMANN, MUENNIGHOFF, strict=True)
    )
    powers = p.fit_alpha + p.fit_beta
    g_log = np.log(p.fit_alpha * p.fit_a / (p.fit_beta * p.fit_b)) / powers
    n_log = g_log + LN_1E24 * p.fit_beta / powers
    d_log = LN_1E24 - n_log
    p.token_power = p.fit_alpha / powers
    p.loss_power = p.fit_beta * p.token_power
    p.token_intercept = np.log(p.overtraining) + d_log - p.token_power * (LN_1E24 + LN6)
    reducible = p.fit_a * np.exp(-p.fit_alpha * n_log) + p.fit_b * np.exp(-p.fit_beta * d_log)
    p.loss_intercept = np.log(reducible) + p.loss_power * LN_1E24
    p.scaling_break_chance = 1.0 - np.exp(-p.scaling_break_hazard)
    # Both straight lines in log10 FLOP: what the quarter needs of them.
    p.compute_intercept = (p.loss_intercept / p.loss_power + LN6) / LN10
    p.compute_slope = -1.0 / (p.loss_power * LN10)
    p.gap_intercept = p.loss_intercept + p.loss_power * LN6
    p.gap_slope = -p.loss_power * LN10
    p.n_power, p.d_power = -p.fit_alpha, -p.fit_beta


def scaling_law(p, last, now, year, shocks) -> None:
    """Loss, capability and usefulness of the largest run of last quarter."""
    wanted_log = p.token_power * last.log_frontier
    wanted_log += p.token_intercept
    now.tokens_wanted = np.exp(wanted_log)
    now.tokens_trained = p.text_epochs * last.token_pool
    np.minimum(now.tokens_trained, now.tokens_wanted, out=now.tokens_trained)
    used = np.minimum(now.tokens_trained, last.token_pool)
    worn = now.tokens_trained / last.token_pool
    worn -= 1.0
    worn = at_least(worn, 0.0, out=worn)
    worn *= -1.0 / REPETITION
    worn = np.expm1(worn, out=worn)
    worn *= -REPETITION
    worn += 1.0
    worn *= used
    now.tokens_worth = worn
    n_log = np.subtract(last.log_frontier, wanted_log, out=wanted_log)
    n_log -= LN6
    n_log *= p.n_power
    reducible = np.exp(n_log, out=n_log)
    reducible *= p.fit_a
    d_log = np.log(now.tokens_worth)
    d_log *= p.d_power
    data_part = np.exp(d_log, out=d_log)
    data_part *= p.fit_b
    reducible += data_part
    now.run_compute = np.log(reducible, out=reducible)
    now.run_compute *= p.compute_slope
    now.run_compute += p.compute_intercept
    _scaling_break(p, last, now, year, shocks)
    _capability(p, last, now)


def _scaling_break(p, last, now, year, shocks) -> None:
    hit = shocks["scaling_break_draw"] < p.scaling_break_chance
    hit &= p.scaling_break_from <= year
    now.scaling_break = first_date(last.scaling_break, hit, year)
    now.returns_factor = np.where(now.scaling_break <= year, p.scaling_break_factor, 1.0)


def _capability(p, last, now) -> None:
    now.best_run = now.run_compute + last.algorithms
    np.maximum(now.best_run, last.best_run, out=now.best_run)
    step = now.best_run - last.best_run
    step *= now.returns_factor
    step += last.capability
    now.capability = np.where(last.best_run > 0.0, step, now.best_run)
    exponent = p.gap_slope * now.capability
    exponent += p.gap_intercept
    now.loss = np.exp(exponent, out=exponent)
    now.loss += p.fit_e
    odds = p.usefulness_midpoint - now.capability
    odds *= p.usefulness_slope
    odds = np.exp(odds, out=odds)
    odds += 1.0
    now.usefulness = 1.0 / odds
    now.log_usefulness = np.negative(np.log(odds, out=odds), out=odds)


def start_algorithmic_progress(p) -> None:
    """The part of the distance to the ceiling that a quarter leaves."""
    p.algorithm_distance_kept = np.exp(-(0.3010299956639812 * 3.0 / p.algorithm_doubling) / p.algorithm_ceiling)


def algorithmic_progress(p, last, now, year, shocks) -> None:
    """Orders of magnitude gained by better algorithms."""
    distance = p.algorithm_ceiling - last.algorithms
    distance *= p.algorithm_distance_kept
    now.algorithms = np.subtract(p.algorithm_ceiling, distance, out=distance)


def start_data_stock(p) -> None:
    """Growth of public text over a quarter."""
    p.text_growth_factor = np.exp(p.text_growth)
    p.pool_over_text = 1.0 + p.proprietary_text
    p.pool_over_gap = p.synthetic_worth / p.text_epochs


def data_stock(p, last, now, year, shocks) -> None:
    """Text on offer, what of it is used, and when it runs short."""
    now.text_stock = last.text_stock * p.text_growth_factor
    usable = now.text_stock * p.text_epochs
    gap = now.tokens_wanted - usable
    gap = at_least(gap, 0.0, out=gap)
    now.token_pool = p.pool_over_text * now.text_stock
    now.token_pool += p.pool_over_gap * gap
    now.text_used = np.minimum(now.tokens_trained, usable)
    np.maximum(now.text_used, last.text_used, out=now.text_used)
    now.stock_left = usable - now.text_used
    at_least(now.stock_left, 0.0, out=now.stock_left)
    now.exhaustion = first_date(last.exhaustion, gap > 0.0, year)
    gap /= usable
    now.text_shortage = np.log1p(gap, out=gap)


def start_capital(p) -> None:
    """Long-run anchors of investment."""
    p.user_cost = 1.0 / p.hardware_life + p.cloud_operations_rate + p.cost_of_capital
    p.optimism_long = 1.0 / (1.0 + p.free_entry_margin)
    p.optimism_kept = np.exp(-LN2 / p.optimism_halflife)
    p.demand_step_kept = np.exp(-LN2 / p.demand_step_halflife)
    p.funding_appetite_kept = np.exp(-LN2 / p.funding_halflife)
    p.stage_pace = 1.0 / p.hardware_life
    p.replacement_pace = 0.25 / p.hardware_life
    p.plant_pace = 1.0 / p.plant_adjustment
    p.parents_factor = 1.0 + p.parents_growth
    p.own_use_pull = p.own_use_speed / p.own_use_ceiling
    p.own_use_factor = 1.0 + p.own_use_speed
    p.funding_quarter = 0.25 * p.funding_scale


def capital(p, last, now, year, shocks) -> None:
    """Budgets of clouds and their owners, funding of labs."""
    _expected_revenue(p, last, now, year)
    replacement = last.plant * p.replacement_pace
    now.capital_base = p.budget_lapse * last.capital_spending
    np.minimum(now.capital_base, last.capital_budget, out=now.capital_base)
    np.maximum(now.capital_base, 0.5 * last.capital_budget, out=now.capital_base)
    np.maximum(now.capital_base, 0.1 * replacement, out=now.capital_base)
    wish = now.expected_revenue / p.user_cost
    wish -= last.plant
    wish *= p.plant_pace
    wish += replacement
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


def by_stage(total, life):
    """A stock by age, youngest first, after growth of 15 % a quarter-life."""
    ratio = 1.0 / (1.0 + 0.15 * life)
    youngest = total / (1.0 + ratio * (1.0 + ratio * (1.0 + ratio)))
    return np.array([youngest, youngest * ratio, youngest * ratio * ratio, youngest * ratio * ratio * ratio])


def compute_supply(p, last, now, year, shocks) -> None:
    """Orders, what limits them, prices and the fleet."""
    _capacity(p, last, now, year)
    _shipments(p, last, now)
    _chip_prices(p, last, now, year, shocks)
    now.fleet_by_stage = age(p.stage_pace, last.fleet_by_stage, now.shipments)
    now.fleet_h100e = np.add.reduce(now.fleet_by_stage, axis=0)
    _binding(last, now)


def _capacity(p, last, now, year) -> None:
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


def _shipments(p, last, now) -> None:
    orders = p.chips_per_capital * now.capital_budget
    orders /= last.chip_price
    orders += last.backlog
    now.orders = orders
    kept = last.fleet_by_stage[3] * p.stage_pace
    kept /= last.fleet_h100e
    kept = np.subtract(1.0, kept, out=kept)
    kept *= last.power_used
    now.power_kept = kept
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
    now.power_used = now.shipments * kw
    now.power_used += now.power_kept
    now.power_wanted = np.multiply(made, kw, out=made)
    now.power_wanted += now.power_kept


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
    now.chip_price = np.exp(log_price)
    now.chip_price *= p.chip_price_start
    if year < 2026.0:
        now.chip_margin_base = last.chip_margin_base
    else:
        base = p.chip_margin_long - last.chip_margin_base
        base *= p.chip_margin_drift
        base += last.chip_margin_base
        now.chip_margin_base = base
    margin = p.chip_margin_response * now.chip_pressure
    margin += now.chip_margin_base
    now.chip_margin = at_most(margin, 0.95, out=margin)


def age(pace, stages, entering):
    """Four stages of age a quarter later: each passes on the same part of itself."""
    leaving = stages * pace
    after = stages - leaving
    after[0] += entering
    after[1:] += leaving[:-1]
    return after


def _binding(last, now) -> None:
    power = now.power_scarcity > 0.0
    physical = np.where(power, now.power_scarcity, now.chip_scarcity)
    kind = power + 1.0
    kind = np.where(last.text_shortage > physical, 4.0, kind)
    np.maximum(physical, last.text_shortage, out=physical)
    now.binding_constraint = np.where(physical > 0.05, kind, np.multiply(3.0, now.capital_gap > 0.05))


def start_training(p) -> None:
    """Size of a planned run for a fleet of one chip."""
    p.run_intercept = np.log(p.run_share * (FLOP_PER_SECOND * 7.9e6))
    p.run_budget_dollars = 1e9 * p.run_budget_share
    p.run_intercept += (1.0 - p.run_fleet_elasticity) * np.log(p.fleet_start)


def training(p, last, now, year, shocks) -> None:
    """The largest run: planned, affordable, below the wall."""
    exponent = np.log(now.fleet_h100e)
    exponent *= p.run_fleet_elasticity
    exponent += p.run_intercept
    exponent += p.run_growth * (year - 2023.0)
    exponent += p.run_noise * shocks["run_shock"]
    now.run_planned = np.exp(exponent, out=exponent)
    per_flop = last.rental_price * (1.0 / (FLOP_PER_SECOND * 3600.0))
    run = last.bid_training + now.own_use_budget
    run *= p.run_budget_dollars
    run /= per_flop
    np.minimum(run, now.run_planned, out=run)
    below = run + p.run_wall
    run *= p.run_wall
    run /= below
    now.frontier_flop = np.maximum(last.frontier_flop, run)
    now.log_frontier = np.log(now.frontier_flop)
    run *= per_flop
    run *= 1e-9
    now.run_cost = run
