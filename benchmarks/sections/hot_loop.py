"""What a trajectory and quarter of the full baseline costs, beside the floor and by kind of work."""

from __future__ import annotations

from benchmarks.findings import Found, per
from benchmarks.floor import floor
from benchmarks.operations import counted_elsewhere
from benchmarks.paths import BASELINE
from benchmarks.timing import Spread, interleave, ratio
from stackcast.engine import profile
from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.processors import cores
from stackcast.scenario import load_scenario

SEED = 20230101
RUN = 30_720
"""A whole run sets up its histograms once: with fewer trajectories that would count."""

MOST_OVER_FLOOR, LEAST_TWO_THREADS = 1.2, 1.85
DRAWS = (profile.PARAMETERS, profile.SHOCKS)
AGGREGATION = (profile.BINS, profile.MOMENTS, profile.COUNTS)


def measure(short: bool) -> Found:
    """All tables of the section."""
    found = Found()
    program = build(load_scenario(BASELINE))
    _parts(found, program, 3 if short else 15)
    table = found.targets()
    _floor(found, table, program, 3 if short else 15)
    if cores() > 1:
        _threads(found, table, program, 3 if short else 5)
    return found


def _parts(found: Found, program, rounds: int) -> None:
    timed = profile.profile(program, seed=SEED, rounds=rounds)
    nanoseconds = 1e3 / program.quarters
    table = found.table(
        "part", "ns a trajectory and quarter: median (smallest to largest)", "% of the sum of the parts",
        below=f"{rounds} rounds of {timed.trajectories:,} trajectories of {program.quarters} quarters.",
    )  # fmt: skip
    table.add("the run", per(timed.run, nanoseconds), "")
    table.add("sum of the parts", per(timed.total, nanoseconds), "100")
    mechanisms = tuple(part.name for part in timed.parts if part.kind == "mechanism")
    others = {profile.ROWS: (profile.ROWS,), profile.DERIVED: (profile.DERIVED,), profile.GUARD: (profile.GUARD,)}
    groups = {"mechanisms": mechanisms, "draws alone": DRAWS, "aggregation alone": AGGREGATION, **others}
    for name, members in groups.items():
        parts = [part for part in timed.parts if part.name in members]
        # Medians of parts are added; their extremes need not fall into one round.
        total = Spread(*(sum(getattr(part.microseconds, of) for part in parts) for of in ("median", "low", "high")))
        table.add(name, per(total, nanoseconds), f"{100 * sum(part.share for part in parts):.1f}")


def _floor(found: Found, table, program, rounds: int) -> None:
    counted = counted_elsewhere(str(BASELINE))
    per_quarter = 1e9 / RUN / program.quarters
    simulate(program, RUN, SEED, sample=0)
    least, kernel = [], []
    for _ in range(rounds):
        # Each round measures the primitives and the kernel in turn, so that a slow spell hits both.
        lowest, costs, tally = floor(program, counted, rounds=3)
        least.append(lowest)
        seconds = interleave({"kernel": lambda: simulate(program, RUN, SEED, sample=0)}, rounds=1)["kernel"][0]
        kernel.append(seconds * per_quarter)
    over = ratio(kernel, least)
    parts = ", ".join(f"{kind} {costs[kind] * amount:.1f}" for kind, amount in tally.items() if amount)
    found.judge(
        table, "kernel / floor", over, f"<= {MOST_OVER_FLOOR}", over.median <= MOST_OVER_FLOOR,
        f"floor {Spread.of(least)} ns, kernel {Spread.of(kernel)} ns a trajectory and quarter; floor by part in the "
        f"last round [ns]: {parts}",
    )  # fmt: skip


def _threads(found: Found, table, program, rounds: int) -> None:
    size = 4 * RUN
    seconds = interleave(
        {
            "one": lambda: simulate(program, size, SEED, threads=1, sample=0),
            "woken": lambda: simulate(program, size, SEED, threads=2, sample=0),
            "two": lambda: simulate(program, size, SEED, threads=2, sample=0),
        },
        rounds,
    )
    gain, woken = (ratio(seconds["one"], seconds[name]) for name in ("two", "woken"))
    found.judge(
        table, "one thread / two threads", gain, f">= {LEAST_TWO_THREADS}", gain.median >= LEAST_TWO_THREADS,
        f"{size:,} trajectories, {rounds} rounds; the second of two runs in a row: the first, after seconds in which "
        f"the other processor had nothing to do, gains {woken}",
    )  # fmt: skip
