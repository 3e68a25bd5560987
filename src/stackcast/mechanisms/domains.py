"""Where the priors of the shipped mechanisms mean something, in the mechanisms' units.

A share above one, a life below zero or a price of nothing is a typing error, and a run would carry it quietly to the
last figure. Priors that may have any sign (logs, rates of growth) are not listed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from stackcast.mechanisms.moats import KINDS as MOATS


@dataclass(frozen=True)
class Domain:
    """An interval; an end is part of it unless it is open."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __str__(self) -> str:
        low = f"{'>' if self.open_low else '>='} {self.low:g}"
        high = f"{'<' if self.open_high else '<='} {self.high:g}"
        return " and ".join(text for text, end in ((low, self.low), (high, self.high)) if math.isfinite(end))


POSITIVE = Domain(0.0, open_low=True)
NOT_NEGATIVE = Domain(0.0)
SHARE = Domain(0.0, 1.0)
SOME_SHARE = Domain(0.0, 1.0, open_low=True)
PART = Domain(0.0, 1.0, open_low=True, open_high=True)
BELOW_ONE = Domain(0.0, 1.0, open_high=True)
UP_TO_HALF = Domain(0.0, 0.5)
SOME_UP_TO_HALF = Domain(0.0, 0.5, open_low=True)
GROWTH = Domain(-1.0, open_low=True)

_BY_DOMAIN: Mapping[Domain, str] = {
    # Fits are numbered.
    Domain(0.0, 3.0): "scaling_family",
    # A stage of plant or fleet passes on 1 / life of itself a quarter: a shorter life would leave less than nothing.
    Domain(1.0): "hardware_life",
    # One lab has no competitors: its concentration is a number, not a state.
    Domain(2.0): "lab_count",
    # Levels, prices, times and what a logarithm is taken of or something is divided by.
    POSITIVE: """
        overtraining usefulness_slope scaling_alpha scaling_beta algorithm_doubling algorithm_ceiling
        text_stock_start text_epochs plant_adjustment budget_lapse optimism_start optimism_halflife
        demand_step_halflife capital_start own_use_start funding_halflife bust_overhang bust_halflife
        power_start power_build_start power_build_2026 power_build_time power_headroom
        fleet_start kw_new_start packaging_start memory_start logic_start chip_price_start run_wall
        supply_shock_halflife products_start builds_start products_potential builds_potential demand_shape
        open_lag open_lag_later price_sensitivity evaluation_noise
        rental_start small_model_ceiling token_price_start paid_price_start lab_maturity_halflife plant_start
    """,
    # Hazards, noises, elasticities, stocks and ratios that may be nothing.
    NOT_NEGATIVE: """
        scaling_break_hazard scaling_break_pull scaling_break_factor proprietary_text readiness_platforms
        slowdown_tooling slowdown_data data_response data_elasticity cloud_operations_rate cost_of_capital
        free_entry_margin planning_horizon capital_response capital_noise own_use_speed funding_scale funding_power
        funding_cycle bust_sensitivity power_response power_response_limit capacity_response capacity_limit_early
        capacity_limit_late backlog_start chip_price_response chip_price_noise chip_margin_response rival_response
        supply_shock_hazard run_fleet_elasticity run_noise usefulness_value usefulness_link products_pace
        builds_pace adoption_innovation demand_noise price_elasticity open_lag_noise open_leap_hazard
        open_leap_size gap_preference gap_pricing lab_noise sales_noise lab_preference lab_turnover lab_margin_hhi
        gpu_cloud_access spot_gain small_model_pace cost_response lab_cash_start app_experiments own_use_markup
        software_research
    """,
    # Rates that multiply by one plus themselves.
    GROWTH: "parents_growth power_growth packaging_growth memory_growth logic_growth",
    SHARE: """
        use_case_weight synthetic_worth moat_margin platform_share_start platform_bundling platform_unbundling
        platform_saving slowdown_experiments data_price_adjustment data_rent data_premium_start data_erosion
        proprietary_share growth_smoothing bust_depth bust_funding order_cancellation power_rent_share
        chip_margin_start chip_margin_long chip_margin_drift rival_share_start rival_long rival_pace readiness_pace
        churn trial_fraction open_lag_reversion open_share_adjustment self_hosting_share premium_margin_share
        lab_diffusion model_depreciation model_upkeep assistant_share assistant_long assistant_pace
        gpu_cloud_long gpu_cloud_pace own_centre_long own_centre_pace
        paid_price_power lab_margin_start lab_margin_long partner_share lab_other_cost lab_direct_share
        lab_burn lab_reinvestment lab_compute_share app_learning app_experiment_compute
        tooling_compute foundry_cost_share foundry_margin hardware_research cloud_research app_supplies
        app_other_cost lab_data_share lab_tooling_share tooling_other_cost data_margin drift_gain budget_news
    """
    + " ".join(f"moat_{kind}_{rate}" for kind in MOATS for rate in ("build", "decay")),
    SOME_SHARE: """
        own_use_ceiling chips_share_of_capital run_share run_budget_share readiness_start open_price_ratio
        rental_adjustment normal_utilisation app_inference_start lab_coverage
    """,
    PART: "open_token_share lab_hhi_start",
    BELOW_ONE: """
        capital_inertia growth_inertia open_margin bust_probability rival_margin supply_shock_size tooling_giveaway
        gpu_cloud_start drift_persistence
    """,
    # Together they leave customers' own workloads what is over.
    UP_TO_HALF: "data_share",
    # Applications split their purchases between tooling and data by these two: both at nothing is no split.
    SOME_UP_TO_HALF: "tooling_share",
}

DOMAINS: Mapping[str, Domain] = {name: domain for domain, names in _BY_DOMAIN.items() for name in names.split()}
"""Prior -> the values that mean something."""
