"""Models: scaling, algorithms, usefulness, text and the largest run, as docs/model.md has them.

Each function takes the parameters and start rows ``p``, last quarter's rows ``last``, this quarter's rows ``now``
(which it adds to), the date and the shocks. What the quarters need of parameters alone is computed at the start, and a
sum is built in place where its first part is a fresh array: the benchmark runs these very equations and owes NumPy
its best.
"""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import LN6, LN10, at_least, at_most, first_date, strikes

LN_1E24 = 55.262042231857095
REPETITION = 15.387756
HOFFMANN = (406.4010175194737, 410.7228269450398, 1.6933736809989528, 0.33917084, 0.2849083)
MUENNIGHOFF = (520.8249516599187, 1487.716093782861, 1.8691436784054858, 0.3526596, 0.3526596)
KAPLAN = (143082374144.4454, 5.4e13, 0.0, 0.8, 1.0)
KAPLAN_SHAPE = 0.095
FLOP_PER_SECOND = 989e12 * 0.4


def start_scaling_law(p) -> None:
    """The fit and the two straight lines that stand for it when text is plentiful."""
    joint = (np.exp(p.scaling_ln_a), np.exp(p.scaling_ln_b), np.exp(p.scaling_ln_e), p.scaling_alpha, p.scaling_beta)
    p.fit_a, p.fit_b, p.fit_e, p.fit_alpha, p.fit_beta = (
        np.select([p.scaling_family < edge for edge in (0.5, 1.5, 2.5)], fits[:3], fits[3])
        for fits in zip(joint, HOFFMANN, MUENNIGHOFF, KAPLAN, strict=True)
    )
    p.fit_shape = np.where(p.scaling_family < 2.5, 1.0, KAPLAN_SHAPE)
    powers = p.fit_alpha + p.fit_beta
    g_log = np.log(p.fit_alpha * p.fit_a / (p.fit_beta * p.fit_b)) / powers
    n_log = g_log + LN_1E24 * p.fit_beta / powers
    d_log = LN_1E24 - n_log
    p.token_power = p.fit_alpha / powers
    p.loss_power = p.fit_beta * p.token_power
    p.token_intercept = np.log(p.overtraining) + d_log - p.token_power * (LN_1E24 + LN6)
    reducible = p.fit_a * np.exp(-p.fit_alpha * n_log) + p.fit_b * np.exp(-p.fit_beta * d_log)
    p.loss_intercept = np.log(reducible) + p.loss_power * LN_1E24
    # Both straight lines in log10 FLOP: what the quarter needs of them.
    p.compute_intercept = (p.loss_intercept / p.loss_power + LN6) / LN10
    p.compute_slope = -1.0 / (p.loss_power * LN10)
    p.gap_intercept = p.fit_shape * (p.loss_intercept + p.loss_power * LN6)
    p.gap_slope = -p.fit_shape * p.loss_power * LN10
    p.n_power, p.d_power = -p.fit_alpha, -p.fit_beta


def scaling_law(p, last, now, year, shocks) -> None:
    """Loss and capability of the largest run of last quarter."""
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
    beyond = last.capability - p.scaling_break_threshold
    beyond = at_least(beyond, 0.0, out=beyond)
    beyond *= p.scaling_break_pull
    beyond = at_most(beyond, 5.0, out=beyond)
    hazard = np.exp(beyond, out=beyond)
    hazard *= p.scaling_break_hazard
    hit = strikes(shocks["scaling_break_draw"], hazard)
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


def start_algorithmic_progress(p) -> None:
    """The part of the distance to the ceiling that a quarter leaves."""
    p.algorithm_distance_kept = np.exp(-(0.3010299956639812 * 3.0 / p.algorithm_doubling) / p.algorithm_ceiling)


def algorithmic_progress(p, last, now, year, shocks) -> None:
    """Orders of magnitude gained by better algorithms."""
    distance = p.algorithm_ceiling - last.algorithms
    distance *= p.algorithm_distance_kept
    now.algorithms = np.subtract(p.algorithm_ceiling, distance, out=distance)


def start_emergence(p) -> None:
    """Worth of the smooth part and of one use-case."""
    p.smooth_weight, p.one_use_case = 1.0 - p.use_case_weight, p.use_case_weight / 3.0


def emergence(p, last, now, year, shocks) -> None:
    """Usefulness: a logistic of capability and three jumps."""
    odds = p.usefulness_midpoint - now.capability
    odds *= p.usefulness_slope
    odds = np.exp(odds, out=odds)
    odds += 1.0
    smooth = np.divide(p.smooth_weight, odds, out=odds)
    now.use_cases = np.add(now.capability >= p.use_case_1, now.capability >= p.use_case_2, dtype=float)
    now.use_cases += now.capability >= p.use_case_3
    now.usefulness = p.one_use_case * now.use_cases
    now.usefulness += smooth
    floored = at_least(now.usefulness, 1e-6, out=smooth)
    now.log_usefulness = np.log(floored, out=floored)


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
