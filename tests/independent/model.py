"""The baseline once more in NumPy, vectorised over trajectories, written from docs/model.md alone.

It shares with the package nothing but the draws. ``simulate`` goes quarter by quarter; who calls it decides
where the draws come from (the package's own for the comparison, NumPy's for the benchmark).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace

import numpy as np

from tests.independent import frontier, labs, ledger, market, supply, tooling
from tests.independent.arrays import NEVER, constant

START = 2023.0
QUARTERS = 52
SHOCKS = {
    **dict.fromkeys(("scaling_break_draw", "bust_draw", "supply_shock_draw", "open_leap_draw"), "uniform"),
    **dict.fromkeys(("capital_shock", "chip_price_shock", "run_shock", "products_shock", "builds_shock"), "normal"),
    "sales_shock": "normal",
    **dict.fromkeys(("open_lag_shock", "lab_shock"), "normal"),
}
STARTS = (
    frontier.start_scaling_law, frontier.start_algorithmic_progress, frontier.start_emergence,
    frontier.start_data_stock, tooling.start_moats, tooling.start_tooling, tooling.start_data_market,
    supply.start_capital, supply.start_power_supply, supply.start_compute_supply, frontier.start_training,
    market.start_demand, market.start_open_closed, labs.start_lab_competition, labs.start_cloud_competition,
    market.start_inference, ledger.start_ledger,
)  # fmt: skip
MECHANISMS = (
    frontier.scaling_law, frontier.algorithmic_progress, frontier.emergence, frontier.data_stock, tooling.moats,
    tooling.tooling, tooling.data_market, supply.capital, supply.power_supply, supply.compute_supply,
    frontier.training, market.demand, market.open_closed, labs.lab_competition, labs.cloud_competition,
    market.inference, ledger.ledger,
)  # fmt: skip
NUMBERS_AT_START = {
    "log_frontier": 58.30656466958052, "frontier_flop": 2.1e25, "scaling_break": NEVER, "best_run": 0.0,
    "capability": 0.0, "algorithms": 0.0, "text_used": 0.0, "exhaustion": NEVER, "text_shortage": 0.0,
    **{f"moat_{kind}": 0.5 for kind in tooling.MOATS}, "model_gap": 0.4, "chip_scarcity": 0.0, "pace": 0.09,
    "data_price_log": 0.0, "premium_kept": 1.0, "revenue_cloud": 2.0, "cloud_revenue_log": 0.5931471805599453,
    "expected_growth": 0.1, "parents_revenue": 140.0, "funding_appetite": 1.0, "overhang": 1.0, "bust_state": 0.0,
    "capital_bust": NEVER, "revenue_closed_models": 0.1, "power_news": 0.0, "power_scarcity": 0.0,
    "chip_price_log": 0.0, "supply_loss": 0.0, "supply_shock": NEVER, "hardware_quarters": 0.0,
    "hardware_break": NEVER, "bid_training": 0.5, "products_growth": 0.40, "builds_growth": 0.10, "trial_share": 0.3,
    "usefulness_before": 1.0, "rental_log": 0.0, "rental_trend": 0.0, "open_leap": NEVER, "maturity": 0.0,
    "own_centre_share": 0.0, "rental_margin": 0.3, "token_price_log": 0.0, "small_model_gain": 0.0,
    "gross_profit_closed_models": 0.0, "revenue_tooling": 0.25, "sales_drift": 0.0, "products_drift": 0.0,
    "chip_sales_evidence": 0.0, "lab_sales_evidence": 0.0, **{f"lead_{layer}": NEVER for layer in ledger.LAYERS},
}  # fmt: skip
ROWS_AT_START = {
    "token_pool": "text_stock_start", "text_stock": "text_stock_start", "platform_share": "platform_share_start",
    "readiness": "readiness_start", "optimism": "optimism_start", "demand_step_left": "demand_step",
    "capital_spending": "capital_start", "capital_budget": "capital_start", "capital_growth": "capital_growth_start",
    "own_use_budget": "own_use_start", "plant": "plant_start", "power_gw": "power_start",
    "power_rate": "power_build_start", "power_wanted": "power_used_start", "packaging": "packaging_start",
    "memory": "memory_start", "logic": "logic_start", "chip_price": "chip_price_start", "backlog": "backlog_start",
    "kw_new": "kw_new_start", "rival_share": "rival_share_start", "leader_margin": "chip_margin_start",
    "chip_margin_base": "chip_margin_start", "fleet_h100e": "fleet_start", "fleet_by_stage": "fleet_start_by_stage",
    "power_used": "power_used_start", "power_by_stage": "power_start_by_stage", "rental_price": "rental_start",
    "products_log": "products_log_start", "builds_log": "builds_log_start", "lag_log": "lag_mean_log",
    "open_share": "open_token_share", "closed_brand": "brand_start", "lab_hhi": "lab_hhi_start",
    "assistant_part": "assistant_share", "gpu_cloud_share": "gpu_cloud_start",
    "hyperscaler_share": "hyperscaler_start", "lab_cash": "lab_cash_start", "plant_building": "capital_start",
    "plant_by_stage": "plant_start_by_stage",
}  # fmt: skip


def start(parameters: Mapping[str, np.ndarray]) -> tuple[SimpleNamespace, SimpleNamespace]:
    """Parameters with the start rows, and the rows that stand for the quarter before the first."""
    p = SimpleNamespace(**parameters)
    for function in STARTS:
        function(p)
    size = p.text_stock_start.size
    last = SimpleNamespace(**{name: constant(value, size) for name, value in NUMBERS_AT_START.items()})
    for row, source in ROWS_AT_START.items():
        setattr(last, row, getattr(p, source))
    return p, last


def simulate(
    parameters: Mapping[str, np.ndarray],
    shocks_of: Callable[[int], Mapping[str, np.ndarray]],
    quarters: int = QUARTERS,
) -> Iterator[tuple[int, SimpleNamespace]]:
    """Yield (step, rows) of every quarter; ``shocks_of(step)`` gives its shocks by name."""
    p, last = start(parameters)
    for step in range(quarters):
        year, shocks, now = START + 0.25 * step, shocks_of(step), SimpleNamespace()
        for mechanism in MECHANISMS:
            mechanism(p, last, now, year, shocks)
        ledger.lead(last, now, year)
        yield step, now
        last = now
