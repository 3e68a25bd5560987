"""The toy once more: NumPy over trajectories, quarter by quarter, sharing nothing with the engine but the draws."""

from __future__ import annotations

import numpy as np
from scipy import special

from stackcast.engine.draws import draw_values
from stackcast.engine.shocks import draw_shock_values
from stackcast.ledger.layers import LAYERS
from tests.engine import toy

NEVER = 9999.0


def simulate(seed: int, count: int, quarters: int = 52, first: int = 0, start: float = 2023.0) -> dict[str, np.ndarray]:
    """Every row the toy reports: name -> array (quarters, count)."""
    p = draw_values(toy.plan(), seed, first, count)
    shocks = draw_shock_values({"noise": "normal", "jump": "uniform", "wind": "normal"}, seed, first, count, quarters)
    growth, volatility = np.exp(p["rate"]) - 1.0, 0.05 + 0.1 * special.ndtr(p["spread"])
    weights = _weights(p)
    size, mood, doubled = p["size_start"], np.zeros(count), np.full(count, NEVER)
    history: dict[str, list] = {}
    for step in range(quarters):
        before = size
        size = np.maximum(before * (1.0 + growth + volatility * shocks["noise"][step]), 0.01)
        date = start + 0.25 * step
        doubled = np.minimum(doubled, np.where(size > p["threshold"], date, NEVER))
        excess = np.maximum(size - 1.2 * before, 0.0)
        size = size - 0.5 * excess - np.where(shocks["jump"][step] < p["chance"], 0.2 * size, 0.0)
        mood = 0.9 * mood + 0.1 * shocks["wind"][step] - 0.01 * excess
        confidence = 1.0 / (1.0 + np.exp(-mood))
        rows = {
            "size": size, "excess": excess, "mood": mood, "confidence": confidence, "norm": np.sqrt(size**2 + 1.0),
            "regime": np.where(mood > 0.1, 2.0, np.where(mood > -0.1, 1.0, 0.0)), "doubled": doubled,
        }  # fmt: skip
        for layer in LAYERS:
            _pay(rows, layer, size * weights[layer], mood, confidence, p["floor"])
        for name, value in rows.items():
            history.setdefault(name, []).append(value.copy())
    return {name: np.array(values) for name, values in history.items()}


def _weights(p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    weights = {}
    for k, (a, b) in enumerate((("tilt_a", "tilt_b"), ("tilt_b", "tilt_c"))):
        four = np.exp(p[a]), np.exp(p[b]), np.exp(0.5 * (p[a] + p[b])), np.exp(p[a] - p[b])
        weights |= dict(zip(LAYERS[4 * k : 4 * k + 4], four, strict=True))
    return weights


def _pay(rows, layer, revenue, mood, confidence, floor) -> None:
    profit = revenue * (0.3 + mood) - floor
    rows[f"revenue_{layer}"] = revenue
    rows[f"gross_profit_{layer}"] = profit
    rows[f"gross_profit_cash_{layer}"] = profit - 0.1 * revenue * confidence
    rows[f"operating_surplus_{layer}"] = profit - np.log1p(revenue)


def by_year(rows: np.ndarray) -> np.ndarray:
    """Yearly sums of a (quarters, count) array that begins with a year."""
    return rows.reshape(-1, 4, rows.shape[1]).sum(axis=1)
