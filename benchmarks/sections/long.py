"""Runs of up to a hundred million trajectories, the full baseline among them: memory must not grow with them."""

from __future__ import annotations

from benchmarks.child import elsewhere
from benchmarks.findings import Found
from benchmarks.sections.scaling import CHEAP, COLUMNS, cells, judge_memory
from stackcast.processors import cores

SIZES, SHORT_SIZES = (1e6, 1e7, 1e8), (1e3, 1e4)
CASES = {CHEAP: "one growth path", "baseline": "full baseline"}


def measure(short: bool) -> Found:
    """Time and memory up to a hundred million trajectories, all processors."""
    found = Found()
    targets = found.targets()
    for case, what in CASES.items():
        table = found.table("trajectories", "threads", *COLUMNS, title=f"{what.capitalize()}, one run each")
        peaks = {}
        for size in SHORT_SIZES if short else SIZES:
            measured = elsewhere(case, size, cores(), 1)
            peaks[size] = measured.peak
            table.add(f"{size:,.0f}", cores(), *cells(measured, size))
        first, *others = peaks
        for size in others:
            judge_memory(found, targets, peaks, first, size, what)
    return found
