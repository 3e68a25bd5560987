"""Forecasts made of known draws, so that answers can be compared with the draws themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np

from stackcast.aggregate.aggregates import Aggregates
from stackcast.aggregate.outputs import Cell
from stackcast.engine.scales import CATEGORY, MONEY, POSITIVE, RATIO, SHARE, Scale, event_scale
from stackcast.forecast import Forecast, forecast_of
from stackcast.ledger.layers import GROUPS, LAYERS

START = 2023.0
YEARS = tuple(range(2023, 2036))
QUARTERS = 4 * len(YEARS)
NEVER = 9999.0


def cell(metric: str, scale: Scale, layer: str = "", period: str = "2030", unit: str = "1") -> Cell:
    return Cell(metric, layer, period, unit, scale)


def aggregates(draws: Mapping[Cell, np.ndarray]) -> Aggregates:
    """Aggregates of given draws, binned by NumPy."""
    cells = tuple(draws)
    counts = [binned(c.scale, np.asarray(draws[c], dtype=float)) for c in cells]
    values = [np.asarray(draws[c], dtype=float) for c in cells]
    return Aggregates(
        n=len(values[0]),
        cells=cells,
        offsets=np.concatenate([[0], np.cumsum([len(c) for c in counts])]).astype(np.int64),
        counts=np.concatenate(counts),
        total=np.array([v.sum() for v in values]),
        total_sq=np.array([(v * v).sum() for v in values]),
        minimum=np.array([v.min() for v in values]),
        maximum=np.array([v.max() for v in values]),
    )


def binned(scale: Scale, values: np.ndarray) -> np.ndarray:
    if scale.kind == "event":
        quarter = np.where(values >= NEVER, scale.bins - 1, np.round((values - START) * 4.0))
        return np.bincount(quarter.astype(int), minlength=scale.bins).astype(np.int64)
    place = np.searchsorted(scale.edges(), values, side="right") - 1
    return np.bincount(np.clip(place, 0, scale.bins - 1), minlength=scale.bins).astype(np.int64)


def scenario(name: str = "synthetic", priors: Mapping[str, bool] | None = None) -> SimpleNamespace:
    """What forecast_of asks of a scenario."""
    marked = {key: SimpleNamespace(unit="1", assumption=flag) for key, flag in (priors or {}).items()}
    return SimpleNamespace(
        name=name,
        path="configs/synthetic.toml",
        start=START,
        quarters=QUARTERS,
        priors=marked,
        messages=(),
        hash=lambda: "0123456789ab",
        resolved=lambda: {"name": name, "horizon": {"start": START, "quarters": QUARTERS}},
    )


def forecast_from(
    draws: Mapping[Cell, np.ndarray],
    sample: Mapping[str, np.ndarray] | None = None,
    priors: Mapping[str, bool] | None = None,
) -> Forecast:
    n = len(next(iter(draws.values())))
    columns = dict(sample or {})
    result = SimpleNamespace(
        aggregates=aggregates(draws),
        sample=np.column_stack([v[:5000] for v in columns.values()]) if columns else np.empty((min(n, 5000), 0)),
        sample_columns=tuple(columns),
        seconds=1.5,
        threads=2,
        chunk=7936,
    )
    return forecast_of(result, scenario(priors=priors), seed=7)


def stack_forecast(n: int = 4096, seed: int = 1) -> Forecast:
    """All outputs of a run of the full model, with made-up numbers of about the right size."""
    rng = np.random.default_rng(seed)
    priors = rng.normal(size=(n, 6))
    level = np.log([12.0, 60.0, 15.0, 3.0, 0.3, 2.0, 1.5, 4.0])
    drift = np.array([0.18, 0.10, 0.22, 0.35, 0.25, 0.20, 0.20, 0.45])
    draws: dict[Cell, np.ndarray] = {}
    sample = {f"prior.p{i}": priors[:, i] for i in range(6)}
    walk = np.cumsum(rng.normal(0.0, 0.18, size=(len(YEARS), len(LAYERS), n)), axis=0)
    cumulated = np.zeros((len(LAYERS), n))
    profits = {}
    for t, year in enumerate(YEARS):
        tilt = np.zeros((len(LAYERS), n))
        tilt[1], tilt[7] = 0.08 * t * priors[:, 0], 0.06 * t * priors[:, 1]
        revenue = np.exp(level[:, None] + drift[:, None] * t + walk[t] + tilt)
        margin = np.clip(0.5 + 0.06 * priors[:, 1:2].T + 0.1 * rng.normal(size=revenue.shape), -0.3, 0.9)
        profit = revenue * margin
        cash = profit - np.where(np.arange(len(LAYERS))[:, None] == 2, 1.1 * profit[1], 0.0)
        profits[year] = profit
        cumulated += profit
        _add_year(draws, sample, str(year), revenue, profit, cash)
        _add_market(draws, sample, rng, year, t, n)
    for k, layer in enumerate(LAYERS):
        draws[cell("cumulative_gross_profit", MONEY, layer, "2023-2035", "USD_bn")] = cumulated[k]
    _add_events(draws, sample, rng, profits, n)
    return forecast_from(draws, sample, {f"p{i}": i % 2 == 1 for i in range(6)})


def market_forecast(n: int = 512) -> Forecast:
    """Outputs of a program without layers; the loss never varies and text never runs out."""
    rng = np.random.default_rng(3)
    draws = {}
    for year in (2029, 2030):
        draws[cell("frontier_flop", POSITIVE, "", str(year), "FLOP")] = 10.0 ** rng.normal(28.0, 1.0, n)
        draws[cell("loss", POSITIVE, "", str(year), "nats")] = np.full(n, 1.87)
    draws[cell("exhaustion", event_scale(QUARTERS), "", "event", "year")] = np.full(n, NEVER)
    return forecast_from(draws, {"prior.p0": rng.normal(size=n)}, {"p0": True})


def _add_year(draws, sample, period, revenue, profit, cash) -> None:
    for metric, book in (("share", profit), ("share_cash", cash)):
        positive = np.maximum(book, 0.0)
        share = positive / positive.sum(axis=0)
        for k, layer in enumerate(LAYERS):
            draws[cell(metric, SHARE, layer, period)] = share[k]
            if metric == "share":
                sample[f"share.{layer}.{period}"] = share[k]
        for group, members in GROUPS.items():
            draws[cell(metric, SHARE, group, period)] = sum(share[LAYERS.index(m)] for m in members)
    for k, layer in enumerate(LAYERS):
        draws[cell("revenue", MONEY, layer, period, "USD_bn")] = revenue[k]
        draws[cell("gross_profit", MONEY, layer, period, "USD_bn")] = profit[k]
        draws[cell("gross_profit_cash", MONEY, layer, period, "USD_bn")] = cash[k]
        draws[cell("gross_margin", RATIO, layer, period)] = profit[k] / revenue[k]
        sample[f"gross_profit.{layer}.{period}"] = profit[k]
    losses = np.maximum(-profit, 0.0).sum(axis=0) / np.maximum(profit, 0.0).sum(axis=0)
    draws[cell("loss_ratio", RATIO, "", period)] = losses


def _add_market(draws, sample, rng, year, t, n) -> None:
    flop = 10.0 ** (25.3 + 0.55 * t + 0.05 * t * rng.normal(size=n))
    draws[cell("frontier_flop", POSITIVE, "", str(year), "FLOP")] = flop
    draws[cell("fleet_h100e", POSITIVE, "", str(year), "H100e")] = 3e5 * np.exp(0.7 * t + 0.08 * t * rng.normal(size=n))
    draws[cell("binding_constraint", CATEGORY, "", str(year))] = rng.choice(5, size=n, p=[0.3, 0.3, 0.25, 0.1, 0.05])
    sample[f"frontier_flop.{year}"] = flop


def _add_events(draws, sample, rng, profits, n) -> None:
    scale = event_scale(QUARTERS)
    for name, centre in (("scaling_break", 2031.0), ("exhaustion", 2029.0)):
        when = np.round((centre + 2.5 * rng.normal(size=n)) * 4.0) / 4.0
        when = np.where(when < START, START, np.where(when >= START + len(YEARS), NEVER, when))
        draws[cell(name, scale, "", "event", "year")] = when
        sample[f"event.{name}"] = when
    leader = np.array([profits[year].argmax(axis=0) for year in YEARS])
    for k, layer in enumerate(LAYERS):
        led = leader == k
        when = np.where(led.any(axis=0), START + led.argmax(axis=0), NEVER)
        draws[cell(f"lead_{layer}", scale, "", "event", "year")] = when
