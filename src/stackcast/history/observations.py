"""The record as it was known at a date."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stackcast.errors import StackcastError
from stackcast.history import reading
from stackcast.history.publication import published, usable

ORDER = ["series", "entity", "date", "published", "period"]
LATE_QUARTER = 45
"""A fiscal quarter that ends so many days [at most] after a calendar quarter is that quarter."""


def observations(
    series: str | None = None,
    entity: str | None = None,
    as_of: str | datetime.date | None = None,
    files: Iterable[str | Path] = (),
    hindsight: bool = False,
) -> pd.DataFrame:
    """Rows of the record, one observation a row, ordered by series, entity, date and publication.

    ``as_of`` leaves only what was public at that date: the note's "first reported" wins; else the end of the period
    plus 45 days for a company filing, 30 for a press release, 90 for a news report or an estimate; a row of a data set
    at the data set's vintage. ``hindsight`` adds rows of data sets whose period had ended by then: for calibration,
    never for a cut-off. ``files`` are CSV tables of the same columns; a row with the key (series, entity, date, period)
    of a shipped one replaces it from the day on which it was public. Columns: those of the files and ``quarter``
    (calendar), ``published``, ``basis``, ``file``; money in USD_bn, percentages as fractions. A figure of guidance that
    was reported more than once keeps every report. Raises StackcastError for a bad date or a bad file, in one line.
    """
    day = None if as_of is None else _date(as_of)
    frame = _known(reading.shipped(), day, hindsight)
    for path in tuple(files):
        # Known first, replaced then: a revision that came later must not take away what was known before it.
        added = _known(reading.own(path), day, hindsight)
        replaced = frame.set_index(reading.KEY).index.isin(added.set_index(reading.KEY).index)
        frame = pd.concat([frame[~replaced], added], ignore_index=True) if len(added) else frame
    if series is not None:
        frame = frame[frame["series"] == series]
    if entity is not None:
        frame = frame[frame["entity"] == entity]
    frame = frame.assign(quarter=[calendar_quarter(*row) for row in zip(frame["date"], frame["period"], strict=True)])
    return _in_units(frame).sort_values(ORDER, kind="stable").reset_index(drop=True)


def _known(frame: pd.DataFrame, day: datetime.date | None, hindsight: bool) -> pd.DataFrame:
    """Rows that were public at a date; with hindsight, rows of data sets about dates before it as well."""
    frame = published(frame)
    if day is None:
        return frame
    return frame[(usable(frame) if hindsight else frame["published"]) <= day]


def _date(given: str | datetime.date) -> datetime.date:
    if isinstance(given, datetime.datetime):
        return given.date()
    if isinstance(given, datetime.date):
        return given
    try:
        return datetime.date.fromisoformat(given)
    except (TypeError, ValueError):
        raise StackcastError(f"as_of = {given}: allowed: a date such as 2024-12-31") from None


def calendar_quarter(day: datetime.date, period: str) -> str:
    """The calendar quarter of a figure: that of its date; for a quarter, the one that its end lies nearest to."""
    if period == "quarter":
        day = day - datetime.timedelta(days=LATE_QUARTER)
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def _in_units(frame: pd.DataFrame) -> pd.DataFrame:
    factor = frame["unit"].map({unit: factor for unit, (_, factor) in reading.UNITS.items()}).astype(float).fillna(1.0)
    unit = frame["unit"].map({unit: name for unit, (name, _) in reading.UNITS.items()}).fillna(frame["unit"])
    return frame.assign(unit=unit, **{name: frame[name].astype(float) * factor for name in ("value", "low", "high")})
