"""The product and the growth paths, package by package."""

from __future__ import annotations

import time
from importlib.metadata import version

import numpy as np

from benchmarks.findings import Found
from benchmarks.small.contestants import NOTES, SLOW, available
from benchmarks.small.problem import JOBS, distance
from benchmarks.timing import Spread, ratio

SIZES, SHORT_SIZES = (20_000, 1_000_000), (2_000, 50_000)
SEED, WARM = 1, 100
MOST_ERRORS = 5.0
"""Of the 44 figures compared the largest is beyond it once in 40,000 correct answers."""

TITLES = {"product": "Product of six lognormals", "growth": "Forty steps of growth"}


def measure(short: bool) -> Found:
    """A table for each job and size."""
    ready, missing = available()
    found = Found()
    for job in JOBS:
        for size in SHORT_SIZES if short else SIZES:
            _table(found, job, size, ready, missing, 3)
    return found


def _table(found: Found, job: str, size: int, ready: dict, missing: dict, rounds: int) -> None:
    small = size in (min(SIZES), min(SHORT_SIZES))
    answers: dict[str, np.ndarray] = {}
    seconds = _time({name: run for name, run in ready.items() if name not in SLOW}, job, size, rounds, answers)
    if small:
        seconds |= _time({name: ready[name] for name in SLOW & set(ready)}, job, size, 1, answers)
    table = found.table(
        "package", "milliseconds: median (smallest to largest)", "time / stackcast", "errors from the closed form",
        "how", title=f"{TITLES[job]}, {size:,} draws",
        below=f"{rounds} rounds{'; monaco one' if small else ''}.",
    )  # fmt: skip
    ours = Spread.of(seconds["stackcast"]).median
    for name, times in sorted(seconds.items(), key=lambda pair: Spread.of(pair[1]).median):
        errors = distance(job, answers[name], size)
        if errors > MOST_ERRORS:
            found.missed.append(f"{name}, {job}: {errors:.1f} standard errors from the closed form")
        over = ratio(times, seconds["stackcast"]) if len(times) == rounds else f"{times[0] / ours:.3g}"
        milliseconds = Spread.of(1e3 * one for one in times) if len(times) > 1 else f"{1e3 * times[0]:.3g}"
        label = f"{name} {version(name)}"
        table.add(label, milliseconds, "1" if name == "stackcast" else over, f"{errors:.1f}", NOTES[name][job])
    for name in sorted(SLOW & set(ready)) if not small else ():
        table.add(f"{name} {version(name)}", "not run", "", "", "minutes at its time a draw, see above")
    for name, why in missing.items():
        table.add(name, "not run", "", "", why)


def _time(runs: dict, job: str, size: int, rounds: int, answers: dict) -> dict[str, list[float]]:
    """Seconds of every contestant in every round, in turn, after a small call of each that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(job, WARM, SEED)
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.perf_counter()
            answers[name] = run(job, size, SEED)
            seconds[name].append(time.perf_counter() - began)
    return seconds
