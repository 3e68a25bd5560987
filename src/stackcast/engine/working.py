"""What a simulation works on: every thread's accumulators and space, and what the chunks add up to."""

from __future__ import annotations

import queue
from collections.abc import Callable

import numba
import numpy as np

from stackcast.aggregate.aggregates import Aggregates
from stackcast.aggregate.pairs import Pairs
from stackcast.aggregate.parts import Counted, Parts
from stackcast.engine import block as blocks_module
from stackcast.engine.block import Bins, Scratch
from stackcast.engine.counting import LANES, TREE
from stackcast.engine.draws import DrawTables, split_seed
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import compiled
from stackcast.engine.layout import LaidOut
from stackcast.engine.memory import aligned_zeros
from stackcast.engine.sampling import pairs_among

WINDOW = 15 * LANES
"""Trajectories whose bins are kept until they are counted. With 31 blocks one thread takes as long (ratio 0.998, median
of 16 rounds), and two hold 80 MB of bins of the baseline."""

_kernel: list[Callable] = []  # one signature serves every program; to spell it out takes 15 ms


class Worker:
    """Accumulators and working space that one thread uses at a time."""

    def __init__(self, run: Run) -> None:
        cells = len(run.program.cells)
        # Without the compiler a lane costs milliseconds: make the block no wider than needed.
        lanes = LANES if JIT else min(LANES, run.trajectories)
        self.scratch = Scratch(aligned_zeros((run.program.rows, lanes)), aligned_zeros(TREE))
        self.bins = np.zeros((cells, min(run.per_chunk * LANES, WINDOW)), dtype=np.uint16)
        self.counts = np.zeros(int(run.keeping.offsets[-1]), dtype=np.int64)
        self.minimum = np.full(cells, np.inf)
        self.maximum = np.full(cells, -np.inf)
        self.observed = np.zeros((run.columns, run.per_chunk * LANES))


class Run:
    """State of one simulation."""

    def __init__(
        self,
        laid_out: LaidOut,
        trajectories: int,
        seed: int,
        per_chunk: int,
        sampled: int,
        draws: DrawTables | None = None,
        workers: list[Worker] | None = None,
    ) -> None:
        program = laid_out.program
        self.program, self.trajectories, self.seed, self.per_chunk = program, trajectories, seed, per_chunk
        self.laid_out, self.keeping, self.columns = laid_out, laid_out.keeping, len(laid_out.columns)
        self.draws = program.tables if draws is None else draws
        self.sample = np.zeros((sampled, len(laid_out.sampled)))
        sampling = program.plan.sampling
        self.totals = np.zeros((4 if sampling.paired else 2, len(program.cells)))
        sections = sampling.sections
        self.parts = None
        if sections > 1:
            self.parts = Parts(program.cells, self.keeping.scales, self.keeping.offsets, sections)
        self.workers = [] if workers is None else workers
        self.idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self.kernel = None

    def prepare(self, threads: int) -> None:
        """Working space for every thread, and the compiled core."""
        self.workers.extend(Worker(self) for _ in range(threads - len(self.workers)))
        for worker in self.workers:
            self.idle.put(worker)
        self._compile()

    def fold(self, sums: np.ndarray) -> None:
        for block_sums in sums:
            self.totals += block_sums
            if self.parts is not None:
                self.parts.add(block_sums[0])

    def close(self, trajectories: int) -> None:
        """End a section."""
        if self.parts is not None:
            self.parts.close([Counted(one.counts, one.minimum, one.maximum) for one in self.workers], trajectories)

    def _arguments(self, worker: Worker, sums: np.ndarray, first_block: int, stride: int, blocks: int) -> tuple:
        bins = Bins(worker.counts, worker.minimum, worker.maximum, sums, worker.bins, worker.observed)
        whole, draws = self.laid_out, self.draws.arguments()
        return (
            whole.pieces, whole.passes, whole.layout, whole.keeping, bins, draws, np.int64(0), worker.scratch,
            np.int64(first_block), np.int64(stride), np.int64(blocks), np.int64(self.trajectories), self.sample,
            split_seed(self.seed),
        )  # fmt: skip

    def _compile(self) -> None:
        if not JIT:
            self.kernel = blocks_module.run_chunk
            return
        if not _kernel:
            example = self._arguments(self.workers[0], np.zeros((1, *self.totals.shape)), 0, 1, 0)
            signature = tuple(numba.typeof(argument) for argument in example)
            _kernel.append(compiled(signature, key="run")(blocks_module.run_chunk))
        self.kernel = _kernel[0]

    def carry_out(self, worker: Worker, first: int, stride: int, blocks: int) -> tuple[np.ndarray, int]:
        """Sums of every ``stride``-th block from ``first`` on, and the faulty block or -1."""
        sums = np.zeros((blocks, *self.totals.shape))
        with np.errstate(all="ignore"):  # without the compiler; the setting belongs to the thread
            bad = self.kernel(*self._arguments(worker, sums, first, stride, blocks))
        return sums, int(bad)

    def aggregates(self) -> Aggregates:
        counts = self.workers[0].counts
        for worker in self.workers[1:]:
            counts += worker.counts
        return Aggregates(
            n=self.trajectories,
            cells=self.program.cells,
            offsets=self.keeping.offsets,
            counts=counts,
            total=self.totals[0],
            total_sq=self.totals[1],
            minimum=np.min([worker.minimum for worker in self.workers], axis=0),
            maximum=np.max([worker.maximum for worker in self.workers], axis=0),
            replicates=None if self.parts is None else self.parts.replicates(),
            pairs=Pairs(pairs_among(self.trajectories), *self.totals[2:]) if len(self.totals) > 2 else None,
        )
