"""Whole processes: memory at ten million trajectories, and how long a small second run takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.conftest import BASELINE
from benchmarks.timing import Spread

MOST_MEMORY_GROWTH_MB = 50
MOST_SECONDS = 4.0


def _peak_megabytes(trajectories: int) -> float:
    """Peak resident memory of a process that runs the baseline and prints nothing else."""
    program = (
        "import resource, stackcast\n"
        f"forecast = stackcast.run({str(BASELINE)!r}, trajectories={trajectories}, seed=1)\n"
        "forecast.digest()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_memory_does_not_grow_with_trajectories(findings):
    """Ten million trajectories need at most 50 MB more than one million."""
    small, large = _peak_megabytes(1_000_000), _peak_megabytes(10_000_000)
    findings["memory at 1e7 less memory at 1e6 [MB]"] = {
        "measured": f"{large - small:.0f}", "target": f"<= {MOST_MEMORY_GROWTH_MB}",
        "note": f"peak {large:.0f} and {small:.0f} MB",
    }  # fmt: skip
    assert large <= small + MOST_MEMORY_GROWTH_MB


def test_second_small_run(findings, tmp_path):
    """A second `stackcast run` of 10,000 trajectories takes under 4 s as a whole process."""
    seconds = []
    for k in range(6):
        command = [sys.executable, "-m", "stackcast", "run", str(BASELINE), "--trajectories", "10000", "--quiet"]
        began = time.perf_counter()
        subprocess.run([*command, "--out", str(tmp_path / str(k))], check=True, capture_output=True, env=os.environ)
        seconds.append(time.perf_counter() - began)
    found = Spread.of(seconds[1:])
    findings["second run of 10,000, whole process [s]"] = {
        "measured": str(found), "target": f"< {MOST_SECONDS}", "note": f"first {seconds[0]:.1f} s; figures included"
    }  # fmt: skip
    assert found.median < MOST_SECONDS
