"""A program run over given parameters: scores in, rows of the table at chosen quarters out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from stackcast.calibrate.arrays import normal_cdf
from stackcast.engine.draws import DrawTables, PriorDraw, Quantile, tabulate
from stackcast.engine.driver import Repeated
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
    def _repeated(self) -> Repeated:
        return Repeated(LaidOut.of(self._program, self.columns), self.threads)

    @cached_property
    def _given(self) -> dict[int, np.ndarray]:
        """Room for the values of all rows, by number of trajectories."""
        return {}

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
        if len(scores) != len(self.streams):  # the core reads where it is told to
            raise ValueError(f"{len(scores)} rows of scores: allowed: {len(self.streams)}")
        rows = normal_cdf(scores)
        if len(self.streams) < len(self.priors):
            where = {stream: k for k, stream in enumerate(self.streams)}
            rows = rows[[where[prior.stream] for prior in self.priors]]
        shape_parameters(rows, *self._shaping)
        return rows

    def run(self, values: np.ndarray, origins: np.ndarray, seed: int) -> np.ndarray:
        """Columns (columns, n) of a run in which trajectory k has the k-th of the parameters (priors, n), and its
        shocks of the trajectories in the k-th column of ``origins`` (shocks, n).
        """
        count, rows = values.shape[1], len(self.program.plan.priors)
        if (len(values) + len(origins), origins.shape[1]) != (rows, count):  # the core reads where it is told to
            found = f"{len(values)} rows of parameters, shocks {origins.shape}"
            raise ValueError(f"{found}: allowed: {rows} rows in all, of {count} trajectories")
        if count not in self._given:
            self._given[count] = np.zeros(rows * count + 1)
        knots = self._given[count]
        given = knots[:-1].reshape(rows, count)
        given[: len(values)], given[len(values) :] = values, origins
        spans = np.stack([count * np.arange(rows), np.full(rows, count), np.ones(rows, dtype=np.int64)], axis=1)
        draws = replace(self._tables, knots=knots, spans=spans)
        kept = np.empty((len(self.columns), count))

        def look(seen: Sequence[np.ndarray], first: int) -> None:
            kept[:, first : first + seen[0].shape[1]] = seen[0]

        self._repeated.run(draws, count, seed, look)
        return kept
