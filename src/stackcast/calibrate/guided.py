"""A program run over given parameters: scores in, rows of the table at chosen quarters out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from stackcast.calibrate.arrays import normal_cdf
from stackcast.engine.draws import DrawTables, PriorDraw, Quantile, tabulate
from stackcast.engine.driver import simulate_given
from stackcast.engine.layout import LaidOut
from stackcast.engine.program import Program, first_quarters, sharing, unguarded, unreported, with_record
from stackcast.engine.shaping import shape_parameters

Column = tuple[str, int]
"""A row of the table and the quarter (counted from the program's first) that it is wanted at the end of."""


@dataclass(frozen=True)
class Guided:
    """A program of a scenario `with_origins`, the record that guides it (series -> (4, quarters)), and the columns that
    are wanted of every run.
    """

    program: Program
    record: Mapping[str, np.ndarray]
    columns: tuple[Column, ...]
    threads: int = 1

    @cached_property
    def priors(self) -> tuple[PriorDraw, ...]:
        """The scenario's own: the last of the program's say where shocks come from."""
        return self.program.plan.priors[: -len(self.program.shocks)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Priors in the order of the table's rows."""
        return tuple(prior.name for prior in self.priors)

    @cached_property
    def streams(self) -> tuple[str, ...]:
        """Independent dimensions of the parameters: priors drawn jointly share one."""
        return tuple(dict.fromkeys(prior.stream for prior in self.priors))

    @cached_property
    def _program(self) -> Program:
        guided = sharing(with_record(unguarded(unreported(self.program)), self.record))
        return first_quarters(guided, 1 + max(quarter for _, quarter in self.columns))

    @cached_property
    def _laid_out(self) -> LaidOut:
        return LaidOut.of(self._program, self.columns)

    @cached_property
    def _tables(self) -> DrawTables:
        """Draws that have their values listed, apart from the values."""
        listed = Quantile("listed", knots=np.zeros(1))
        plan = self.program.plan
        priors = tuple(PriorDraw(prior.name, prior.stream, listed) for prior in plan.priors)
        return tabulate(replace(plan, priors=priors, correlations=()))

    @cached_property
    def _shaping(self) -> tuple[np.ndarray, ...]:
        return tabulate(replace(self.program.plan, priors=self.priors)).shaping()

    def values(self, scores: np.ndarray) -> np.ndarray:
        """Parameters (priors, n) from independent standard normal scores (streams, n)."""
        where = {stream: k for k, stream in enumerate(self.streams)}
        rows = np.ascontiguousarray(normal_cdf(scores)[[where[prior.stream] for prior in self.priors]])
        shape_parameters(rows, *self._shaping)
        return rows

    def run(self, values: np.ndarray, origins: np.ndarray, seed: int) -> np.ndarray:
        """Columns (columns, n) of a run in which trajectory k has the k-th of the parameters (priors, n), and its
        shocks of the trajectories in the k-th column of ``origins`` (shocks, n).
        """
        count = values.shape[1]
        given = np.vstack([values, np.asarray(origins, dtype=float)])
        if len(given) != len(self.program.plan.priors):  # the core reads where it is told to
            raise ValueError(f"{len(given)} rows: allowed: {len(self.program.plan.priors)}, parameters and shocks")
        spans = np.array([(count * k, count, 1) for k in range(len(given))], dtype=np.int64)
        draws = replace(self._tables, knots=np.append(given.ravel(), 0.0), spans=spans)
        kept = np.empty((len(self.columns), count))

        def look(seen: Sequence[np.ndarray], first: int) -> None:
            kept[:, first : first + seen[0].shape[1]] = seen[0]

        simulate_given(self._laid_out, draws, count, seed, self.threads, look)
        return kept
