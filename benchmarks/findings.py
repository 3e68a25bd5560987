"""What a section of the benchmarks finds, kept on disk so that one section can be measured again alone."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import machine, versions
from benchmarks.timing import Spread


@dataclass
class Table:
    """One table of a section: rows of texts, and a paragraph below it."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    below: str = ""
    title: str = ""

    def add(self, *cells: object) -> None:
        """Add a row."""
        assert len(cells) == len(self.columns), cells
        self.rows.append(tuple(str(cell) for cell in cells))


@dataclass
class Found:
    """All tables of a section, and the names of rows that missed their target."""

    tables: list[Table] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def table(self, *columns: str, title: str = "", below: str = "") -> Table:
        """Begin a table."""
        self.tables.append(Table(columns, [], below, title))
        return self.tables[-1]

    def targets(self) -> Table:
        """Begin a table of figures with targets; ``judge`` fills it."""
        return self.table("what", "measured: median (smallest to largest)", "target", "note")

    def judge(self, table: Table, name: str, measured: object, target: str, met: bool, note: str = "") -> None:
        """Add a row with a target, and remember whether it was missed."""
        table.add(name, measured, target if met else f"{target}, missed", note)
        if not met:
            self.missed.append(name)


def record(found: Found, seconds: float, short: bool) -> dict[str, Any]:
    """A section's findings as plain data, with when, where and how they were measured."""
    return {
        "date": datetime.date.today().isoformat(), "machine": machine(), "versions": versions(),
        "seconds": round(seconds), "short": short, **asdict(found),
    }  # fmt: skip


def load(path: Path) -> dict[str, Any]:
    """Stored findings by section."""
    return json.loads(path.read_text()) if path.exists() else {}


def merge(stored: Mapping[str, Any], fresh: Mapping[str, Any]) -> dict[str, Any]:
    """Fresh sections in place of stored ones; what was not measured again stays as it was."""
    return {**stored, **fresh}


def store(path: Path, findings: Mapping[str, Any]) -> None:
    """Write findings."""
    path.write_text(json.dumps(findings, indent=1, ensure_ascii=False) + "\n")


def reason(problem: Exception) -> str:
    """Why something cannot run, in a line that names no place on this machine."""
    line = (str(problem).strip() or "no reason given").splitlines()[0]
    return f"{type(problem).__name__}: {re.sub(r' *[(]?/[^ )]*[)]?', '', line)}"


def per(spread: Spread, unit: float) -> Spread:
    """A spread in another unit."""
    return Spread(spread.median * unit, spread.low * unit, spread.high * unit)
