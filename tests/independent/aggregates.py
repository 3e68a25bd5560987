"""What a run reports: yearly figures, quarterly shares, values of the whole run and events.

Figures come in blocks, two-dimensional arrays with a row for each name: fewer and larger calls of NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import numpy as np

from tests.independent.arrays import constant
from tests.independent.ledger import LAYERS
from tests.independent.model import START
from tests.independent.tooling import MOATS

GROUPS = {
    "infrastructure": ("foundry", "chips", "cloud"),
    "models": ("closed_models", "open_models"),
    "tooling_data": ("tooling", "data"),
    "applications": ("apps",),
}
EVERYONE = (*LAYERS, *GROUPS)
MONEY = ("revenue", "gross_profit", "gross_profit_cash", "operating_surplus")
FLOWS = (
    "own_use",
    "capital_spending",
    "lab_raised",
    "end_spend",
    "open_self_hosting_value",
    "shipments",
    "tokens_used",
)
DISCOUNT_RATE = 0.10
VALUE_DATE = 2026.0

BY_LAYER = {
    **dict.fromkeys(MONEY, "money"), "share": "share", "share_cash": "share", "gross_margin": "ratio"
}  # fmt: skip
"""Metrics of every layer and group in a year, with the kind of their bins."""
MARKET = {
    "market money": (*FLOWS[:5], "run_cost"),
    "market positive": (
        "shipments", "tokens_used", "loss", "stock_left", "data_price", "power_gw", "backlog", "chip_price",
        "fleet_h100e", "frontier_flop", "open_lag", "closed_premium", "equal_quality_premium", "rental_price",
        "price_per_mtok", "capital_per_gw", "lab_number", "tokens_per_task",
    ),
    "market share": (
        "usefulness", *(f"moat_{kind}" for kind in MOATS), "slowdown", "platform_share", "readiness",
        "tooling_spend_share", "rival_share", "trial_share", "open_share", "lab_hhi", "lab_top_share",
        "gpu_cloud_share", "own_centre_share", "hyperscaler_share", "api_share", "cloud_utilisation", "layer_hhi",
    ),
    "market ratio": ("use_cases", "data_premium", "leader_margin", "rental_margin", "overhang", "loss_ratio"),
    "market category": ("binding_constraint",),
}  # fmt: skip
"""Blocks of market figures of a year, named after the kind of their bins."""
VALUES = ("cumulative_gross_profit", "discounted_gross_profit")
QUARTERLY = {"share": "share", "market category": "category"}
"""Blocks of every quarter, with the kind of their bins."""
EVENTS = (
    "scaling_break", "exhaustion", "capital_bust", "supply_shock", "hardware_break", "open_leap",
    *(f"lead_{layer}" for layer in LAYERS),
)  # fmt: skip

_SUMMED = (*(f"{metric}_{layer}" for metric in MONEY for layer in LAYERS), *FLOWS)
_SIZE = len(LAYERS)
_MEMBERS = [[LAYERS.index(layer) for layer in members] for members in GROUPS.values()]
Blocks = dict[str, np.ndarray]


class Reporter:
    """Follows a batch of trajectories and hands out blocks of figures as periods end."""

    def __init__(self, size: int) -> None:
        self.sums = np.zeros((len(_SUMMED), size))
        self.zero = constant(0.0, size)
        self.values = {metric: np.zeros((len(EVERYONE), size)) for metric in VALUES}
        self.blocks = {metric: np.empty((len(EVERYONE), size)) for metric in BY_LAYER}
        self.market = {block: np.empty((len(names), size)) for block, names in MARKET.items()}

    def quarter(self, now: SimpleNamespace, first_of_year: bool) -> Blocks:
        """Shares of the quarter's profits and what binds; adds the quarter to its year."""
        rows = vars(now)
        for name, total in zip(_SUMMED, self.sums, strict=True):
            if first_of_year:
                total[:] = rows[name]
            else:
                total += rows[name]
        shares = self.blocks["share"]
        for layer, share in zip(LAYERS, shares, strict=False):
            np.maximum(rows[f"gross_profit_{layer}"], self.zero, out=share)
        self._shares(shares, lambda: np.array([rows[f"revenue_{layer}"] for layer in LAYERS]))
        return {"share": shares, "market category": now.binding_constraint[np.newaxis]}

    def year(self, now: SimpleNamespace, year: int) -> Blocks:
        """Figures of the year that ended with this quarter."""
        blocks = self.blocks
        for k, metric in enumerate(MONEY):
            blocks[metric][:_SIZE] = self.sums[k * _SIZE : (k + 1) * _SIZE]
            _add_groups(blocks[metric])
        for metric, book in (("share", "gross_profit"), ("share_cash", "gross_profit_cash")):
            np.maximum(blocks[book][:_SIZE], self.zero, out=blocks[metric][:_SIZE])
            self._shares(blocks[metric], lambda: blocks["revenue"][:_SIZE])
        np.divide(blocks["gross_profit"], blocks["revenue"], out=blocks["gross_margin"])
        if not blocks["revenue"].min() > 0.0:
            blocks["gross_margin"][blocks["revenue"] <= 0.0] = 0.0
        cumulated, discounted = self.values.values()
        cumulated += blocks["gross_profit"]
        discounted += (1.0 + DISCOUNT_RATE) ** (VALUE_DATE - year - 0.5) * blocks["gross_profit"]
        return blocks | self._market(now)

    def _shares(self, block: np.ndarray, revenue) -> None:
        """Divide gains by their sum; revenues by theirs where nobody gains."""
        layers = block[:_SIZE]
        total = np.add.reduce(layers, axis=0)
        if not total.min() > 0.0:
            layers[:] = np.where(total > 0.0, layers, revenue())
            total = np.add.reduce(layers, axis=0)
        layers *= np.divide(1.0, total, out=total)
        _add_groups(block)

    def _market(self, now: SimpleNamespace) -> Blocks:
        rows = vars(now) | dict(zip(FLOWS, self.sums[len(MONEY) * _SIZE :], strict=True))
        shares, profits = self.blocks["share"][:_SIZE], self.blocks["gross_profit"][:_SIZE]
        rows["layer_hhi"] = np.einsum("ij,ij->j", shares, shares)
        gains = np.add.reduce(np.maximum(profits, self.zero), axis=0)
        losses = np.add.reduce(np.minimum(profits, self.zero), axis=0)
        losses = np.subtract(0.0, losses, out=losses)
        rows["loss_ratio"] = np.divide(losses, gains, out=np.zeros_like(gains), where=gains > 0.0)
        rows["open_lag"] = rows["lag_months"]
        for block, names in MARKET.items():
            for name, row in zip(names, self.market[block], strict=True):
                row[:] = rows[name]
        return self.market


def _add_groups(block: np.ndarray) -> None:
    """Groups are sums of their members."""
    for k, (first, *others) in enumerate(_MEMBERS):
        total = block[_SIZE + k]
        total[:] = block[first]
        for other in others:
            total += block[other]


def names_of(block: str) -> tuple[tuple[str, str], ...]:
    """(metric, layer or "") of each row of a block."""
    if block == "event":
        return tuple((name, "") for name in EVENTS)
    if block in MARKET:
        return tuple((name, "") for name in MARKET[block])
    return tuple((block, who) for who in EVERYONE)


def periods(batch: Iterable[tuple[int, SimpleNamespace]], size: int) -> Iterator[tuple[str, Blocks]]:
    """Every period of a batch of (step, rows) with its blocks, which the next period overwrites."""
    reporter = Reporter(size)
    for step, now in batch:
        year, quarter = int(START) + step // 4, step % 4
        yield f"{year}Q{quarter + 1}", reporter.quarter(now, quarter == 0)
        if quarter == 3:
            yield str(year), reporter.year(now, year)
    yield f"{int(START)}-{year}", reporter.values
    yield "event", {"event": np.array([getattr(now, name) for name in EVENTS])}
