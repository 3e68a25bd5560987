"""One future again, quarter by quarter, with every row: the same bits as in the run it came from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stackcast.engine import block
from stackcast.engine.counting import LANES
from stackcast.engine.draws import split_seed
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import interpreted
from stackcast.engine.layout import functions, layout_of
from stackcast.engine.program import AHEAD, Program
from stackcast.errors import StackcastError


def replay_block(program: Program, seed: int, first: int, lanes: int = LANES) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (step, table) after every quarter of the block that starts at trajectory ``first``.

    The table is the live one: copy what is to be kept. Yearly figures are derived where a year ends.
    """
    layout = layout_of(program)
    quarter_loops, start_loops, year_loops = functions(program)
    table = np.zeros((program.rows, lanes))
    keys = split_seed(seed)
    trajectory = np.uint64(first)
    with np.errstate(all="ignore"):
        interpreted(block.start_block)(
            block.PIECES, start_loops, layout, program.tables.arguments(), table, 0, trajectory, *keys
        )
        for step in range(program.quarters):
            interpreted(block.run_quarter)(block.PIECES, quarter_loops, layout, table, step, trajectory, *keys)
            block.add_rows(table, layout.sums, bool(layout.fresh[step]))
            if layout.year_of[step] >= 0:
                interpreted(block.end_year)(year_loops, layout, table, step)
            yield step, table


def replay(program: Program, trajectory: int, seed: int) -> dict[str, np.ndarray]:
    """Every row of one trajectory: name -> array over quarters (yearly rows change once a year).

    Raises StackcastError for a trajectory that cannot exist.
    """
    if not 0 <= trajectory < 2**62:
        raise StackcastError(f"trajectory = {trajectory}: allowed are 0 to 2^62 - 1")
    lanes = LANES if JIT else 1
    first = trajectory - trajectory % lanes
    history = np.empty((program.quarters, program.rows))
    for step, table in replay_block(program, seed, first, lanes):
        history[step] = table[:, trajectory - first]
    odd = {f"{name}:odd": row for name, row in program.names.items() if f"{name}:odd" in program.names}
    rows = {
        name: history[:, row].copy()
        for name, row in program.names.items()
        if not name.endswith(":odd") and not name.startswith(AHEAD)
    }
    for name, row in odd.items():
        rows[name.removesuffix(":odd")][1::2] = history[1::2, program.names[name]]
        del row
    return rows
