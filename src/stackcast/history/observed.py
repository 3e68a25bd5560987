"""The series that the model observes: what the map lists, as points in model time.

A point has a position in quarters counted from the middle of 2023Q1: a figure of a quarter sits on the whole number, an
instant where its date falls. Some series are computed from others (`derived.py`).
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from stackcast.errors import StackcastError
from stackcast.history.derived import DERIVED

START_YEAR = 2023
DAYS_PER_QUARTER = 365.25 / 4.0
CLOSE = 0.1
"""Points nearer than this [quarters] to the next are two reports of one figure: the later counts."""


@dataclass(frozen=True)
class Observed:
    """A line of the map: a series, the model's figure that it observes, and with what error (logs)."""

    series: str
    entity: str
    figure: str
    kind: str
    error: float
    source: str
    unit: str = "USD_bn"
    guide: str | None = None
    coverage: tuple[float, float] | None = None
    rest: tuple[float, float] | str | None = None
    noise: float = 0.1
    scale: float = 1.0
    weigh: bool = False
    score: bool = False

    @property
    def name(self) -> str:
        """Series and entity in one word."""
        return f"{self.series}:{self.entity}"


@dataclass(frozen=True)
class Points:
    """Figures of one series: position [quarters from the middle of 2023Q1], value (> 0), dates, span in quarters."""

    position: np.ndarray
    value: np.ndarray
    date: tuple[datetime.date, ...]
    published: tuple[datetime.date, ...]
    span: int = 1

    def __len__(self) -> int:
        return len(self.value)

    def select(self, mask: np.ndarray) -> Points:
        """The points where a mask is true."""
        where = np.flatnonzero(mask)
        return Points(
            self.position[where], self.value[where], tuple(self.date[k] for k in where),
            tuple(self.published[k] for k in where), self.span,
        )  # fmt: skip


def read_map() -> tuple[Observed, ...]:
    """Every line of map.toml."""
    text = resources.files("stackcast.history").joinpath("map.toml").read_text(encoding="utf-8")
    return tuple(_line(entry) for entry in tomllib.loads(text)["observes"])


def _line(entry: Mapping) -> Observed:
    entry = dict(entry)
    for name in ("coverage", "rest"):
        if isinstance(entry.get(name), list):
            entry[name] = tuple(entry[name])
    return Observed(**entry)


def points_of(frame: pd.DataFrame, line: Observed) -> Points:
    """The points of a series in a frame of observations, by position."""
    if line.series in DERIVED:
        rows = DERIVED[line.series](frame)
    else:
        rows = frame[(frame["series"] == line.series) & (frame["entity"] == line.entity)]
        _check_unit(rows, line)
    # A sum over longer than a quarter is no figure of a quarter; years count where a series has nothing else.
    longer = ["cumulative", "half-year", "annualised"]
    rows = rows[(rows["value"] > 0) & ~rows["period"].isin(longer)]
    shorter = rows["period"] != "year"
    rows = (rows[shorter] if shorter.any() else rows).assign(position=lambda r: [_position(*x) for x in _placed(r)])
    rows = rows.sort_values(["position", "published"]).drop_duplicates("position", keep="last")
    rows = rows[np.diff(rows["position"], append=np.inf) > CLOSE]
    span = 4 if len(rows) and (rows["period"] == "year").all() else 1
    return Points(
        rows["position"].to_numpy(float), rows["value"].to_numpy(float), tuple(map(_date, rows["date"])),
        tuple(map(_date, rows["published"])), span,
    )  # fmt: skip


def _check_unit(rows: pd.DataFrame, line: Observed) -> None:
    """A figure in another unit than the map says is a mistake in somebody's table, not an observation."""
    wrong = rows[rows["unit"] != line.unit]
    if len(wrong) and line.unit in ("USD_bn", "1"):
        row = wrong.iloc[0]
        raise StackcastError(
            f"{row['file']}: {line.series} of {line.entity}, {row['date']}: unit = {row['unit']}: allowed: {line.unit}"
        )


def _placed(rows: pd.DataFrame):
    return zip(rows["period"], rows["quarter"], rows["date"], strict=True)


def _position(period: str, quarter: str, date: object) -> float:
    if period == "instant":
        days = (_date(date) - datetime.date(START_YEAR, 1, 1)).days
        return days / DAYS_PER_QUARTER - 0.5
    return float(quarter_index(quarter))


def quarter_index(quarter: str) -> int:
    """Quarters from 2023Q1 of a name such as "2023Q4"."""
    year, number = quarter.split("Q")
    return (int(year) - START_YEAR) * 4 + int(number) - 1


def _date(value: object) -> datetime.date:
    return value.date() if isinstance(value, datetime.datetime | pd.Timestamp) else value
