"""The core against the rival, the floor and itself on two threads: ratios, interleaved, median of 15."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.conftest import BASELINE
from benchmarks.floor import floor
from benchmarks.operations import counted_elsewhere
from benchmarks.timing import Spread, interleave, ratio
from stackcast.engine.driver import simulate
from stackcast.limits import cores

SEED = 20230101
TRAJECTORIES = 31 * 256 * 16
LEAST_OVER_NUMPY = 4.0
MOST_OVER_FLOOR = 1.5
LEAST_TWO_THREADS = 1.8


def _run(program, trajectories=TRAJECTORIES, threads=1):
    return simulate(program, trajectories, SEED, threads=threads, sample=0)


def test_hot_loop(benchmark, program):
    """The full baseline with all its outputs, one thread."""
    benchmark.extra_info["trajectories x quarters"] = TRAJECTORIES * program.quarters
    benchmark.pedantic(_run, args=(program,), rounds=5, warmup_rounds=1)


def test_faster_than_numpy(program, findings):
    """At least 4 times the independent NumPy implementation at its best chunk size, per core, same outputs."""
    from tests.independent import rival

    chunk = rival.BEST_CHUNK
    seconds = interleave(
        {
            "stackcast": lambda: _run(program),
            "numpy": lambda: rival.run(program.plan, TRAJECTORIES, chunk, np.random.Generator(np.random.SFC64(SEED))),
        }
    )
    found = ratio(seconds["numpy"], seconds["stackcast"])
    per_quarter = 1e9 / TRAJECTORIES / program.quarters
    findings["NumPy time / stackcast time, one core"] = {
        "measured": str(found), "target": f">= {LEAST_OVER_NUMPY}",
        "note": f"chunks of {chunk}; NumPy {Spread.of(s * per_quarter for s in seconds['numpy'])} ns, "
        f"stackcast {Spread.of(s * per_quarter for s in seconds['stackcast'])} ns a trajectory and quarter",
    }  # fmt: skip
    assert found.median >= LEAST_OVER_NUMPY


def test_near_the_floor(program, findings):
    """Not above 1.5 times what its draws, functions, rows and additions cost alone."""
    counted = counted_elsewhere(str(BASELINE))
    ratios, rows = [], []
    per_quarter = 1e9 / TRAJECTORIES / program.quarters
    _run(program)
    for _ in range(15):
        # Each round measures the primitives and the kernel in turn, so that a slow spell hits both.
        least, costs, tally = floor(program, counted, rounds=3)
        kernel = interleave({"kernel": lambda: _run(program)}, rounds=1)["kernel"][0] * per_quarter
        ratios.append(kernel / least)
        rows.append((least, kernel))
    found = Spread.of(ratios)
    parts = ", ".join(f"{kind} {costs[kind] * amount:.1f}" for kind, amount in tally.items() if amount)
    findings["kernel / floor"] = {
        "measured": str(found), "target": f"<= {MOST_OVER_FLOOR}",
        "note": f"floor {Spread.of(r[0] for r in rows)} ns, kernel {Spread.of(r[1] for r in rows)} ns a trajectory and "
        f"quarter; floor by part in the last round [ns]: {parts}",
    }  # fmt: skip
    assert found.median <= MOST_OVER_FLOOR


@pytest.mark.skipif(cores() < 2, reason="one processor")
def test_two_threads(program, findings):
    """Two threads do at least 1.8 times the work of one."""
    size = 2 * TRAJECTORIES
    seconds = interleave(
        {"one": lambda: _run(program, size, 1), "two": lambda: _run(program, size, 2)},
    )
    found = ratio(seconds["one"], seconds["two"])
    findings["one thread / two threads"] = {
        "measured": str(found), "target": f">= {LEAST_TWO_THREADS}", "note": f"{size:,} trajectories"
    }  # fmt: skip
    assert found.median >= LEAST_TWO_THREADS
