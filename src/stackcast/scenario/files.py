"""Draws from a file: columns of a CSV or Parquet table, read once and kept with the scenario.

A resolved scenario carries the values themselves, so that a stored run can be repeated after the file
has changed or gone.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stackcast.arrow import read_parquet, to_numpy
from stackcast.scenario.problem import Problem, unknown

MAX_BYTES = 64_000_000
MAX_VALUES = 1_000_000


@dataclass
class DrawFile:
    """A table of draws; ``columns`` holds those that were asked for."""

    label: str
    digest: str
    names: tuple[str, ...]
    raw: dict[str, Any]
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def column(self, name: str) -> np.ndarray:
        """One column as finite floats; ``Problem`` names the nearest column or the first bad row."""
        if name not in self.columns:
            if name not in self.names:
                raise Problem("column", name, unknown(name, self.names, f"column of {self.label}"))
            self.columns[name] = _floats(self.raw[name], name)
            if sum(column.size for column in self.columns.values()) > MAX_VALUES:
                raise Problem("file", self.label, f"at most {MAX_VALUES:,} values may be drawn from one file")
        return self.columns[name]

    def embedded(self) -> dict[str, Any]:
        """JSON-able copy of the columns in use."""
        values = {name: _encode(column) for name, column in sorted(self.columns.items())}
        return {"sha256": self.digest, "columns": values}


@dataclass
class DrawFiles:
    """All tables of a scenario by the label they are drawn under."""

    opened: dict[str, DrawFile] = field(default_factory=dict)

    def open(self, name: str, folder: Path) -> DrawFile:
        """The table of a file; two different files of one name get different labels."""
        raw = _read(folder / name, name)
        digest = hashlib.sha256(raw).hexdigest()
        label = Path(name).name
        if label in self.opened and self.opened[label].digest != digest:
            label = f"{label}-{digest[:8]}"
        if label not in self.opened:
            columns = _parquet(raw, name) if label_suffix(name) == ".parquet" else _csv(raw, name)
            self.opened[label] = DrawFile(label, digest, tuple(columns), columns)
        return self.opened[label]

    def stored(self, label: str) -> DrawFile:
        """A table that came with a resolved scenario."""
        if label not in self.opened:
            raise Problem("file", label, "its values are not in this resolved scenario")
        return self.opened[label]

    def embedded(self) -> dict[str, Any]:
        """JSON-able copy of all tables."""
        return {label: table.embedded() for label, table in sorted(self.opened.items())}


def restore(embedded: dict[str, Any]) -> DrawFiles:
    """Tables from a resolved scenario."""
    files = DrawFiles()
    for label, table in embedded.items():
        columns = {name: np.frombuffer(base64.b64decode(text), dtype="<f8") for name, text in table["columns"].items()}
        files.opened[label] = DrawFile(label, table["sha256"], tuple(columns), columns, dict(columns))
    return files


def label_suffix(name: str) -> str:
    """Lower-case suffix of a file name."""
    return Path(name).suffix.lower()


def _encode(column: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(column, dtype="<f8").tobytes()).decode("ascii")


def _read(path: Path, shown: str) -> bytes:
    if label_suffix(shown) not in (".csv", ".parquet"):
        raise Problem("file", shown, "must end in .csv or .parquet")
    try:
        if not path.is_file():
            raise Problem("file", shown, f"no such file in {path.parent}")
        if path.stat().st_size > MAX_BYTES:
            raise Problem("file", shown, f"is {path.stat().st_size:,} bytes long; {MAX_BYTES:,} are allowed")
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        raise Problem("file", shown, f"cannot be read: {problem}") from None


def _csv(raw: bytes, shown: str) -> dict[str, Any]:
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise Problem("file", shown, f"is not a CSV table in UTF-8: {problem}") from None
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise Problem("file", shown, "must have a line of column names and at least one row")
    names = [name.strip() for name in rows[0]]
    if len(set(names)) != len(names):
        raise Problem("file", shown, "has two columns of the same name")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise Problem("file", shown, f"row {number} has {len(row)} fields, the header {len(names)}")
    return {name: [row[k] for row in rows[1:]] for k, name in enumerate(names)}


def _parquet(raw: bytes, shown: str) -> dict[str, Any]:
    import pyarrow

    try:
        table = read_parquet(pyarrow.BufferReader(raw))
        return {name: to_numpy(table.column(name)) for name in table.column_names}
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as problem:
        raise Problem("file", shown, f"is not a Parquet table: {str(problem).splitlines()[0]}") from None


def _floats(column: Any, name: str) -> np.ndarray:
    try:
        values = np.array(column, dtype=np.float64)
    except (ValueError, TypeError):
        values = np.array([_float(item) for item in column])
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        row = int(bad[0])
        raise Problem("column", name, f"must hold finite numbers; row {row + 1} of the data is {column[row]!s:.40}")
    if values.size == 0:
        raise Problem("column", name, "has no rows")
    return values


def _float(item: object) -> float:
    try:
        return float(item)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
