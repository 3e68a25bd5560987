"""What every mechanism costs."""

from __future__ import annotations

from benchmarks.findings import Found, per
from benchmarks.paths import BASELINE
from benchmarks.sections.hot_loop import SEED
from stackcast.engine.assembly import build
from stackcast.engine.profile import profile
from stackcast.scenario import load_scenario


def measure(short: bool) -> Found:
    """One table."""
    program = build(load_scenario(BASELINE))
    timed = profile(program, seed=SEED, rounds=3 if short else 15)
    found = Found()
    table = found.table(
        "mechanism", "loops a quarter", "ns a trajectory and quarter: median (smallest to largest)",
        "% of all mechanisms",
        below=f"{timed.rounds} rounds of {timed.trajectories:,} trajectories; {timed.call_nanoseconds.median:.0f} ns a "
        "call, measured in the same rounds, are taken off. What a mechanism does once at the start is in its figure.",
    )  # fmt: skip
    parts = [part for part in timed.parts if part.kind == "mechanism"]
    total = sum(part.microseconds.median for part in parts)
    for part in sorted(parts, key=lambda one: -one.microseconds.median):
        loops = sum(loop.mechanism == part.name for loop in program.loops)
        spread = per(part.microseconds, 1e3 / program.quarters)
        table.add(part.name, loops, spread, f"{100 * part.microseconds.median / total:.1f}")
    return found
