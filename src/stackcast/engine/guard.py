"""When a block holds a value that is not finite: run it again and say where it began."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stackcast.engine import block
from stackcast.engine.counting import LANES
from stackcast.engine.draws import split_seed
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import interpreted
from stackcast.engine.lanes import BoundLoop, Pass, compile_pass
from stackcast.engine.layout import functions, layout_of
from stackcast.engine.program import Program
from stackcast.errors import NumericalError


def explain(program: Program, seed: int, block_index: int, trajectories: int) -> NumericalError:
    """Replay a block loop by loop and name the mechanism, row, quarter and first trajectory at fault."""
    first = block_index * LANES
    lanes = min(LANES, trajectories - first)
    with np.errstate(all="ignore"):
        found = _search(program, seed, first, lanes)
    if found is None:
        return NumericalError(f"trajectories {first} to {first + lanes - 1}: a row is not finite")
    where, row, step, lane, value = found
    names = {index: name for name, index in program.names.items()}
    return NumericalError(
        f"mechanism {where.mechanism!r}: {where.label} wrote {names[row]!r} = {value} in {program.date(step)} "
        f"of trajectory {first + lane}: rows must be finite"
    )


def _search(program: Program, seed: int, first: int, lanes: int):
    layout = layout_of(program)
    quarters, starts, years = program.passes
    table = np.zeros((program.rows, LANES if JIT else lanes))
    keys = split_seed(seed)
    draws = program.tables.arguments()
    interpreted(block.start_block)(block.PIECES, (), layout, draws, table, 0, np.uint64(first), *keys)
    found = _search_passes(starts, table, 0, lanes)
    if found is not None:
        return found
    start_functions = functions(program)[1]
    interpreted(block.start_block)(block.PIECES, start_functions, layout, draws, table, 0, np.uint64(first), *keys)
    for step in range(program.quarters):
        interpreted(block.run_quarter)(block.PIECES, (), layout, table, step, np.uint64(first), *keys)
        found = _search_passes(quarters, table, step, lanes)
        if found is None:
            block.add_rows(table, layout.sums, bool(layout.fresh[step]))
        if found is None and layout.year_of[step] >= 0:
            found = _search_passes(years, table, step, lanes)
        if found is not None:
            return found
    return None


def _search_passes(passes: Sequence[Pass], table: np.ndarray, step: int, lanes: int):
    """Run passes until one writes a value that is not finite, then its loops one by one."""
    for one in passes:
        before = table.copy()
        one.function(table, np.array(one.rows[step & 1], dtype=np.int64), step)
        if all(_first_bad(table, loop, lanes) is None for loop in one.loops):
            continue
        for loop in one.loops:
            alone = compile_pass([loop])
            alone.function(before, np.array(alone.rows[step & 1], dtype=np.int64), step)
            if (bad := _first_bad(before, loop, lanes)) is not None:
                row, lane, value = bad
                return loop, row, step, lane, value
    return None


def _first_bad(table: np.ndarray, loop: BoundLoop, lanes: int):
    """(row, lane, value) of the first trajectory that is not finite in what the loop wrote."""
    rows = list(loop.written)
    bad = ~np.isfinite(table[rows][:, :lanes])
    if not bad.any():
        return None
    lane = int(np.flatnonzero(bad.any(axis=0))[0])
    row = rows[int(np.flatnonzero(bad[:, lane])[0])]
    return row, lane, float(table[row, lane])
