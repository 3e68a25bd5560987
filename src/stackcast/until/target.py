"""A target: the error of one output, and how large it may be; what a finished round says about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ..forecast.cells import Cells

MEAN = "mean"
Condition = tuple[str, float | str]


@dataclass(frozen=True)
class Target:
    """An error and the largest that is wanted.

    `allowed` is in the output's unit, in years for the date of an event, a fraction where `relative`. `statistic` is
    mean or one of p1 to p99. `condition` makes the figure a probability: as it was written (sign, right side), and once
    the output is found ("above" | "below" | "before", number) or ("equals", category). `cell` is the number of the
    output, -1 until it is found.
    """

    text: str
    relative: bool
    allowed: float
    metric: str
    layer: str | None
    period: str | None
    statistic: str = MEAN
    condition: Condition | None = None
    cell: int = -1


class Look(NamedTuple):
    """What a round says about a target.

    `error` is relative where the target is; `ratio` is the error over what is allowed; `trusted` is False where the
    forecast itself flags the error as meaningless (forecast/tails.py).
    """

    value: float
    error: float
    ratio: float
    trusted: bool

    @property
    def met(self) -> bool:
        """Whether the error is small enough, and worth something."""
        return self.trusted and self.ratio <= 1.0


def look(target: Target, cells: Cells) -> Look:
    """The figure of a found target in a finished round, with the error that the forecast gives it."""
    value, error, flagged = _figure(target, cells)
    if target.relative and error != 0.0:
        error = error / abs(value) if value != 0.0 else math.inf
    ratio = error / target.allowed
    return Look(value, error, math.inf if math.isnan(ratio) else ratio, not flagged)


def _figure(target: Target, cells: Cells) -> tuple[float, float, bool]:
    """Value, error and whether the error is flagged."""
    if target.condition is None:
        found = next(s for s in cells.statistics(target.cell) if s.name == target.statistic)
        return float(found.value), float(found.mcse), bool(found.tail_flag)
    how, limit = target.condition
    if how == "before":
        p = cells.happened(target.cell, float(limit))
    elif how == "equals":
        p = cells.categories(target.cell).get(str(limit)) or cells.with_error(target.cell, 0.0)
    elif how == "above":
        p = cells.probability(target.cell, float(limit), None)
    else:
        p = cells.probability(target.cell, None, float(limit))
    return p.value, p.mcse, False
