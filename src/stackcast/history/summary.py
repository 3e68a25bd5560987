"""Which series the record holds: spans, units, when they became public."""

from __future__ import annotations

import pandas as pd


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a series and entity: rows, first and last date, unit, when all was public, how that is known."""
    grouped = frame.groupby(["series", "entity"], sort=True)
    table = grouped.agg(
        rows=("value", "size"), first=("date", "min"), last=("date", "max"), unit=("unit", "first"),
        published=("published", "max"), basis=("basis", lambda found: found.mode().iloc[0]),
    )  # fmt: skip
    return table.reset_index()
