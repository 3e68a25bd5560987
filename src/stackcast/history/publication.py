"""When a figure became public: what its note says, else a delay by its kind of source, else its data set's vintage."""

from __future__ import annotations

import numpy as np
import pandas as pd

DELAYS = {"company filing": 45, "press release": 30, "news report": 90, "estimate": 90}
"""Days from the end of the period to publication where no note says when (rule of the record's README)."""

VINTAGES = {
    "chip_supply": "2026-04-22",
    "chips_financials": "2026-04-22",
    "training_costs": "2026-07-31",
    "training_tokens": "2026-07-31",
    "notable_models": "2026-07-31",
    "price_at_fixed_performance": "2025-03-13",
    "open_closed_gap": "2026-09-19",
    "physical_and_usage": "2026-09-30",
    "investment": "2026-09-30",
    "model_labs": "2026-09-30",
}
"""File -> date of its data sets' vintage (ATTRIBUTION.md; a month stands for its last day). A later estimate of an
earlier figure is hindsight: it was public when the data set was.
"""
LATEST_VINTAGE = "2026-09-30"
WHOLE_DATA_SETS = ("chip_supply", "training_costs", "training_tokens", "notable_models", "open_closed_gap")
"""Files that are a data set throughout, whatever the kind of source of a row: models' output, recast and revised."""

_REPORTED = r"first reported (\d{4}-\d{2}-\d{2})"


def is_dataset(frame: pd.DataFrame) -> pd.Series:
    """Whether a row is from a data set, which was revised after the fact."""
    return (frame["source_kind"] == "dataset") | frame["file"].isin(WHOLE_DATA_SETS)


def usable(frame: pd.DataFrame) -> pd.Series:
    """Days from which hindsight may use rows: of data sets, the end of their period if that was earlier."""
    earlier = np.minimum(pd.to_datetime(frame["published"]), pd.to_datetime(frame["date"])).dt.date
    return frame["published"].where(~is_dataset(frame), earlier)


def published(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with ``published`` (date) and ``basis`` (how it is known)."""
    noted = pd.to_datetime(frame["note"].fillna("").str.extract(_REPORTED, expand=False))
    days = pd.to_timedelta(frame["source_kind"].map(DELAYS).fillna(0), unit="D")
    delayed = pd.to_datetime(frame["date"]) + days
    dataset = is_dataset(frame)
    vintage = pd.to_datetime(frame["file"].map(VINTAGES).fillna(LATEST_VINTAGE))
    vintage = vintage.where(vintage >= pd.to_datetime(frame["date"]), pd.to_datetime(frame["date"]))
    # A data set is not public before its vintage; only its own note may say that a figure was.
    when = noted.fillna(vintage.where(dataset, delayed))
    kind = frame["source_kind"]
    rule = kind + " + " + kind.map(DELAYS).fillna(0).astype(int).astype(str) + " days"
    basis = np.where(noted.notna(), "first reported", np.where(dataset, "vintage of the data set", rule))
    return frame.assign(published=when.dt.date, basis=basis)
