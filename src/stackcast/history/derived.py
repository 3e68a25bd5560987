"""Series computed from others of the record that were public; sums and products keep the latest of their dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

HYPERSCALERS = ("Alphabet", "Amazon", "Meta", "Microsoft")
LABS = ("OpenAI", "Anthropic")
FIXED_LEVEL = "lowest_price[MMLU at GPT-4-0314 level]"
DAYS_PER_MONTH = 365.25 / 12.0
LARGE_RUN = 1e25


def _of(frame: pd.DataFrame, series: str, entity: str | None = None) -> pd.DataFrame:
    rows = frame[frame["series"] == series]
    return rows if entity is None else rows[rows["entity"] == entity]


def _joined(parts: Sequence[pd.DataFrame], on: str, combine: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Rows that all parts have, their values combined; the latest publication counts."""
    base = parts[0].drop_duplicates(on, keep="last").set_index(on)
    values, published = [base["value"]], [base["published"]]
    for part in parts[1:]:
        other = part.drop_duplicates(on, keep="last").set_index(on)
        values.append(other["value"])
        published.append(other["published"])
    both = pd.concat(values, axis=1, join="inner")
    known = pd.concat(published, axis=1, join="inner").max(axis=1)
    rows = base.loc[both.index].copy()
    rows["value"], rows["published"] = combine(both.to_numpy(float)), known
    return rows.reset_index()


def hyperscaler_capex(frame: pd.DataFrame) -> pd.DataFrame:
    """Cash capital spending of the four, USD_bn a quarter, for quarters that all have filed."""
    return _joined([_of(frame, "capex_cash_ppe", who) for who in HYPERSCALERS], "quarter", lambda v: v.sum(axis=1))


def hpc_revenue(frame: pd.DataFrame) -> pd.DataFrame:
    """TSMC's revenue from high-performance computing, USD_bn a quarter."""
    parts = [_of(frame, "total_revenue_usd", "TSMC"), _of(frame, "hpc_revenue_share", "TSMC")]
    return _joined(parts, "quarter", lambda v: v[:, 0] * v[:, 1])


def leader_units(frame: pd.DataFrame) -> pd.DataFrame:
    """NVIDIA's shipments a quarter in H100-equivalents: differences of Epoch AI's cumulative counts."""
    rows = _of(frame, "cumulative_compute_shipped", "NVIDIA").sort_values("date")
    quarters = pd.PeriodIndex(rows["quarter"], freq="Q").astype("int64")
    rows = rows.assign(value=rows["value"].diff(), period="quarter")
    return rows[np.diff(quarters, prepend=quarters[:1]) == 1]  # over a gap it is no quarter's


def price_at_fixed_performance(frame: pd.DataFrame) -> pd.DataFrame:
    """Cheapest model so far at the level of the first GPT-4, USD per million tokens."""
    rows = _of(frame, FIXED_LEVEL).sort_values("date")
    return rows.assign(value=rows["value"].cummin())


def open_lag(frame: pd.DataFrame) -> pd.DataFrame:
    """Arena gap over the Elo that the best closed model gains a month (least squares over the same points), months."""
    gap, closed = _of(frame, "arena_gap"), _of(frame, "arena_best_closed")
    if len(closed) < 3:
        return gap.iloc[:0]
    months = np.array([pd.Timestamp(day).toordinal() for day in closed["date"]]) / DAYS_PER_MONTH
    slope = np.polyfit(months - months[0], closed["value"].to_numpy(float), 1)[0]
    return gap.assign(value=gap["value"] / slope)


def lab_run_rate(frame: pd.DataFrame) -> pd.DataFrame:
    """Yearly revenue of OpenAI and Anthropic together, USD_bn, at every date that OpenAI reported.

    Anthropic's is taken between its own public figures in logs, and beyond them at a constant ratio to OpenAI's.
    """
    first, second = (_of(frame, "annualized_revenue", who).sort_values("date") for who in LABS)
    first = first.drop_duplicates("date", keep="last")
    second = second.drop_duplicates("date", keep="last")
    if len(first) == 0 or len(second) == 0:
        return first
    days = [np.array([pd.Timestamp(day).toordinal() for day in rows["date"]], dtype=float) for rows in (first, second)]
    logs = np.log(first["value"].to_numpy(float)), np.log(second["value"].to_numpy(float))
    ratio = logs[1] - np.interp(days[1], days[0], logs[0])
    inside = np.interp(days[0], days[1], logs[1])
    beyond = logs[0] + np.where(days[0] < days[1][0], ratio[0], ratio[-1])
    other = np.where((days[0] >= days[1][0]) & (days[0] <= days[1][-1]), inside, beyond)
    return first.assign(value=np.exp(logs[0]) + np.exp(other), entity="OpenAI + Anthropic", series="lab_run_rate")


def training_compute(frame: pd.DataFrame) -> pd.DataFrame:
    """Training compute of the largest run so far, FLOP, at the dates at which it grew."""
    rows = _of(frame, "training_compute").sort_values("date")
    rows = rows.assign(value=rows["value"].cummax())
    return rows[rows["value"] >= LARGE_RUN].drop_duplicates("value", keep="first")


DERIVED: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "hyperscaler_capex": hyperscaler_capex,
    "hpc_revenue": hpc_revenue,
    "leader_units": leader_units,
    "price_at_fixed_performance": price_at_fixed_performance,
    "open_lag": open_lag,
    "lab_run_rate": lab_run_rate,
    "training_compute": training_compute,
}

INPUTS = frozenset(
    {
        *(("capex_cash_ppe", who) for who in HYPERSCALERS),
        *(("annualized_revenue", who) for who in LABS),
        ("total_revenue_usd", "TSMC"), ("hpc_revenue_share", "TSMC"), ("cumulative_compute_shipped", "NVIDIA"),
        (FIXED_LEVEL, None), ("arena_gap", None), ("arena_best_closed", None), ("training_compute", None),
    }
)  # fmt: skip
"""(series, entity) that these are computed from; None: of any entity."""
