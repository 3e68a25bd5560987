"""Cases as a table, and what it says in sum: skill against rivals, coverage, places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stackcast.backtest.case import Case
from stackcast.backtest.rivals import RIVALS
from stackcast.backtest.scores import INTERVALS, PRIOR, pooled, scored

ALL_RIVALS = (*RIVALS, PRIOR)
FROM_HORIZON = 2
"""The headline is for horizons of two quarters and longer."""
PLACES = 10
KEYS = ["cutoff", "series", "entity"]


def frame_of(cases: Iterable[Case], pool: bool = False) -> pd.DataFrame:
    """One row a case, with the headline rival: that with the best mean over series, chosen once for the whole table.

    ``pool`` makes the pooled forecast the one that is scored.
    """
    rows = []
    for case in cases:
        row = scored(case)
        if pool:
            row |= _of_pool(case, row)
        head = {
            "cutoff": case.cutoff, "series": case.series, "entity": case.entity, "date": case.date,
            "horizon_quarters": case.horizon_quarters, "unit": case.unit, "observed": case.observed,
        }  # fmt: skip
        rows.append({**head, **row})
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    best = best_rival(frame)
    frame = frame.assign(best_rival=best, crps_best_rival=frame[f"crps_{best}"])
    return frame.sort_values([*KEYS, "date"], kind="stable").reset_index(drop=True)


def _of_pool(case: Case, row: dict[str, Any]) -> dict[str, Any]:
    from stackcast.backtest.scores import place

    return {**place(pooled(case), float(np.log(case.observed))), "crps": row["crps_pooled"]}


def over_series(frame: pd.DataFrame, column: str) -> float:
    """Mean over series of each series' mean."""
    return float(frame.groupby(["series", "entity"])[column].mean().mean())


def best_rival(frame: pd.DataFrame) -> str:
    """The rival with the lowest mean CRPS over all series, at the horizons of the headline (all, if there are none)."""
    later = frame[frame["horizon_quarters"] >= FROM_HORIZON]
    used = later if len(later) else frame
    return min(ALL_RIVALS, key=lambda name: over_series(used, f"crps_{name}"))


@dataclass(frozen=True)
class Headline:
    """Skill in the mean over series at horizons of two quarters and longer, and how often 90 % intervals held."""

    rival: str
    skill: float
    skills: dict[str, float]
    coverage: dict[int, float]
    rows: int
    series: int


def headline(frame: pd.DataFrame) -> Headline:
    """What the table says in a line; skill = 1 - CRPS / CRPS of the rival, both means over series."""
    later = frame[frame["horizon_quarters"] >= FROM_HORIZON]
    later = later if len(later) else frame
    rival = str(frame["best_rival"].iloc[0])
    skills = {name: skill(later, name) for name in ALL_RIVALS}
    coverage = {round(100 * level): float(later[f"in{round(100 * level)}"].mean()) for level in INTERVALS}
    return Headline(rival, skills[rival], skills, coverage, len(later), later.groupby(["series", "entity"]).ngroups)


def skill(frame: pd.DataFrame, rival: str, column: str = "crps") -> float:
    """1 less the ratio of mean scores (means over series)."""
    return 1.0 - over_series(frame, column) / over_series(frame, f"crps_{rival}")


def by_series(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of every series at the horizons of the headline, with skill against the headline rival."""
    later = frame[frame["horizon_quarters"] >= FROM_HORIZON]
    return _means(later if len(later) else frame, ["series", "entity"])


def by_horizon(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean scores by series and horizon [quarters]."""
    return _means(frame, ["series", "entity", "horizon_quarters"])


def _means(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    columns = ["crps", "crps_pooled", *(f"crps_{name}" for name in ALL_RIVALS), "log_score", "in50", "in80", "in90"]
    if "crps_value" in frame:
        columns.append("crps_value")
    grouped = frame.groupby(by, sort=True)
    means = grouped[columns].mean(numeric_only=False).astype(float)
    bias = (np.log(frame["p50"]) - np.log(frame["observed"])).groupby([frame[name] for name in by]).mean()
    rival = str(frame["best_rival"].iloc[0])
    means = means.assign(bias=bias, skill=1.0 - means["crps"] / means[f"crps_{rival}"], n=grouped.size())
    return means.reset_index()


def places(frame: pd.DataFrame) -> np.ndarray:
    """Counts of the outcomes' places among the draws, in ten equal bins (PIT histogram)."""
    return np.histogram(frame["pit"], bins=PLACES, range=(0.0, 1.0))[0]


JSON_KEYS = (
    "cutoff", "series", "entity", "date", "horizon_quarters", "observed", "p5", "p50", "p95", "crps", "crps_best_rival",
    "best_rival",
)  # fmt: skip


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The table as plain data: CRPS on natural logs, dates as text."""
    if frame.empty:
        return []
    rows = frame[list(JSON_KEYS)].assign(cutoff=frame["cutoff"].astype(str), date=frame["date"].astype(str))
    return rows.to_dict("records")
