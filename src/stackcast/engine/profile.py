"""What a trajectory costs, part by part: draws, every mechanism, derived figures, aggregation.

A run merges loops of several mechanisms into one pass, so a mechanism has no time of its own there. Here the same
futures are simulated again with the loops of each mechanism merged among themselves only, every call timed, block
after block with real values in every row. What a call costs that does nothing is taken off. Rounds of this and of the
run itself alternate.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter_ns

import numpy as np

from stackcast.aggregate.derived import LEADERS
from stackcast.engine.counting import LANES, TREE, count_bins, find_bins, moments
from stackcast.engine.counting import keep_events as count_events
from stackcast.engine.draws import draw_parameters, split_seed
from stackcast.engine.driver import DEFAULT_CHUNK, one_chunk
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import address_of, compiled
from stackcast.engine.lanes import BoundLoop, idle, merge
from stackcast.engine.layout import keeping_of, layout_of
from stackcast.engine.memory import aligned_zeros
from stackcast.engine.moving import add_rows, copy_rows, fill_rows
from stackcast.engine.moving import all_finite as rows_are_finite
from stackcast.engine.program import Program
from stackcast.engine.sampling import bridge_shocks
from stackcast.engine.shocks import draw_shocks
from stackcast.engine.working import WINDOW
from stackcast.errors import StackcastError
from stackcast.timing import ROUNDS, Spread, interleave

PARAMETERS, SHOCKS = "draws of parameters", "draws of shocks"
DERIVED = "figures derived by year and quarter"
BINS, MOMENTS, COUNTS = "aggregation: bins", "aggregation: moments", "aggregation: counts"
ROWS, GUARD = "rows carried and summed", "guard"

TRAJECTORIES = DEFAULT_CHUNK
"""Of a round."""

Call = tuple[str, Callable, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Part:
    """Microseconds a trajectory of one part, over the rounds; ``share`` is of the sum of all parts' medians."""

    name: str
    kind: str
    microseconds: Spread
    share: float


@dataclass(frozen=True)
class Profile:
    """Parts of a program (``kind`` mechanism or engine), their sum, and the run itself; one thread."""

    parts: tuple[Part, ...]
    total: Spread
    run: Spread
    trajectories: int
    rounds: int
    call_nanoseconds: Spread


@compiled("void(float64[:, ::1], int64[::1], int64, float64[:, ::1])")
def moments_over(table, rows, lanes, tree):
    """Moments of rows, as a run takes them."""
    for k in range(rows.shape[0]):
        moments(table[rows[k]], lanes, tree)


@compiled("void(float64[:, ::1], int64[::1], float64[:, ::1], int64, uint16[:, ::1], int64, int64)")
def bins_over(table, rows, scales, cell, bins, column, lanes):
    """Bins of rows for the cells from ``cell`` on, as a run finds them."""
    for k in range(rows.shape[0]):
        find_bins(table[rows[k]], scales[cell + k], bins[cell + k, column:], lanes)


def _as_called(function: Callable, arguments: tuple) -> tuple[Callable, tuple]:
    """The compiled function that Python calls for this one: every part is timed with a call of one kind."""
    by = getattr(function, "by", None)
    return (function, arguments) if by is None else (by, (address_of(function), *arguments))


class Watch:
    """Adds up the time of calls by part."""

    def __init__(self) -> None:
        self.nanoseconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.idle: list[int] = []

    def __call__(self, part: str, function: Callable, *arguments) -> None:
        function, arguments = _as_called(function, arguments)
        began = perf_counter_ns()
        function(*arguments)
        self.nanoseconds[part] += perf_counter_ns() - began
        self.calls[part] += 1

    def time_idle(self, *arguments) -> None:
        """Time a call that does nothing."""
        function, arguments = _as_called(idle, arguments)
        began = perf_counter_ns()
        function(*arguments)
        self.idle.append(perf_counter_ns() - began)

    @property
    def per_call(self) -> float:
        """Nanoseconds of a call that does nothing: the median, for a call that another process cut into is no call."""
        return statistics.median(self.idle)

    def microseconds(self, part: str) -> float:
        """Time of a part less what its calls cost themselves."""
        return (self.nanoseconds[part] - self.per_call * self.calls[part]) / 1e3


def by_mechanism(loops: Sequence[BoundLoop], mechanisms: set[str]) -> list[Call]:
    """Passes that never span two mechanisms, in order; what no mechanism owns is derived."""
    calls: list[Call] = []
    for owner, group in groupby(loops, key=lambda loop: loop.mechanism):
        for one in merge(group)[0]:
            even, odd = (np.array(rows, dtype=np.int64) for rows in one.rows)
            calls.append((owner if owner in mechanisms else DERIVED, one.function, (even, odd)))
    return calls


class PartByPart:
    """A program simulated block by block with every part timed."""

    def __init__(self, program: Program, blocks: int, seed: int) -> None:
        self.program, self.blocks, self.keys = program, blocks, split_seed(seed)
        self.layout, self.keeping = layout_of(program), keeping_of(program)
        self.draws = program.tables.arguments()
        names = {mechanism.name for mechanism in program.mechanisms} - {LEADERS.name}
        self.quarter = by_mechanism(program.loops, names)
        self.start = by_mechanism(program.start_loops, names)
        self.year = by_mechanism(program.year_loops, names)
        self.table, self.tree = aligned_zeros((program.rows, LANES)), aligned_zeros(TREE)
        self.bins = np.zeros((len(program.cells), WINDOW), dtype=np.uint16)
        self.counts = np.zeros(int(self.keeping.offsets[-1]), dtype=np.int64)
        self.rounds: list[Watch] = []

    @property
    def names(self) -> list[str]:
        """Mechanisms in their order, then what the engine does."""
        names = [name for name, _, _ in (*self.quarter, *self.start) if name != DERIVED]
        order = {mechanism.name: k for k, mechanism in enumerate(self.program.mechanisms)}
        return [*sorted(set(names), key=order.__getitem__), *self.engine_names]

    @property
    def engine_names(self) -> list[str]:
        """Parts that are no mechanism."""
        return [PARAMETERS, SHOCKS, ROWS, DERIVED, BINS, MOMENTS, COUNTS, GUARD]

    def round(self) -> None:
        """Simulate all blocks once and keep the times."""
        watch = Watch()
        self.counts[:] = 0
        window = self.bins.shape[1] // LANES
        for number in range(self.blocks):
            self._block(watch, number, number % window)
            if number % window == window - 1 or number == self.blocks - 1:
                lanes = (number % window + 1) * LANES
                cells = int(self.keeping.first[3])
                watch(COUNTS, count_bins, self.bins, self.keeping.offsets, self.counts, cells, lanes)
        self.rounds.append(watch)

    def _block(self, watch: Watch, number: int, place: int) -> None:
        layout, keeping, table = self.layout, self.keeping, self.table
        trajectory = np.uint64(number * LANES)
        self._start(watch, trajectory)
        for step in range(self.program.quarters):
            self._quarter(watch, trajectory, step)
            if len(keeping.quarterly):
                first = keeping.first[1] + step * len(keeping.quarterly)
                self._keep(watch, keeping.quarterly, first, place)
            if layout.year_of[step] >= 0:
                self._pass(watch, self.year, step, 0)
                first = keeping.first[0] + layout.year_of[step] * len(keeping.yearly)
                self._keep(watch, keeping.yearly, first, place)
            if layout.checked[step]:
                watch(GUARD, rows_are_finite, table, layout.guarded, LANES)
        self._keep(watch, keeping.final, keeping.first[2], place)
        watch(
            COUNTS, count_events, table, keeping.events, keeping.first[3], keeping.start[0], LANES, keeping.offsets,
            self.counts,
        )  # fmt: skip

    def _start(self, watch: Watch, trajectory: np.uint64) -> None:
        layout, table = self.layout, self.table
        watch(PARAMETERS, draw_parameters, table, 0, trajectory, *self.keys, *self.draws)
        self._pass(watch, self.start, 0, 0)
        watch(ROWS, fill_rows, table, layout.constant_rows, layout.constant_values)
        watch(ROWS, copy_rows, table, layout.copies)

    def _quarter(self, watch: Watch, trajectory: np.uint64, step: int) -> None:
        layout, table = self.layout, self.table
        if step % 2 == 0:
            shocks = layout.shock_rows, layout.shock_streams, layout.shock_kinds
            watch(SHOCKS, draw_shocks, table, *shocks, layout.scheme, trajectory, step, *self.keys)
            if len(layout.bridged_streams):
                bridged = layout.bridged_rows, layout.bridged_streams, layout.bridged_ahead, layout.bridged_coordinates
                points = layout.points, layout.scheme
                watch(SHOCKS, bridge_shocks, table, *bridged, *points, trajectory, step, *self.keys)
        watch(ROWS, fill_rows, table, layout.clock_rows, layout.clock[step])
        watch(ROWS, copy_rows, table, layout.lags)
        self._pass(watch, self.quarter, step, step % 2)
        watch.time_idle(table, layout.clock_rows, step)
        watch(ROWS, add_rows, table, layout.sums, bool(layout.fresh[step]))

    def _pass(self, watch: Watch, calls: Sequence[Call], step: int, parity: int) -> None:
        for name, function, rows in calls:
            watch(name, function, self.table, rows[parity], step)

    def _keep(self, watch: Watch, rows: np.ndarray, first: int, place: int) -> None:
        watch(BINS, bins_over, self.table, rows, self.keeping.scales, first, self.bins, place * LANES, LANES)
        watch(MOMENTS, moments_over, self.table, rows, LANES, self.tree)


def profile(
    program: Program,
    trajectories: int = TRAJECTORIES,
    seed: int = 0,
    rounds: int = ROUNDS,
) -> Profile:
    """Time a program part by part and as a run; ``trajectories`` of each a round, rounded up to whole blocks.

    Raises StackcastError without the compiler.
    """
    if not JIT:
        raise StackcastError("profile: NUMBA_DISABLE_JIT is set: allowed: only with the compiler")
    blocks = -(-trajectories // LANES)
    parts = PartByPart(program, blocks, seed)
    run = one_chunk(program, blocks, seed)
    seconds = interleave({"parts": parts.round, "run": run}, rounds)
    n = blocks * LANES
    watches = parts.rounds[1:]
    found = {name: Spread.of(watch.microseconds(name) / n for watch in watches) for name in parts.names}
    total = sum(spread.median for spread in found.values())
    engine = parts.engine_names
    return Profile(
        tuple(
            Part(name, "engine" if name in engine else "mechanism", spread, spread.median / total)
            for name, spread in found.items()
        ),
        Spread.of(sum(watch.microseconds(name) for name in parts.names) / n for watch in watches),
        Spread.of(1e6 * second / n for second in seconds["run"]),
        n,
        rounds,
        Spread.of(watch.per_call for watch in watches),
    )
