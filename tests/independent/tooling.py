"""Moats, tooling and data, as docs/model.md has them; see ``frontier`` for the conventions."""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import at_most, clip, toward

PACE = 0.09
GAP = 0.4
LN10 = 2.302585092994046
PRICE_OBSERVED = 0.85
MOATS = ("supply", "ecosystem", "scale", "algorithms", "distribution", "pipeline")


def start_moats(p) -> None:
    """Margin of the foundry with half a moat; what a driverless quarter leaves of each moat."""
    p.foundry_middle = p.foundry_margin - 0.5 * p.moat_margin
    p.moat_supply_rate, p.moat_algorithms_rate = p.moat_supply_build / 1.5, p.moat_algorithms_build / GAP
    for kind in MOATS:
        setattr(p, f"moat_{kind}_kept", 1.0 - getattr(p, f"moat_{kind}_decay"))


def moats(p, last, now, year, shocks) -> None:
    """Pricing power of six kinds and the foundry's margin."""
    ecosystem, distribution = 1.0 - last.rival_share, 1.0 - last.trial_share
    gap = at_most(last.model_gap, GAP)
    ecosystem *= p.moat_ecosystem_build
    distribution *= p.moat_distribution_build
    gap *= p.moat_algorithms_rate
    _moat(p, last, now, "supply", last.chip_scarcity * p.moat_supply_rate)
    _moat(p, last, now, "ecosystem", ecosystem)
    _moat(p, last, now, "scale", last.hyperscaler_share * p.moat_scale_build)
    _moat(p, last, now, "algorithms", gap)
    _moat(p, last, now, "distribution", distribution)
    _moat(p, last, now, "pipeline", last.premium_kept * p.moat_pipeline_build)
    margin = p.moat_margin * now.moat_supply
    margin += p.foundry_middle
    now.foundry_gross_margin = clip(margin, 0.05, 0.9, out=margin)


def _moat(p, last, now, kind: str, built) -> None:
    """One moat, built at the rate ``built`` (which is overwritten)."""
    before = getattr(last, f"moat_{kind}")
    spare = 1.0 - before
    built *= spare
    built += np.multiply(before, getattr(p, f"moat_{kind}_kept"), out=spare)
    setattr(now, f"moat_{kind}", built)


def start_tooling(p) -> None:
    """Slope of tooling's price in hyperscalers' share, and products of priors."""
    p.giveaway_slope = p.tooling_giveaway / PRICE_OBSERVED
    p.tooling_saved = p.tooling_other_cost * p.platform_saving
    p.tooling_slowed = p.tooling_share * p.slowdown_tooling
    p.experiments_slowed = p.app_experiments * p.slowdown_experiments
    p.readiness_lift = p.readiness_pace * p.readiness_platforms


def tooling(p, last, now, year, shocks) -> None:
    """Slowdown, platforms, readiness of enterprises, price and shares of tooling."""
    slowdown = last.pace * (-1.0 / PACE)
    slowdown += 1.0
    now.slowdown = clip(slowdown, 0.0, 1.0, out=slowdown)
    _platforms(p, last, now)
    pace = p.readiness_lift * now.platform_share
    pace += p.readiness_pace
    grown = 1.0 - last.readiness
    grown *= pace
    grown += last.readiness
    grown = at_most(grown, 1.0, out=grown)
    now.readiness = np.where(p.readiness_jump_from <= year, 1.0, grown)
    price = p.giveaway_slope * last.hyperscaler_share
    now.tooling_price = np.subtract(1.0 / PRICE_OBSERVED, price, out=price)
    share = p.tooling_slowed * now.slowdown
    share += p.tooling_share
    share *= now.tooling_price
    now.tooling_spend_share = at_most(share, 0.6, out=share)
    cost = p.tooling_saved * now.platform_share
    cost = np.subtract(p.tooling_other_cost, cost, out=cost)
    cost /= now.tooling_price
    now.tooling_cost_share = at_most(cost, 0.6, out=cost)
    rate = p.experiments_slowed * now.slowdown
    now.app_experiment_rate = np.subtract(p.app_experiments, rate, out=rate)


def _platforms(p, last, now) -> None:
    gained = 1.0 - last.platform_share
    gained *= p.platform_bundling
    lost = 1.0 - now.slowdown
    lost *= p.platform_unbundling
    gained -= lost
    gained += 1.0
    gained *= last.platform_share
    now.platform_share = gained


def start_data_market(p) -> None:
    """Powers of the price of data, slopes of shares and margins."""
    p.data_spend_power = 1.0 - p.data_elasticity
    p.data_slowed = p.data_share * p.slowdown_data
    p.data_margin_level = p.data_margin + p.data_rent - 0.5 * p.moat_margin
    p.premium_cost = p.proprietary_share * p.data_premium_start
    p.app_cost_level = p.app_other_cost + p.premium_cost + 0.5 * p.moat_margin


def data_market(p, last, now, year, shocks) -> None:
    """Price of data, what is spent on it, and the premium of those who own some."""
    now.data_price_log = toward(
        last.data_price_log, p.data_price_adjustment, at_most(p.data_response * now.text_shortage, LN10)
    )
    now.data_price = np.exp(now.data_price_log)
    spent = p.data_spend_power * now.data_price_log
    spent = np.exp(spent, out=spent)
    share = p.data_slowed * now.slowdown
    share += p.data_share
    share *= spent
    now.data_spend_share = at_most(share, 0.35, out=share)
    rate = np.multiply(p.lab_data_share, now.data_price, out=spent)
    now.lab_data_rate = at_most(rate, 0.25, out=rate)
    margin = p.moat_margin * now.moat_pipeline
    margin += p.data_margin_level
    margin -= p.data_rent / now.data_price
    now.data_gross_margin = clip(margin, 0.02, 0.9, out=margin)
    kept = p.data_erosion * now.usefulness
    now.premium_kept = np.subtract(1.0, kept, out=kept)
    now.data_premium = p.data_premium_start * now.premium_kept
    cost = p.moat_margin * now.moat_distribution
    cost = np.subtract(p.app_cost_level, cost, out=cost)
    cost -= p.proprietary_share * now.data_premium
    now.app_cost_share = clip(cost, 0.02, 0.6, out=cost)
