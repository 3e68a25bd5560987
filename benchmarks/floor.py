"""The floor: what the run would cost if it were nothing but its draws, functions, rows and additions.

Every primitive is measured alone, in the process that measures the kernel, on rows of a table as large as
the program's; the sum over a quarter's operations is the least a kernel of this design can take.
"""

from __future__ import annotations

import time
from collections import Counter
from functools import partial

import numpy as np

from stackcast.engine.counting import LANES, TREE, count_bins
from stackcast.engine.jit import compiled
from stackcast.engine.layout import keeping_of
from stackcast.engine.memory import aligned_zeros
from stackcast.engine.profile import bins_over, moments_over
from stackcast.engine.program import Program
from stackcast.engine.sampling import INDEPENDENT
from stackcast.engine.shocks import draw_shocks
from stackcast.engine.vecmath import exp, inverse_normal, log, sqrt
from stackcast.engine.working import WINDOW

_PASS = "void(float64[:, ::1])"


def _over_rows(function, key: str):
    def run(table):
        half = table.shape[0] // 2
        for row in range(half):
            source, target = table[row], table[row + half]
            for lane in range(table.shape[1]):
                target[lane] = function(source[lane])

    return compiled(_PASS, key=key)(run)


@compiled(_PASS)
def _copy(table):
    half = table.shape[0] // 2
    for row in range(half):
        source, target = table[row], table[row + half]
        for lane in range(table.shape[1]):
            target[lane] = source[lane]


@compiled(_PASS)
def _divide(table):
    half = table.shape[0] // 2
    for row in range(half):
        source, target = table[row], table[row + half]
        for lane in range(table.shape[1]):
            target[lane] = 1.5 / source[lane]


_FUNCTIONS = {
    "exp": _over_rows(exp, "floor exp"),
    "log": _over_rows(log, "floor log"),
    "sqrt": _over_rows(sqrt, "floor sqrt"),
    "inverse_normal": _over_rows(inverse_normal, "floor inverse normal"),
    "divide": _divide,
}


def _best(function, repeats: int, rounds: int) -> float:
    """Seconds of one call, the best of some rounds: a floor is a minimum."""
    function()
    best = np.inf
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(repeats):
            function()
        best = min(best, (time.perf_counter() - began) / repeats)
    return best


def unit_costs(program: Program, rounds: int) -> dict[str, float]:
    """Nanoseconds of every primitive per lane, measured now in this process."""
    keeping = keeping_of(program)
    table = aligned_zeros((program.rows // 2 * 2, LANES))
    table[:] = np.random.default_rng(1).uniform(0.1, 0.9, table.shape)
    values = table.shape[0] // 2 * LANES
    row = _best(lambda: _copy(table), 40, rounds) / values
    costs = {"row": row / 2.0}
    for name, function in _FUNCTIONS.items():
        costs[name] = max(_best(lambda f=function: f(table), 40, rounds) / values - row, 0.0)
    costs.update(_draw_costs(table, rounds))
    costs.update(_keep_costs(program, keeping, rounds))
    return {name: seconds * 1e9 for name, seconds in costs.items()}


def _draw_costs(table, rounds) -> dict[str, float]:
    key = np.uint64(7)
    rows = np.arange(20, dtype=np.int64).reshape(2, 10)
    streams = np.arange(10, dtype=np.uint64)
    found = {}
    for name, kind in (("normal", 0), ("uniform", 1)):
        kinds = np.full(10, kind, dtype=np.int64)
        call = partial(draw_shocks, table, rows, streams, kinds, INDEPENDENT.scheme, np.uint64(0), 0, key, key)
        seconds = _best(call, 40, rounds)
        found[name] = seconds / (20 * LANES)
    return found


def _keep_costs(program: Program, keeping, rounds: int) -> dict[str, float]:
    """Moments, bins and additions per value, as the run does them."""
    cells = int(keeping.first[3])
    table = aligned_zeros((program.rows, LANES))
    table[:] = np.random.default_rng(2).lognormal(0.0, 1.0, table.shape)
    bins = np.zeros((cells, WINDOW), dtype=np.uint16)
    tree, count = aligned_zeros(TREE), len(keeping.yearly) * LANES
    return {
        "moment": _best(lambda: moments_over(table, keeping.yearly, LANES, tree), 20, rounds) / count,
        "bin": _best(lambda: bins_over(table, keeping.yearly, keeping.scales, 0, bins, 0, LANES), 20, rounds) / count,
        "count": _count_cost(keeping, bins, cells, rounds),
    }


def _count_cost(keeping, bins, cells: int, rounds: int) -> float:
    """One histogram addition, into as many tables of the same size as the run has."""
    generator = np.random.default_rng(3)
    sizes = np.diff(keeping.offsets)[:cells]
    for cell in range(cells):
        middle = sizes[cell] // 2
        spread = generator.normal(middle, min(middle / 4, 200), bins.shape[1])
        bins[cell] = np.clip(spread, 0, sizes[cell] - 1)
    counts = np.zeros(int(keeping.offsets[-1]), dtype=np.int64)
    return _best(lambda: count_bins(bins, keeping.offsets, counts, cells, bins.shape[1]), 1, rounds) / bins.size


def operations_per_quarter(program: Program, counted: dict) -> Counter:
    """Operations of one trajectory in one quarter, everything that happens once a year or once a run spread out."""
    quarters, years = program.quarters, len(program.outputs.years)
    tally: Counter = Counter()
    weights = {"quarter": 1.0, "start": 1.0 / quarters, "year": years / quarters}
    for when, loops in counted.items():
        for loop in loops:
            for kind in ("exp", "log", "sqrt", "divide"):
                tally[kind] += weights[when] * loop[kind]
    for when, passes in zip(("quarter", "start", "year"), program.passes, strict=True):
        tally["row"] += weights[when] * sum(len(one.rows[0]) for one in passes)
    for kind in program.shocks.values():
        tally[kind] += 1
    tally["row"] += 3 * len(program.sums) + 2 * len(program.lags)
    tally["row"] += len(program.written_rows) * years / quarters
    cells = len(program.cells) - len(program.outputs.events)
    for kind in ("moment", "bin", "count"):
        tally[kind] += cells / quarters
    return _with_parameters(tally, program)


def _with_parameters(tally: Counter, program: Program) -> Counter:
    for prior in program.plan.priors:
        tally["uniform"] += 1.0 / program.quarters
        if prior.quantile.kind in ("normal", "lognormal", "table"):
            tally["inverse_normal"] += 1.0 / program.quarters
        tally["exp"] += (prior.quantile.kind == "lognormal") / program.quarters
    return tally


def floor(program: Program, counted: dict, rounds: int = 7) -> tuple[float, dict[str, float], Counter]:
    """Nanoseconds a trajectory and quarter, with unit costs and counts."""
    costs = unit_costs(program, rounds)
    tally = operations_per_quarter(program, counted)
    return sum(costs[kind] * amount for kind, amount in tally.items()), costs, tally
