"""Runs of a case: in a process of their own, how long and how much memory; interleaved in this one, how long.

    python -m benchmarks.child CASE TRAJECTORIES

A case is ``baseline``, ``baseline:2026`` (its horizon ends with that year) or ``growths:8`` (see growths.py).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.paths import BASELINE, ROOT
from benchmarks.timing import interleave

SEED = 1


@dataclass(frozen=True)
class Measured:
    """Seconds of each run, seconds of each run of one trajectory, peak resident memory [MB], quarters."""

    seconds: list[float]
    empty: list[float]
    peak: float
    quarters: int


def program_of(case: str):
    """The program of a case."""
    name, _, detail = case.partition(":")
    if name == "growths":
        from benchmarks.growths import growths

        return growths(int(detail))
    from stackcast.engine.assembly import build
    from stackcast.scenario import load_scenario

    return build(load_scenario(BASELINE, set=[f'horizon.end="{detail}Q4"'] if detail else ()))


def run(case: str, trajectories: int, threads: int, rounds: int) -> Measured:
    """Time a case in this process."""
    import resource

    from stackcast.engine.driver import simulate

    program = program_of(case)

    def seconds(size: int) -> float:
        began = time.perf_counter()
        simulate(program, size, SEED, threads=threads, sample=0)
        return time.perf_counter() - began

    seconds(1)
    empty = [seconds(1) for _ in range(3)]
    found = [seconds(trajectories) for _ in range(rounds)]
    # Linux counts in kB, macOS in bytes.
    unit = 2.0**20 if sys.platform == "darwin" else 2.0**10
    return Measured(found, empty, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, program.quarters)


def timed(case: str, sizes: Sequence[float], rounds: int) -> dict[float, list[float]]:
    """Seconds of runs of several sizes on one thread, interleaved in this process."""
    from stackcast.engine.driver import simulate

    program = program_of(case)
    runs = {size: partial(simulate, program, int(size), SEED, sample=0) for size in sizes}
    return interleave(runs, rounds)


def elsewhere(case: str, trajectories: float, threads: int = 1, rounds: int = 3) -> Measured:
    """Time a case in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.child", case, str(int(trajectories))]
    command += ["--threads", str(threads), "--rounds", str(rounds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.child", description=__doc__.splitlines()[0])
    parser.add_argument("case")
    parser.add_argument("trajectories", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(json.dumps(vars(run(given.case, given.trajectories, given.threads, given.rounds))))


if __name__ == "__main__":
    main()
