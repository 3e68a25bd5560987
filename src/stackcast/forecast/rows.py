"""The rows of the tidy frame: what every output of a run says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .cells import COUNTED, DATED, PERCENTS, Cells

STATISTICS = ("mean", "sd", *(f"p{p}" for p in PERCENTS), "min", "max")


class Row(NamedTuple):
    """A statistic of an output; ``mcse`` is its Monte Carlo standard error."""

    metric: str
    layer: str
    period: str
    statistic: str
    value: float
    mcse: float
    unit: str
    tail_flag: bool


def columns_of(cells: Cells) -> dict[str, Any]:
    """All rows as columns: numbers and truth values are arrays, the rest are tuples of text."""
    rows = list(tidy_rows(cells))
    columns = dict(zip(Row._fields, zip(*rows, strict=True) if rows else ((),) * len(Row._fields), strict=True))
    kinds = {"value": np.float64, "mcse": np.float64, "tail_flag": np.bool_}
    return {name: np.array(found, dtype=kinds[name]) if name in kinds else found for name, found in columns.items()}


def tidy_rows(cells: Cells) -> Iterator[Row]:
    """One row per output and statistic.

    An event is dated (period `event`: quantiles of the calendar date, infinite for never) and, as the mean of an
    indicator, counted: period `2030` is the probability that it has happened by the end of 2030. A category is counted
    the same way, one metric `name=category` each.
    """
    every = range(len(cells.aggregates.cells))
    found = cells.statistics_of([number for number in every if cells.kind(number) != COUNTED])
    for number in every:
        if cells.kind(number) == COUNTED:
            yield from _category_rows(cells, number)
            continue
        cell = cells.aggregates.cells[number]
        for name, value, mcse, flag in next(found):
            yield Row(cell.metric, cell.layer, cell.period, name, value, mcse, cell.unit, flag)
        if cells.kind(number) == DATED:
            yield from _event_rows(cells, number)


def _category_rows(cells: Cells, number: int) -> Iterator[Row]:
    cell = cells.aggregates.cells[number]
    for name, p in cells.categories(number).items():
        yield _probability(f"{cell.metric}={name}", cell.layer, cell.period, *p)


def _event_rows(cells: Cells, number: int) -> Iterator[Row]:
    cell = cells.aggregates.cells[number]
    for year in cells.event_years(number):
        yield _probability(cell.metric, cell.layer, str(year), *cells.happened(number, year + 1.0))


def _probability(metric: str, layer: str, period: str, value: float, mcse: float) -> Row:
    return Row(metric, layer, period, "mean", value, mcse, "probability", False)
