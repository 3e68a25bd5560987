"""The baseline one trajectory after the other: the mechanisms' own functions in a numba loop, with ``np.random``.

What a numba user writes first: a row of numbers for one trajectory, ``np.random.normal`` and ``np.random.random``, one
function called after the other, every figure counted in its histogram as soon as it is known. The functions are those
of the mechanisms, exp and log included; only the loop around them is another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numba
import numpy as np

from stackcast.engine.counting import _bin, _clamp, _linear_bin
from stackcast.engine.jit import kernel
from stackcast.engine.lanes import BoundLoop
from stackcast.engine.layout import keeping_of, layout_of
from stackcast.engine.program import Program
from stackcast.engine.shaping import transform
from stackcast.engine.vecmath import exp

_OPTIONS = {"error_model": "numpy"}
IN_ONE = 12
"""Loops in one function: all in one took the compiler longer than all in groups."""

_NORMAL, _LOGNORMAL = 0, 1


def _together(loops: Sequence[BoundLoop]) -> Callable:
    """A compiled function that calls these loops on a row of numbers, in order."""
    lines, known = ["def together(row):"], {}
    for k, loop in enumerate(loops):
        known[f"body{k}"] = kernel(getattr(loop.body, "py_func", loop.body))
        written = ", ".join(f"row[{row}]" for row in loop.written)
        read = ", ".join(f"row[{pair[0]}]" for pair in loop.reads)
        lines.append(f"    {written}{',' if len(loop.written) == 1 else ''} = body{k}({read})")
    exec("\n".join(lines), known)
    return numba.njit(**_OPTIONS)(known["together"])


def in_turn(loops: Sequence[BoundLoop]) -> Callable:
    """All loops on a row of numbers."""
    groups = [_together(loops[k : k + IN_ONE]) for k in range(0, len(loops), IN_ONE)]
    known = {f"group{k}": group for k, group in enumerate(groups)}
    exec("\n".join(["def in_turn(row):", *(f"    {name}(row)" for name in known), "    return"]), known)
    return numba.njit("void(float64[::1])", **_OPTIONS)(known["in_turn"])


@numba.njit(**_OPTIONS)
def draw(row, tables, is_score):
    """Parameters of one trajectory into the first places of its row."""
    kinds, coefficients, knots, spans, group_start, members, cholesky, cholesky_start = tables
    for g in range(group_start.shape[0] - 1):
        first, size = group_start[g], group_start[g + 1] - group_start[g]
        for k in range(size):
            row[members[first + k]] = np.random.normal()
        for k in range(size - 1, -1, -1):
            score = 0.0
            for j in range(k + 1):
                score += cholesky[cholesky_start[g] + k * size + j] * row[members[first + j]]
            row[members[first + k]] = score
    for k in range(kinds.shape[0]):
        a, b, kind = coefficients[k, 0], coefficients[k, 1], kinds[k]
        whole = coefficients[k, 3] == 0.0 and coefficients[k, 4] == 1.0
        if whole and kind in (_NORMAL, _LOGNORMAL):
            value = a + b * (row[k] if is_score[k] else np.random.normal())
            row[k] = exp(value) if kind == _LOGNORMAL else value
            continue
        if not is_score[k]:
            row[k] = np.random.random()
        transform(row[k : k + 1], is_score[k], kind, coefficients[k], knots, spans[k])


@numba.njit(**_OPTIONS)
def count(row, rows, cell, keeping, into):
    """Count the figures in these places, from the cell ``cell`` on."""
    counts, total, squares, low, high = into
    for k in range(rows.shape[0]):
        x, scale, here = row[rows[k]], keeping.scales[cell + k], cell + k
        below, last = scale[4], scale[5] - 1.0
        if scale[3] == 0.0:
            place = _linear_bin(x, scale[2], below, last)
        else:
            place = _bin(x, scale[0], scale[1], scale[2], scale[3], below, last)
        counts[keeping.offsets[here] + np.int64(place)] += 1
        total[here] += x
        squares[here] += x * x
        low[here] = min(low[here], x)
        high[here] = max(high[here], x)


@numba.njit(**_OPTIONS)
def count_events(row, keeping, counts):
    """Count the quarters of events."""
    for k in range(keeping.events.shape[0]):
        cell = keeping.first[3] + k
        begin = keeping.offsets[cell]
        last = np.float64(keeping.offsets[cell + 1] - begin - 1)
        counts[begin + np.int64(_clamp((row[keeping.events[k]] - keeping.start[0]) * 4.0 + 0.5, last))] += 1


def _loop(start: Callable, quarter: Callable, year: Callable) -> Callable:
    @numba.njit(**_OPTIONS)
    def trajectories(wanted, seed, row, layout, keeping, tables, is_score, into):
        np.random.seed(seed)
        for _ in range(wanted):
            draw(row, tables, is_score)
            start(row)
            for k in range(layout.constant_rows.shape[0]):
                row[layout.constant_rows[k]] = layout.constant_values[k]
            for k in range(layout.copies.shape[0]):
                row[layout.copies[k, 1]] = row[layout.copies[k, 0]]
            for step in range(layout.clock.shape[0]):
                for k in range(layout.shock_kinds.shape[0]):
                    normal = layout.shock_kinds[k] == 0
                    row[layout.shock_rows[0, k]] = np.random.normal() if normal else np.random.random()
                for k in range(layout.clock_rows.shape[0]):
                    row[layout.clock_rows[k]] = layout.clock[step, k]
                for k in range(layout.lags.shape[0]):
                    row[layout.lags[k, 1]] = row[layout.lags[k, 0]]
                quarter(row)
                for k in range(layout.sums.shape[0]):
                    before = 0.0 if layout.fresh[step] == 1 else row[layout.sums[k, 1]]
                    row[layout.sums[k, 1]] = before + row[layout.sums[k, 0]]
                count(row, keeping.quarterly, keeping.first[1] + step * keeping.quarterly.shape[0], keeping, into)
                if layout.year_of[step] >= 0:
                    year(row)
                    cell = keeping.first[0] + layout.year_of[step] * keeping.yearly.shape[0]
                    count(row, keeping.yearly, cell, keeping, into)
            count(row, keeping.final, keeping.first[2], keeping, into)
            count_events(row, keeping, into[0])

    return trajectories


class Scalar:
    """A program, ready to be run one trajectory after the other."""

    def __init__(self, program: Program) -> None:
        self.program, self.layout, self.keeping = program, layout_of(program), keeping_of(program)
        self.tables = program.tables.shaping()
        self.is_score = np.zeros(len(program.plan.priors), dtype=bool)
        self.is_score[program.tables.members] = True
        self.row = np.zeros(program.rows)
        self.trajectories = _loop(*map(in_turn, (program.start_loops, program.loops, program.year_loops)))

    def __call__(self, trajectories: int, seed: int = 1) -> tuple[np.ndarray, ...]:
        """Counts of all bins; sums, squares, smallest and largest of all cells."""
        cells = len(self.program.cells)
        sums = np.zeros(cells), np.zeros(cells), np.full(cells, np.inf), np.full(cells, -np.inf)
        into = (np.zeros(int(self.keeping.offsets[-1]), dtype=np.int64), *sums)
        self.trajectories(trajectories, seed, self.row, self.layout, self.keeping, self.tables, self.is_score, into)
        return into
