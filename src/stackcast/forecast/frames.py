"""The tidy frame of a run and its labelled twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .cells import COUNTED, DATED, PERCENTS, Cells

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = ("metric", "layer", "period", "statistic", "value", "mcse", "unit", "tail_flag")
STATISTICS = ("mean", "sd", *(f"p{p}" for p in PERCENTS), "min", "max")
KEYS = ["metric", "layer", "period", "statistic"]


def tidy_frame(cells: Cells) -> pd.DataFrame:
    """One row per output and statistic.

    An event is dated (period `event`: quantiles of the calendar date, infinite for never) and, as the mean of an
    indicator, counted: period `2030` is the probability that it has happened by the end of 2030. A category is counted
    the same way, one metric `name=category` each.
    """
    rows: list[tuple] = []
    for number in range(len(cells.aggregates.cells)):
        kind = cells.kind(number)
        if kind == COUNTED:
            rows += _category_rows(cells, number)
            continue
        cell = cells.aggregates.cells[number]
        where = (cell.metric, cell.layer, cell.period)
        rows += [(*where, s.name, s.value, s.mcse, cell.unit, s.tail_flag) for s in cells.statistics(number)]
        if kind == DATED:
            rows += _event_rows(cells, number)
    frame = pd.DataFrame.from_records(rows, columns=list(COLUMNS))
    return frame.astype({"value": np.float64, "mcse": np.float64, "tail_flag": bool})


def labelled(frame: pd.DataFrame) -> xr.Dataset:
    """value and mcse over metric, layer, period, statistic; the unit of a metric is a coordinate."""
    import xarray as xr

    order = {key: list(dict.fromkeys(frame[key])) for key in KEYS}
    shape = tuple(len(order[key]) for key in KEYS)
    place = tuple(pd.Index(order[key]).get_indexer(frame[key]) for key in KEYS)
    data: dict[str, Any] = {}
    for column in ("value", "mcse"):
        block = np.full(shape, np.nan)
        block[place] = frame[column].to_numpy()
        data[column] = (KEYS, block)
    unit = frame.drop_duplicates("metric").set_index("metric")["unit"].reindex(order["metric"])
    coords = {**order, "unit": ("metric", unit.to_numpy(dtype=object))}
    return xr.Dataset(data, coords=coords)


def _category_rows(cells: Cells, number: int) -> list[tuple]:
    cell = cells.aggregates.cells[number]
    return [
        (f"{cell.metric}={name}", cell.layer, cell.period, "mean", p.value, p.mcse, "probability", False)
        for name, p in cells.categories(number).items()
    ]


def _event_rows(cells: Cells, number: int) -> list[tuple]:
    cell = cells.aggregates.cells[number]
    rows = []
    for year in cells.event_years(number):
        p = cells.happened(number, year + 1.0)
        rows.append((cell.metric, cell.layer, str(year), "mean", p.value, p.mcse, "probability", False))
    return rows
