"""Which limit binds, by year: what share of the quarters each category of a figure takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import StackcastError
from .cells import COUNTED, Cells, Probability
from .lookup import pick

if TYPE_CHECKING:
    import pandas as pd

LIMITS = "binding_constraint"
WHOLE = 4
_QUARTERS = tuple(f"Q{k}" for k in range(1, WHOLE + 1))


class YearOfLimits(NamedTuple):
    """Probability of every category in a year, from ``quarters`` of its quarters (4, or its last alone)."""

    year: int
    quarters: int
    parts: dict[str, Probability]


def by_year(cells: Cells, metric: str = LIMITS) -> list[YearOfLimits]:
    """Shares of the quarters of each year; of the last quarter alone where the run kept no other.

    A trajectory's quarters are not independent, and only each by itself is counted: the error of a year is the mean of
    its quarters' errors, which is what it would be if they always agreed, and no error of a mean is larger.
    """
    periods = pick(cells.index, metric, "metric").get("", {})
    if not periods or cells.kind(next(iter(periods.values()))) != COUNTED:
        known = [m for m, layers in cells.index.items() if "" in layers and _counted(cells, layers[""])]
        raise StackcastError(f"metric = {metric}: is not a category: allowed: {', '.join(known) or 'none'}")
    found = []
    for year in sorted(int(period) for period in periods if period.isdigit()):
        quarters = [periods[f"{year}{q}"] for q in _QUARTERS if f"{year}{q}" in periods]
        numbers = quarters if len(quarters) == WHOLE else [periods[str(year)]]
        found.append(YearOfLimits(year, len(numbers), _mean(cells, numbers)))
    return found


def _counted(cells: Cells, periods: dict[str, int]) -> bool:
    return cells.kind(next(iter(periods.values()))) == COUNTED


def _mean(cells: Cells, numbers: list[int]) -> dict[str, Probability]:
    every = [cells.categories(number) for number in numbers]
    names = list(dict.fromkeys(name for one in every for name in one))
    none = cells.with_error(numbers[0], 0.0)
    return {
        name: Probability(
            sum(one.get(name, none).value for one in every) / len(every),
            sum(one.get(name, none).mcse for one in every) / len(every),
        )
        for name in names
    }


def has_limits(cells: Cells) -> bool:
    """Whether a run says what binds."""
    periods = cells.index.get(LIMITS, {}).get("", {})
    return any(period.isdigit() for period in periods)


def said_of(years: list[YearOfLimits]) -> str:
    """What the figures are shares of."""
    if all(one.quarters == WHOLE for one in years):
        return "share of the quarters of the year"
    return "in the last quarter of the year"


def limits_frame(cells: Cells, metric: str = LIMITS) -> pd.DataFrame:
    """Tidy: year, category, probability, mcse, quarters."""
    import pandas

    rows = [(one.year, name, *p, one.quarters) for one in by_year(cells, metric) for name, p in one.parts.items()]
    return pandas.DataFrame.from_records(rows, columns=["year", "category", "probability", "mcse", "quarters"])
