"""What the driver runs: rows of the block table, loops bound to them, cells; and the same futures seen otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from stackcast.aggregate.outputs import (
    Cell,
    OutputPlan,
)
from stackcast.engine.declare import RECORD, Mechanism
from stackcast.engine.draws import DrawPlan, DrawTables, PriorDraw, Quantile, tabulate
from stackcast.engine.lanes import BoundLoop, Pass, merge
from stackcast.engine.philox import stream_of
from stackcast.engine.sampling import INDEPENDENT, coordinates
from stackcast.errors import ModelError

VALUE_DATE = 2026.0
"""Discounted figures are stated at the start of this year."""


@dataclass(frozen=True)
class Program:
    """Everything the driver needs; made by ``assembly.assemble``."""

    mechanisms: tuple[Mechanism, ...]
    plan: DrawPlan
    start: float
    quarters: int
    discount_rate: float
    names: Mapping[str, int]
    loops: tuple[BoundLoop, ...]
    start_loops: tuple[BoundLoop, ...]
    year_loops: tuple[BoundLoop, ...]
    constants: tuple[tuple[int, float], ...]
    copies: tuple[tuple[int, int], ...]
    lags: tuple[tuple[int, int], ...]
    sums: tuple[tuple[int, int], ...]
    shocks: Mapping[str, str]
    outputs: OutputPlan
    units: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, np.ndarray] = field(default_factory=dict)
    guard: bool = True
    shared: bool = False

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every reported figure, in the order of the counts."""
        return self.outputs.cells()

    @cached_property
    def tables(self) -> DrawTables:
        """The draw plan as flat arrays."""
        return tabulate(self.plan, self.bridged, self.quarters)

    @cached_property
    def passes(self) -> tuple[tuple[Pass, ...], ...]:
        """The loops of the quarters, of the start and of the years' ends, compiled. Raises ModelError."""
        return tuple(tuple(passes) for passes in merge(self.loops, self.start_loops, self.year_loops))

    @property
    def rows(self) -> int:
        """Rows of the block table."""
        return len(self.names)

    @property
    def written_rows(self) -> np.ndarray:
        """All rows that loops write, for the guard."""
        bound = (*self.start_loops, *self.loops, *self.year_loops)
        return np.array(sorted({row for loop in bound for row in loop.written}), dtype=np.int64)

    @property
    def bridged(self) -> tuple[str, ...]:
        """Normal shocks, whose sums over some quarters are coordinates of a point where sampling is even."""
        return tuple(name for name, kind in self.shocks.items() if kind == "normal" and self.plan.sampling.even)

    def bridge_tables(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of the bridged shocks: rows (2, shocks), streams, rows of what is left of the sum, coordinates (shocks,
        segments)."""
        names = self.bridged
        rows = [[self.names[name] for name in names], [self.names[odd_row(name)] for name in names]]
        streams = [stream_of(f"shock:{name}") for name in names]
        left = [self.names[AHEAD + name] for name in names]
        noise, _ = coordinates(self.plan.sampling, names, self.quarters, ())
        return (
            np.array(rows, dtype=np.int64).reshape(2, len(names)),
            np.array(streams, dtype=np.uint64),
            np.array(left, dtype=np.int64),
            noise,
        )

    def shock_tables(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows (2, shocks), streams and kinds of the shocks."""
        rows = [[self.names[name] for name in self.shocks], [self.names[odd_row(name)] for name in self.shocks]]
        streams = [stream_of(f"shock:{name}") for name in self.shocks]
        kinds = [0 if kind == "normal" else 1 for kind in self.shocks.values()]
        count = len(self.shocks)
        return (
            np.array(rows, dtype=np.int64).reshape(2, count),
            np.array(streams, dtype=np.uint64),
            np.array(kinds, dtype=np.int64),
        )

    def date(self, step: int) -> str:
        """Name of a quarter, "2030Q3"."""
        return quarter_name(self.start, step)


def quarter_name(start: float, step: int) -> str:
    """Name of the quarter ``step`` quarters after the date ``start``."""
    index = round(start * 4) + step
    return f"{index // 4}Q{index % 4 + 1}"


def odd_row(shock: str) -> str:
    """Name of the row that a shock has in odd quarters."""
    return f"{shock}:odd"


def unreported(program: Program) -> Program:
    """The same futures with no figure counted: for who observes rows and needs no histograms."""
    plan = replace(program.outputs, yearly=(), quarterly=(), final=(), events=())
    return replace(program, outputs=plan)


def independent(program: Program) -> Program:
    """The same scenario with independent trajectories."""
    return replace(program, plan=replace(program.plan, sampling=INDEPENDENT))


def unguarded(program: Program) -> Program:
    """The same futures without a look at whether they are finite: for who gives one that is not no weight."""
    return replace(program, guard=False)


def first_quarters(program: Program, quarters: int) -> Program:
    """The first quarters of the same futures, to the bit."""
    record = {series: rows[:, :quarters] for series, rows in program.record.items()}
    return replace(program, quarters=min(quarters, program.quarters), record=record)


AHEAD = "ahead:"
"""Prefix of the row with what is left of the sum of a shock over a segment of quarters (see engine/sampling.py)."""

ORIGIN = "shock_of_"
"""Prefix of the row with the number (below 2^53) of the trajectory that a trajectory has a shock of."""


def with_origins(scenario):
    """The scenario with one more parameter a shock, so that its program can be given other trajectories' shocks.

    Its draws are independent whatever the scenario's sampling: another trajectory's shocks are no point of a sequence.
    """
    shocks = shocks_of(scenario.mechanisms)
    origins = tuple(PriorDraw(ORIGIN + name, ORIGIN + name, Quantile("constant")) for name in shocks)
    return replace(
        scenario, plan=replace(scenario.plan, priors=(*scenario.plan.priors, *origins), sampling=INDEPENDENT)
    )


def sharing(program: Program) -> Program:
    """A program of a scenario `with_origins`, its shocks those of the trajectories that these parameters name."""
    return replace(program, shared=True)


def with_record(program: Program, record: Mapping[str, np.ndarray]) -> Program:
    """The same program guided by a record: series -> array (4, quarters) of the rows in ``RECORD``.

    A series that is not given stays free. Raises ModelError for one that no mechanism observes.
    """
    found = dict(program.record)
    for series, values in record.items():
        if series not in found:
            allowed = ", ".join(found) or "none"
            raise ModelError(f"record: {series!r} is observed by no mechanism: allowed are {allowed}")
        found[series] = np.array(values, dtype=float).reshape(len(RECORD), program.quarters)
    return replace(program, record=found)


def unseen(quarters: int) -> np.ndarray:
    """The rows of a series of which nothing is known; an error of 1 keeps their arithmetic finite."""
    return np.repeat([[0.0], [1.0], [0.0], [0.0]], quarters, axis=1)


def shocks_of(mechanisms: Sequence[Mechanism]) -> dict[str, str]:
    """Kind of every shock by its name. Raises ModelError."""
    shocks: dict[str, str] = {}
    for mechanism in mechanisms:
        for name, kind in mechanism.shocks.items():
            if kind not in ("normal", "uniform"):
                raise ModelError(
                    f"mechanism {mechanism.name!r}: shock {name!r} = {kind!r}: allowed are normal, uniform"
                )
            if shocks.setdefault(name, kind) != kind:
                raise ModelError(f"mechanism {mechanism.name!r}: shock {name!r} is {shocks[name]} elsewhere")
    return shocks
