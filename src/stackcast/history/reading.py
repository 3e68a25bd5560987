"""Tables of the record: the shipped ones, and a user's own, which are checked."""

from __future__ import annotations

import csv
import datetime
import math
import re
from importlib import resources
from pathlib import Path

import pandas as pd

from stackcast.errors import ScenarioError
from stackcast.history.publication import DELAYS

COLUMNS = (
    "series", "entity", "date", "period", "value", "unit", "low", "high", "source", "source_kind", "verification",
    "note",
)  # fmt: skip
KEY = ["series", "entity", "date", "period"]
PERIODS = ("quarter", "half-year", "year", "instant", "cumulative", "annualised")
KINDS = (*DELAYS, "dataset")
UNITS = {"USD": ("USD_bn", 1e-9), "USD_m": ("USD_bn", 1e-3), "pct": ("1", 0.01)}
"""Unit of a file -> the toolkit's, and the factor; others stay as they are."""
KNOWN_UNITS = (
    "USD", "USD_m", "USD_bn", "USD_2023", "pct", "1", "USD_per_1M_tokens", "USD_per_gpu_hour", "H100_equivalents",
    "accelerators", "wafers", "MW", "GW", "TWh", "FLOP", "trillion_tokens", "elo", "eci_points", "months", "millions",
    "multiple_of_prior_year",
)  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1990, 2100
_REPORTED = re.compile(r"first reported (\S+)")
_TEXT = ("series", "entity", "period", "unit", "source", "source_kind")


def shipped() -> pd.DataFrame:
    """Every shipped row as it is in its file, with the file's name."""
    folder = resources.files("stackcast.history").joinpath("data")
    tables = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".csv")), key=lambda entry: entry.name)
    parts = []
    for entry in tables:
        with entry.open("r", encoding="utf-8") as file:
            parts.append(pd.read_csv(file).assign(file=entry.name.removesuffix(".csv")))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(date=[datetime.date.fromisoformat(day) for day in frame["date"]])


def own(path: str | Path) -> pd.DataFrame:
    """A user's table, checked row by row. Raises ScenarioError: file, row, column, given, allowed."""
    raw = _raw(path)
    _check_columns(path, raw)
    rows = [_checked(path, number, row) for number, row in enumerate(raw.to_dict("records"), 2)]
    frame = pd.DataFrame(rows, columns=[*COLUMNS])
    twice = frame.duplicated([*KEY, "note"])
    if twice.any():
        number = int(twice.to_numpy().argmax())
        given = " ".join(str(frame.iloc[number][name]) for name in KEY)
        raise ScenarioError(
            path, f"row {number + 2}", given, "appears twice: allowed: one row a series, entity, date, period"
        )
    return frame.assign(file=Path(path).name)


def _raw(path: str | Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise ScenarioError(path, "", None, "no such file: allowed: a CSV table of observations") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as problem:
        said = str(problem).splitlines()[0]
        raise ScenarioError(path, "", None, f"cannot be read ({said}): allowed: a CSV table in UTF-8") from None
    if frame.empty:
        raise ScenarioError(path, "", None, "has no rows: allowed: a header and at least one row")
    with open(path, encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if row and len(row) != len(frame.columns):
                raise ScenarioError(path, f"row {number}", f"{len(row)} fields", f"allowed: {len(frame.columns)}")
    return frame


def _check_columns(path: str | Path, frame: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in COLUMNS]
    if missing or unknown:
        given = f"missing {', '.join(missing)}" if missing else f"unknown {', '.join(unknown)}"
        raise ScenarioError(path, "columns", given, f"allowed: {', '.join(COLUMNS)}")


def _checked(path: str | Path, number: int, row: dict[str, str]) -> dict:
    def refuse(column: str, allowed: str) -> ScenarioError:
        return ScenarioError(path, f"row {number}, {column}", row[column] or "nothing", f"allowed: {allowed}")

    for column in _TEXT:
        if not row[column].strip():
            raise refuse(column, "a text")
    for column, known in (("period", PERIODS), ("source_kind", KINDS), ("unit", KNOWN_UNITS)):
        if row[column] not in known:
            raise refuse(column, ", ".join(known))
    day = _day(row["date"])
    if day is None:
        raise refuse("date", f"a date such as 2024-12-31, from {FIRST_YEAR} to {LAST_YEAR}")
    reported = _REPORTED.search(row["note"])
    if reported and _day(reported[1]) is None:
        raise refuse("note", f'"first reported" and a date, from {FIRST_YEAR} to {LAST_YEAR}')
    numbers = {column: _number(row[column]) for column in ("value", "low", "high")}
    for column, number_given in numbers.items():
        if number_given is None or (column == "value" and math.isnan(number_given)):
            raise refuse(column, "a finite number")
    if numbers["low"] > numbers["high"]:
        raise refuse("low", f"at most high = {row['high']}")
    return {**row, "date": day, **numbers}


def _day(text: str) -> datetime.date | None:
    """A date within bounds that every later sum of days keeps."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _number(text: str) -> float | None:
    """A finite number; NaN for an empty field; None for anything else."""
    if not text.strip():
        return math.nan
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
