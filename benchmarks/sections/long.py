"""Runs of the full baseline that take minutes: memory must not grow with them."""

from __future__ import annotations

from benchmarks.child import elsewhere
from benchmarks.findings import Found
from benchmarks.sections.scaling import COLUMNS, MOST_MEMORY_GROWTH_MB, cells
from stackcast.limits import cores

SIZES, SHORT_SIZES = (1e6, 1e7, 3e7, 1e8), (1e3, 1e4)


def measure(short: bool) -> Found:
    """Time and memory up to a hundred million trajectories, all processors."""
    found = Found()
    targets = found.targets()
    table = found.table("trajectories", "threads", *COLUMNS, title="The full baseline")
    peaks = {}
    for size in SHORT_SIZES if short else SIZES:
        measured = elsewhere("baseline", size, cores(), 1)
        peaks[size] = measured.peak
        table.add(f"{size:,.0f}", cores(), *cells(measured, size))
    first, *others = peaks
    for size in others:
        growth = peaks[size] - peaks[first]
        found.judge(
            targets, f"memory at {size:.0e} less memory at {first:.0e} [MB]".replace("e+0", "e"), f"{growth:.0f}",
            f"<= {MOST_MEMORY_GROWTH_MB}", growth <= MOST_MEMORY_GROWTH_MB,
            f"peak {peaks[size]:.0f} and {peaks[first]:.0f} MB",
        )  # fmt: skip
    return found
