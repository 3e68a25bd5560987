"""What is timed against a control: every mechanism by itself, and the hot loop as a whole.

A mechanism's own passes run again and again on a table that holds a real block, called by compiled code, so that the
smallest is timed as well as the largest. What it does once a trajectory and not every quarter is in the whole only.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from math import inf
from time import perf_counter

import numpy as np

from benchmarks.check import WHOLE
from benchmarks.control import Control, LoopControl, edition, paged
from stackcast.engine.driver import one_chunk
from stackcast.engine.intrinsics import call_pass
from stackcast.engine.jit import address_of, compiled
from stackcast.engine.profile import PartByPart
from stackcast.engine.program import Program
from stackcast.timing import ROUNDS

SEED = 20230101
TRIES = 30
"""A measurement is the best of so many calls over its control's best: a neighbour is away for some of them."""

WHOLE_EVERY = 5
_RENEWED = 8  # quarters after which what a mechanism updates in place is set back: values must not run away
_LIKE_CONTROL = 2e-4  # seconds of one call


@compiled(
    "void(float64[:, ::1], float64[:, ::1], int64[::1], int64[::1], int64[:, ::1], int64, int64)",
    key=edition(__file__),
)
def _quarters(table, real, carried, passes, rows, step, wanted):
    """The same quarter of a mechanism again and again."""
    for quarter in range(wanted):
        if quarter % _RENEWED == 0:
            for k in range(carried.shape[0]):
                source, target = real[carried[k]], table[carried[k]]
                for lane in range(table.shape[1]):
                    target[lane] = source[lane]
        for k in range(passes.shape[0]):
            call_pass(passes[k], (table, rows[k], step))


class Quarters:
    """Quarters of one mechanism on the table of a real block."""

    def __init__(self, name: str, parts: PartByPart) -> None:
        program = parts.program
        self.step, self.real = program.quarters - 1, parts.table
        calls = [(function, rows[self.step % 2]) for owner, function, rows in parts.quarter if owner == name]
        self.kept = [function for function, _ in calls]  # machine code lives as long as its function
        self.passes = np.array([address_of(function) for function, _ in calls], dtype=np.int64)
        self.rows = np.zeros((len(calls), max(len(rows) for _, rows in calls)), dtype=np.int64)
        for k, (_, rows) in enumerate(calls):
            self.rows[k, : len(rows)] = rows
        loops = [loop for loop in program.loops if loop.mechanism == name]
        read = {row for loop in loops for pair in loop.reads for row in pair}
        self.carried = np.array(sorted(read & {row for loop in loops for row in loop.written}), dtype=np.int64)

    def __call__(self, table: np.ndarray, wanted: int) -> None:
        _quarters(table, self.real, self.carried, self.passes, self.rows, self.step, wanted)


def seconds(call: Callable[..., object], *arguments) -> float:
    """Seconds of one call."""
    began = perf_counter()
    call(*arguments)
    return perf_counter() - began


class Race:
    """All contestants and their controls, ready to be timed."""

    def __init__(self, program: Program, names: tuple[str, ...] = (), whole: bool = True) -> None:
        self.parts = PartByPart(program, 1, SEED)
        self.parts.round()
        # Where a table lies decides how its rows meet in the caches: every measurement of a round has another.
        self.tables = [paged(self.parts.table) for _ in range(ROUNDS)]
        self.names = names or mechanisms(self.parts)
        self.quarters = {name: Quarters(name, self.parts) for name in self.names}
        self.control = Control()
        self.whole = one_chunk(program, 1, SEED) if whole else None
        self.beside = LoopControl() if whole else None
        self.counts = {name: self._count(call) for name, call in self.quarters.items()}

    def _count(self, call: Quarters) -> int:
        """Quarters that take as long as their control, about; a multiple of five, so that a fifth more is a number."""
        call(self.tables[0], _RENEWED)
        one = min(seconds(call, self.tables[0], _RENEWED) for _ in range(TRIES)) / _RENEWED
        return 5 * max(round(_LIKE_CONTROL / one / 5), 1)

    def round(self, slow: dict[str, float] | None = None, tries: int = TRIES) -> dict[str, float]:
        """Time over its control's by contestant: the median of 15 measurements.

        ``slow`` plants slowdowns: a mechanism does so many times its quarters, and the rest is not counted.
        """
        wanted = {name: round(count * (slow or {}).get(name, 1.0)) for name, count in self.counts.items()}
        gc.collect()
        gc.disable()
        try:
            measured = [self._measure(table, wanted, tries) for table in self.tables]
        finally:
            gc.enable()
        return {name: statistics.median(one[name] for one in measured) for name in measured[0]}

    def _measure(self, table: np.ndarray, wanted: dict[str, int], tries: int) -> dict[str, float]:
        best = dict.fromkeys((*self.names, WHOLE), inf)
        control = beside = inf
        for turn in range(tries):
            control = min(control, seconds(self.control))
            for name, call in self.quarters.items():
                best[name] = min(best[name], seconds(call, table, wanted[name]))
            if self.whole is not None and turn % WHOLE_EVERY == 0:
                best[WHOLE] = min(best[WHOLE], seconds(self.whole))
                beside = min(beside, seconds(self.beside))
        found = {name: best[name] / self.counts[name] / control for name in self.names}
        return found if self.whole is None else {**found, WHOLE: best[WHOLE] / beside}


def mechanisms(parts: PartByPart) -> tuple[str, ...]:
    """Mechanisms that do something every quarter, in their order."""
    busy = {name for name, _, _ in parts.quarter}
    return tuple(name for name in parts.names if name in busy and name not in parts.engine_names)
