"""Runs of up to a hundred million trajectories, and of ten million of the full baseline: memory must not grow."""

from __future__ import annotations

from benchmarks.child import elsewhere
from benchmarks.findings import Found
from benchmarks.sections.scaling import CHEAP, COLUMNS, cells, judge_memory
from stackcast.processors import cores

SHORT_SIZES = (1e3, 1e4)
CASES = {CHEAP: ("one growth path", (1e6, 1e7, 1e8)), "baseline": ("full baseline", (1e6, 1e7))}
"""A hundred million of the baseline would take half an hour, at the same memory."""


def measure(short: bool) -> Found:
    """Time and memory of large runs, all processors."""
    found = Found()
    targets = found.targets()
    for case, (what, sizes) in CASES.items():
        table = found.table("trajectories", "threads", *COLUMNS, title=f"{what.capitalize()}, one run each")
        peaks = {}
        for size in SHORT_SIZES if short else sizes:
            measured = elsewhere(case, size, cores(), 1)
            peaks[size] = measured.peak
            table.add(f"{size:,.0f}", cores(), *cells(measured, size))
        first, *others = peaks
        for size in others:
            judge_memory(found, targets, peaks, first, size, what)
    return found
