"""Runs a program over trajectories: chunks of blocks on threads, folded in block order.

The fixed unit of every floating-point sum is the block of 256 lanes. A chunk returns its block sums,
the driver folds them in block order as they complete, and counts are integers: threads, chunk size and
order of completion cannot change a bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np

from stackcast.aggregate.aggregates import Aggregates
from stackcast.engine.assembly import assemble
from stackcast.engine.counting import LANES
from stackcast.engine.cutting import Chunks, Section, sections
from stackcast.engine.draws import DrawPlan, DrawTables
from stackcast.engine.guard import explain
from stackcast.engine.layout import LaidOut
from stackcast.engine.observe import Watch
from stackcast.engine.program import Program
from stackcast.engine.working import WINDOW, Run, Worker
from stackcast.errors import NumericalError, StackcastError

DEFAULT_CHUNK = 2 * WINDOW
"""Two windows, because a chunk costs Python: in chunks of one, 1,000,000 trajectories of a growth path took 1.17 times
as long as in chunks of 31 blocks, and 1.51 times on two threads (medians of 11 rounds; AMD EPYC, AVX2)."""

LARGEST_RUN = 2**62
_FEW = 4
"""Blocks up to which a run on one thread is done in the caller's: an interrupt waits for it, some 30 ms."""


@dataclass(frozen=True)
class SimulationResult:
    """A finished run: aggregates, the first trajectories as a table, and how long it took."""

    aggregates: Aggregates
    sample: np.ndarray
    sample_columns: tuple[str, ...]
    seconds: float
    threads: int
    chunk: int


def simulate(
    program: Program,
    trajectories: int,
    seed: int,
    threads: int = 1,
    chunk: int | None = None,
    sample: int = 5000,
    progress: Callable[[int, int], None] | None = None,
    order: Callable[[list[int]], Sequence[int]] | None = None,
    observe: Watch | None = None,
) -> SimulationResult:
    """Run ``trajectories`` futures of a program.

    ``chunk``, the most that a thread takes at a time, is rounded up to whole blocks; ``progress(done, total)`` is
    called as chunks complete; ``order`` may rearrange the chunks (the result does not depend on it); ``observe`` sees
    chosen rows of every trajectory. Can be interrupted between chunks. Raises NumericalError when a row is not finite.
    """
    began = time.perf_counter()
    threads = max(1, threads)
    _check_points(program, trajectories)
    per_chunk = _blocks_of_chunk(trajectories, seed, chunk)
    laid_out = LaidOut.of(program, () if observe is None else observe.columns)
    run = Run(laid_out, trajectories, seed, per_chunk, min(sample, trajectories))
    _Together((run,), observe).execute(threads, progress, order)
    return SimulationResult(
        run.aggregates(), run.sample, laid_out.sampled, time.perf_counter() - began, threads, per_chunk * LANES
    )


class Repeated:
    """A program that reports nothing, to be run again and again over other (independent) draws than its own.

    Its working space is kept from one run to the next: two megabytes that the system had to give anew each time took a
    fifth of a calibration of 256 particles (4.7 and 3.8 s for four of them; AMD EPYC).
    """

    def __init__(self, laid_out: LaidOut, threads: int) -> None:
        if laid_out.program.cells:
            raise ValueError(f"{len(laid_out.program.cells)} outputs: allowed: none")
        self.laid_out, self.threads = laid_out, max(1, threads)
        self._workers: dict[int, list[Worker]] = {}

    def run(
        self, draws: DrawTables, trajectories: int, seed: int, look: Callable[[Sequence[np.ndarray], int], None]
    ) -> None:
        """``look`` is given the columns, chunk by chunk, with the number of the first trajectory."""
        workers = self._workers.setdefault(trajectories, [])
        per_chunk = _blocks_of_chunk(trajectories, seed, None)
        run = Run(self.laid_out, trajectories, seed, per_chunk, 0, draws, workers)
        _Together((run,), Watch(self.laid_out.columns, look, lambda _: None)).execute(self.threads, None, None)


def simulate_together(
    programs: Sequence[Program],
    trajectories: int,
    seed: int,
    observe: Watch,
    threads: int = 1,
    chunk: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Run several programs over the same trajectories, chunk by chunk, under one observer.

    The observer's columns are rows of every program; it is given one array per program, in their order.
    """
    per_chunk = _blocks_of_chunk(trajectories, seed, chunk)
    runs = tuple(Run(LaidOut.of(one, observe.columns), trajectories, seed, per_chunk, 0) for one in programs)
    _Together(runs, observe).execute(max(1, threads), progress, None)


def _check_points(program: Program, trajectories: int) -> None:
    most = program.plan.sampling.largest_run
    if program.plan.sampling.even and trajectories > most:
        raise StackcastError(f"trajectories = {trajectories}: allowed: up to {most}, where the points would repeat")


def _blocks_of_chunk(trajectories: int, seed: int, chunk: int | None) -> int:
    if not 1 <= trajectories <= LARGEST_RUN:
        raise StackcastError(f"trajectories = {trajectories}: allowed are 1 to 2^62")
    if not 0 <= seed < 2**64:
        raise StackcastError(f"seed = {seed}: allowed are 0 to 2^64 - 1")
    # No wider than the run: the bins of a whole chunk are kept until it ends.
    return -(-min(max(chunk or DEFAULT_CHUNK, 1), max(trajectories, DEFAULT_CHUNK)) // LANES)


def one_chunk(program: Program, blocks: int, seed: int) -> Callable[[], None]:
    """The first blocks of a run as a thread computes them, ready to be called again and again (and timed)."""
    run = Run(LaidOut.of(program), blocks * LANES, seed, blocks, 0)
    run.prepare(1)
    return lambda: _computed(run, blocks)


def compile_core() -> None:
    """Have the core in the disk cache: it is the same for every program, so the least one will do."""
    Run(LaidOut.of(assemble((), DrawPlan(()), quarters=1)), 1, 0, 1, 0).prepare(1)


def _computed(run: Run, blocks: int) -> None:
    _, bad = run.carry_out(run.workers[0], 0, 1, blocks)
    if bad >= 0:
        raise explain(run.program, run.seed, bad, run.trajectories)


@dataclass(frozen=True)
class _Done:
    """What a chunk leaves: sums by run, what the observer made of it, trajectories, (faulty block, run) or None."""

    chunk: int
    sums: list[np.ndarray]
    observed: Any
    trajectories: int
    fault: tuple[int, int] | None


class _SameThread:
    """Stands for a pool where a thread is not worth its start: what is submitted is done at once."""

    def submit(self, function, *arguments) -> Future:
        future: Future = Future()
        try:
            result = function(*arguments)
        except Exception as problem:  # a stop goes up at once
            future.set_exception(problem)
        else:
            future.set_result(result)
        return future

    def shutdown(self, **_: object) -> None: ...


class _Together:
    """Runs over the same trajectories, chunk by chunk on threads, under at most one observer."""

    def __init__(self, runs: tuple[Run, ...], observe: Watch | None) -> None:
        self.runs, self.observe = runs, observe
        self.trajectories, self.per_chunk = runs[0].trajectories, runs[0].per_chunk
        self.sections = sections(self.trajectories, runs[0].program.plan.sampling.sections)
        self.section, self.done = self.sections[0], 0
        self.chunks = self._cut(self.section, 1)

    def _cut(self, section: Section, threads: int) -> Chunks:
        """A section ends before the next begins: where there are several, every thread should have a part of each."""
        shared = len(self.sections) > 1
        size = min(self.per_chunk, -(-section.blocks // threads)) if shared else self.per_chunk
        return Chunks.of(section.blocks, size, threads)

    def execute(self, threads: int, progress, order) -> None:
        threads = min(threads, len(self._cut(self.section, threads)))
        for run in self.runs:
            run.prepare(threads)
        for section in self.sections:
            self.section = section
            self.chunks = self._cut(section, threads)
            chunks = range(len(self.chunks))
            chunks = chunks if order is None else order(list(chunks))
            self._execute_chunks(iter(chunks), threads, progress, order is None)
            self._close(section)

    def _close(self, section: Section) -> None:
        self.done += section.trajectories
        for run in self.runs:
            run.close(section.trajectories)
        if self.observe is not None:
            self.observe.turn()

    def _execute_chunks(self, chunks: Iterator[int], threads: int, progress, in_order: bool) -> None:
        waiting: dict[int, _Done] = {}
        folded, done = 0, self.done
        few = threads == 1 and self.section.blocks <= _FEW
        pool = _SameThread() if few else ThreadPoolExecutor(threads)
        running: set[Future] = set()
        try:
            while True:
                # One chunk more than threads is in flight, so that none waits for this loop. In order, those that wait
                # for an earlier one, which is then among the running, are at most one more than threads as well.
                while len(running) <= threads and (len(running) + len(waiting) < threads + 2 or not in_order):
                    chunk = next(chunks, None)
                    if chunk is None:
                        break
                    running.add(pool.submit(self._chunk, chunk))
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    result = future.result()
                    if result.fault is not None:
                        raise self._first_fault(finished | running)
                    waiting[result.chunk] = result
                    done += result.trajectories
                while folded in waiting:
                    self._fold(waiting.pop(folded))
                    folded += 1
                if progress is not None:
                    progress(done, self.trajectories)
        finally:
            for future in running:
                future.cancel()
            pool.shutdown(wait=True, cancel_futures=True)

    def _chunk(self, chunk: int) -> _Done:
        section, (place, end) = self.section, self.chunks.bounds(chunk)
        blocks = end - place
        trajectories = min(blocks * LANES, section.trajectories - place * LANES)
        first = section.first + place * section.stride
        workers = [run.idle.get() for run in self.runs]
        try:
            results = [
                run.carry_out(worker, first, section.stride, blocks)
                for run, worker in zip(self.runs, workers, strict=True)
            ]
            faults = [(bad, k) for k, (_, bad) in enumerate(results) if bad >= 0]
            observed = None
            if self.observe is not None and not faults:
                seen = [worker.observed[:, :trajectories] for worker in workers]
                observed = self.observe.look(seen, first * LANES)
        finally:
            for run, worker in zip(self.runs, workers, strict=True):
                run.idle.put(worker)
        return _Done(chunk, [sums for sums, _ in results], observed, trajectories, min(faults, default=None))

    def _fold(self, done: _Done) -> None:
        for run, sums in zip(self.runs, done.sums, strict=True):
            run.fold(sums)
        if self.observe is not None:
            self.observe.fold(done.observed)

    def _first_fault(self, futures: set[Future]) -> NumericalError:
        """The error of the lowest faulty block: chunks start in order, so one before it would still be in flight."""
        faults = [future.result().fault for future in futures]
        block, number = min(fault for fault in faults if fault is not None)
        run = self.runs[number]
        return explain(run.program, run.seed, block, run.trajectories)
