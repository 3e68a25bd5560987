"""The tidy frame of a run and its labelled twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import xarray as xr

KEYS = ["metric", "layer", "period", "statistic"]


def tidy_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """One row per output and statistic, from columns."""
    return pd.DataFrame(columns)


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
