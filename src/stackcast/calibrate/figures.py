"""Figures of the model that the record speaks of: each a function of rows of one quarter, vectorised over trajectories.

Money in USD_bn of the quarter, units in H100e.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

USD_PER_BN = 1e9


@dataclass(frozen=True)
class Figure:
    """Rows a figure is made of, and how."""

    rows: tuple[str, ...]
    value: Callable[..., np.ndarray]


def _row(name: str) -> Figure:
    return Figure((name,), lambda row: row)


def _leader_sales(rival_share, shipments, leader_price):
    return (1.0 - rival_share) * shipments * leader_price / USD_PER_BN


def _rival_sales(rival_share, shipments, leader_price, chip_price):
    return shipments * (chip_price - (1.0 - rival_share) * leader_price) / USD_PER_BN


FIGURES = {
    "leader_sales": Figure(("rival_share", "shipments", "leader_price"), _leader_sales),
    "rival_sales": Figure(("rival_share", "shipments", "leader_price", "chip_price"), _rival_sales),
    "leader_units": Figure(("rival_share", "shipments"), lambda share, units: (1.0 - share) * units),
    "lab_sales": Figure(("lab_coverage", "revenue_closed_models"), lambda part, revenue: part * revenue),
    "leader_margin": _row("leader_margin"),
    "capital_spending": _row("capital_spending"),
    "revenue_cloud": _row("revenue_cloud"),
    "revenue_foundry": _row("revenue_foundry"),
    "revenue_tooling": _row("revenue_tooling"),
    "revenue_apps": _row("revenue_apps"),
    "end_spend": _row("end_spend"),
    "price_per_mtok": _row("price_per_mtok"),
    "frontier_flop": _row("frontier_flop"),
    "open_lag": _row("lag_months"),
}
