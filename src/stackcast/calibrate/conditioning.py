"""A scenario conditioned on a record: which runs, which evidence, which rows are kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from stackcast.calibrate.arrays import log
from stackcast.calibrate.figures import FIGURES
from stackcast.calibrate.guided import Column, Guided
from stackcast.calibrate.observation import BURN_IN, Drifts, Equation, Path
from stackcast.engine.draws import round_bits
from stackcast.engine.program import Program, unseen
from stackcast.history.observed import Observed, Points, points_of

DRIFT_ROWS = ("drift_persistence", "drift_gain")
EVIDENCE_ROWS = {"chip_sales": "chip_sales_evidence", "lab_sales": "lab_sales_evidence"}
STEEPEST_GROWTH = 1.0
# Nothing shipped has no logarithm.
LEAST_FIGURE = 1e-9


@dataclass(frozen=True)
class Target:
    """What is conditioned: a program, the lines of the map with their points, the last quarter of conditioning.

    ``quarters`` are how many quarters of the figures are kept; ``state`` are rows kept at the end of ``last``.
    """

    program: Program
    equations: tuple[Equation, ...]
    last: int
    quarters: int
    seed: int
    state: tuple[str, ...] = ()
    threads: int = 1

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Everything kept of a run."""
        rows = {row for equation in self.equations for row in FIGURES[equation.line.figure].rows}
        figures = [(row, quarter) for row in sorted(rows) for quarter in range(self.quarters)]
        ends = [*DRIFT_ROWS, *(EVIDENCE_ROWS[name] for name in self.guides), *self.state]
        return (*figures, *((row, self.last) for row in dict.fromkeys(ends) if (row, self.last) not in figures))

    @cached_property
    def guides(self) -> tuple[str, ...]:
        """Series of the core that a line of the map feeds."""
        return tuple(equation.line.guide for equation in self.equations if equation.line.guide)

    @cached_property
    def guided(self) -> Guided:
        """The program guided by the record."""
        record = {
            equation.line.guide: guide_rows(equation.line, equation.points, self.program.quarters)
            for equation in self.equations
            if equation.line.guide
        }
        return Guided(self.program, record, self.columns, self.threads)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Dimensions of the scores: streams of the program, then parameters of the observation equations."""
        own = dict.fromkeys(name for equation in self.equations for name in equation.scores)
        return (*self.guided.streams, *own)

    @property
    def shocks(self) -> int:
        """Number of the program's shocks."""
        return len(self.program.shocks)

    @cached_property
    def _index(self) -> Mapping[Column, int]:
        return {column: k for k, column in enumerate(self.columns)}

    def row(self, kept: np.ndarray, name: str, quarter: int) -> np.ndarray:
        """A kept row at the end of a quarter."""
        return kept[self._index[(name, quarter)]]

    def path(self, kept: np.ndarray, figure: str) -> Path:
        """Logs of a figure by quarter."""
        made = FIGURES[figure]
        values = [made.value(*(self.row(kept, row, q) for row in made.rows)) for q in range(self.quarters)]
        return Path(log(np.maximum(np.array(values), LEAST_FIGURE)))

    def drifts(self, kept: np.ndarray) -> Drifts:
        """Persistence and gain of drifts, of every trajectory."""
        return Drifts(*(self.row(kept, row, self.last) for row in DRIFT_ROWS))

    def own(self, scores: np.ndarray) -> dict[str, np.ndarray]:
        """Scores of the observation equations' own parameters."""
        return dict(zip(self.names, scores, strict=True))

    def _values(self, scores: np.ndarray) -> np.ndarray:
        """Parameters of these scores: those of the last time, if it is the same array (only shocks were exchanged)."""
        last = self.__dict__.get("_last")
        if last is None or last[0] is not scores:
            last = scores, self.guided.values(scores[: len(self.guided.streams)])
            scores.flags.writeable = False
            self.__dict__["_last"] = last
        return last[1]

    def likelihood(self, scores: np.ndarray, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log weights of runs with these scores and the shocks of these trajectories, and what is kept of the runs.

        The scores can be written to no more afterwards: they are known again by being the same array.
        """
        kept = self.guided.run(self._values(scores), origins, self.seed)
        said = sum(self.row(kept, EVIDENCE_ROWS[name], self.last) for name in self.guides)
        own, drifts = self.own(scores), self.drifts(kept)
        with np.errstate(all="ignore"):  # a run that is not finite gets no weight
            paths = {e.line.figure: self.path(kept, e.line.figure) for e in self.equations if e.line.weigh}
            for equation in self.equations:
                if equation.line.weigh:
                    said = said + equation.evidence(paths[equation.line.figure], own, drifts)
        return np.where(np.isfinite(said), said, -np.inf), kept


def equations_of(frame: pd.DataFrame, lines: Iterable[Observed], last: int) -> tuple[Equation, ...]:
    """The lines of the map that have points not later than the quarter ``last``."""
    found = []
    for line in lines:
        points = points_of(frame, line)
        points = points.select(points.position < last + 0.5)
        if len(points):
            found.append(Equation(line, points))
    return tuple(found)


def guide_rows(line: Observed, points: Points, quarters: int) -> np.ndarray:
    """Rows (4, quarters) of a series for the core: log, error, seen, weighed.

    A figure that does not fall on the middle of its quarter is moved there by its own growth since the point before.
    """
    rows = unseen(quarters)
    logs = np.log(points.value)
    for k, (position, level) in enumerate(zip(points.position, logs, strict=True)):
        quarter = int(np.floor(position + 0.5))
        if not 0 <= quarter < quarters:
            continue
        growth = (level - logs[k - 1]) / (position - points.position[k - 1]) if k else 0.0
        moved = level + (quarter - position) * float(np.clip(growth, -STEEPEST_GROWTH, STEEPEST_GROWTH))
        rows[:, quarter] = float(round_bits(moved)), line.error, 1.0, float(quarter >= BURN_IN)
    return rows
