"""How long whole processes take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.findings import Found
from benchmarks.paths import BASELINE
from benchmarks.timing import Spread

MOST_SECOND, MOST_LARGE, MOST_COLD = 4.0, 3.0, 20.0
COLD_ROUNDS = 1
"""It compiles everything: half a minute on a slow machine."""

COMPILE = "import numba; numba.njit('float64(float64)')(lambda x: x)"
STACKCAST = (sys.executable, "-m", "stackcast")


def seconds_of(command: tuple[str, ...], **environment: str) -> float:
    """Seconds of a whole process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return time.perf_counter() - began


def forecast(folder: Path, trajectories: int, *more: str) -> tuple[str, ...]:
    """The command of a run, ``more`` its further options."""
    into = str(folder / f"run{time.monotonic_ns()}")
    return (*STACKCAST, "run", str(BASELINE), "--trajectories", str(trajectories), "--quiet", "--out", into, *more)


def _cold(folder: Path, number: int) -> float:
    empty = folder / f"cache{number}"
    empty.mkdir(mode=0o700)
    return seconds_of(forecast(folder, 10_000), STACKCAST_CACHE_DIR=str(empty))


def measure(short: bool) -> Found:
    """One table."""
    found, rounds = Found(), 2 if short else 3
    table = found.targets()
    with TemporaryDirectory() as name:
        folder = Path(name)
        # Before anything counts: a new environment has no bytecode yet, of the compiler neither.
        for command in ((*STACKCAST, "--help"), forecast(folder, 10_000), (sys.executable, "-c", COMPILE)):
            seconds_of(command)
        cold = Spread.of(_cold(folder, k) for k in range(COLD_ROUNDS))
        times = {"help": [], "import": [], "bare": [], "small": [], "large": [], "numbers": []}
        for _ in range(rounds):
            times["bare"].append(seconds_of((sys.executable, "-c", "pass")))
            times["import"].append(seconds_of((sys.executable, "-c", "import stackcast")))
            times["help"].append(seconds_of((*STACKCAST, "--help")))
            times["small"].append(seconds_of(forecast(folder, 10_000)))
            times["large"].append(seconds_of(forecast(folder, 100_000)))
            times["numbers"].append(seconds_of(forecast(folder, 100_000, "--no-figures")))
    spread = {name: Spread.of(values) for name, values in times.items()}
    table.add("`python -c pass` [s]", spread["bare"], "", f"{rounds} rounds, as all but the cold start")
    table.add("`import stackcast` [s]", spread["import"], "", "")
    table.add("`stackcast --help` [s]", spread["help"], "", "")
    _runs(found, table, cold, spread)
    table.add("the same without figures [s]", spread["numbers"], "", "`--no-figures`")
    return found


def _runs(found: Found, table, cold: Spread, spread: dict[str, Spread]) -> None:
    found.judge(
        table, "first run of 10,000, empty compile cache, whole process [s]", cold, f"< {MOST_COLD:.0f}",
        cold.median < MOST_COLD, f"rounds: {COLD_ROUNDS}",
    )  # fmt: skip
    for name, row, most in (
        ("small", "second run of 10,000, whole process [s]", MOST_SECOND),
        ("large", "second run of 100,000, whole process [s]", MOST_LARGE),
    ):
        found.judge(
            table, row, spread[name], f"< {most:.0f}", spread[name].median < most, "figures and tables included"
        )
