"""Which figures of a run are kept: one cell per metric, layer and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stackcast.engine.declare import Row
from stackcast.engine.scales import SCALES, Scale, event_scale
from stackcast.ledger.layers import GROUPS, LAYERS

YEAR_SUM = "year:"
QUARTER = "quarter:"


@dataclass(frozen=True)
class Cell:
    """One reported figure; ``layer`` is empty for market figures, else a layer's or a group's id."""

    metric: str
    layer: str
    period: str
    unit: str
    scale: Scale


@dataclass(frozen=True)
class Source:
    """A figure to keep at the end of each period: its name and the row it is read from."""

    metric: str
    layer: str
    unit: str
    report: str
    row: str
    flow: bool = False


@dataclass(frozen=True)
class OutputPlan:
    """Cells in order (years, listed quarters, whole run, events) with the row each is read from.

    Rows are given per kind of period, because they repeat: cell ``first + period * count + j`` is read
    from row j.
    """

    yearly: tuple[Source, ...]
    quarterly: tuple[Source, ...]
    final: tuple[Source, ...]
    events: tuple[Source, ...]
    years: tuple[int, ...]
    periods: tuple[str, ...]

    def cells(self) -> tuple[Cell, ...]:
        """All cells in the order the core numbers them."""
        span = f"{self.years[0]}-{self.years[-1]}" if self.years else ""
        yearly = [_cell(s, str(year)) for year in self.years for s in self.yearly]
        quarterly = [_cell(s, period) for period in self.periods for s in self.quarterly]
        final = [_cell(s, span) for s in self.final]
        scale = event_scale(len(self.periods))
        return (*yearly, *quarterly, *final, *(Cell(s.metric, "", "event", s.unit, scale) for s in self.events))


def _cell(source: Source, period: str) -> Cell:
    return Cell(source.metric, source.layer, period, source.unit, SCALES[source.report])


def reported_rows(rows: Mapping[str, Row]) -> list[Source]:
    """Sources of all rows that mechanisms report themselves."""
    return [
        Source(row.metric or name, row.layer or "", row.unit, row.report, name, row.kind == "flow")
        for name, row in rows.items()
        if row.report is not None
    ]


def derived_sources(prefix: str, margins: bool) -> list[Source]:
    """Shares, margins and concentration computed from the layers' money, for one kind of period."""
    everyone = (*LAYERS, *GROUPS)
    found = [Source(m, who, "1", "share", f"{prefix}{m}_{who}") for m in ("share", "share_cash") for who in everyone]
    if margins:
        found += [Source("gross_margin", who, "1", "ratio", f"{prefix}gross_margin_{who}") for who in everyone]
    found += [Source("loss_ratio", "", "1", "ratio", f"{prefix}loss_ratio")]
    return [*found, Source("layer_hhi", "", "1", "share", f"{prefix}layer_hhi")]


def value_sources() -> list[Source]:
    """Gross profit over the whole run, per layer and group."""
    return [
        Source(metric, who, "USD_bn", "money", f"{metric}_{who}")
        for metric in ("cumulative_gross_profit", "discounted_gross_profit")
        for who in (*LAYERS, *GROUPS)
    ]


def scale_table(cells: Sequence[Cell]) -> tuple[np.ndarray, np.ndarray]:
    """Scale coefficients of every cell (6 columns) and the start of its bins in the flat counts."""
    coefficients = np.array([cell.scale.coefficients() for cell in cells], dtype=float).reshape(len(cells), 6)
    offsets = np.concatenate([[0], np.cumsum([cell.scale.bins for cell in cells])]).astype(np.int64)
    return coefficients, offsets
