"""Time and memory against trajectories, threads, quarters and mechanisms."""

from __future__ import annotations

from benchmarks.child import Measured, elsewhere, timed
from benchmarks.findings import Found
from benchmarks.fitting import exponent
from benchmarks.timing import Spread
from stackcast.processors import cores

LOW, HIGH = 0.97, 1.03
MOST_MEMORY_GROWTH_MB = 50
CHEAP = "growths:1"
SIZES, SHORT_SIZES = (1e4, 1e5, 1e6, 3e6, 1e7, 3e7), (1e4, 3e4, 1e5, 3e5)
FITTED_FROM, FITTED_ROUNDS = 1e6, 5
YEARS = (2023, 2026, 2029, 2032, 2035)
COUNTS = (1, 2, 4, 8, 16)
COLUMNS = ("seconds: median (smallest to largest)", "ns a trajectory and quarter", "peak memory [MB]")


def cells(measured: Measured, trajectories: float) -> tuple[str, str, str]:
    """Seconds, nanoseconds and megabytes of a run."""
    spread = Spread.of(measured.seconds)
    over_empty = spread.median - Spread.of(measured.empty).median
    each = f"{1e9 * over_empty / trajectories / measured.quarters:.3g}" if over_empty > 0.0 else "no more than empty"
    return str(spread), each, f"{measured.peak:.0f}"


def measure(short: bool) -> Found:
    """All tables of the section."""
    found = Found()
    targets = found.targets()
    _trajectories(found, targets, short)
    _baseline(found, targets, short)
    _threads(found, short)
    _quarters(found, short)
    _mechanisms(found, short)
    return found


def _trajectories(found: Found, targets, short: bool) -> None:
    sizes, first = (SHORT_SIZES, SHORT_SIZES[1]) if short else (SIZES, FITTED_FROM)
    table = found.table(
        "trajectories", "threads", *COLUMNS, title="Trajectories, of one growth path of 20 quarters",
        below="Nanoseconds are those of the time less an empty run (one trajectory) in the same process.",
    )  # fmt: skip
    peaks = {}
    for size in sizes:
        measured = elsewhere(CHEAP, size, rounds=2)
        table.add(f"{size:,.0f}", 1, *cells(measured, size))
        peaks[size] = measured.peak
    if cores() > 1:
        table.add(f"{sizes[-2]:,.0f}", 2, *cells(elsewhere(CHEAP, sizes[-2], 2, 2), sizes[-2]))
    _exponent(found, targets, [size for size in sizes if size >= first])
    judge_memory(found, targets, peaks, first, sizes[-1], "one growth path")


def _exponent(found: Found, targets, sizes: list[float]) -> None:
    """Of sizes interleaved in one process: a slow spell of the machine is not taken for a property of a size."""
    seconds = timed(CHEAP, (1, *sizes), FITTED_ROUNDS)
    empty = Spread.of(seconds[1]).median
    fitted = [(size, took - empty) for size in sizes for took in seconds[size]]
    slope = exponent(*zip(*fitted, strict=True))
    found.judge(
        targets, "exponent of (time less an empty run) in trajectories", slope, f"{LOW} to {HIGH}",
        LOW <= slope.value <= HIGH,
        f"least squares in logarithms, {sizes[0]:,.0f} to {sizes[-1]:,.0f}, {FITTED_ROUNDS} rounds interleaved in one "
        "process; ± one standard error",
    )  # fmt: skip


def judge_memory(found: Found, targets, peaks: dict[float, float], small: float, large: float, what: str) -> None:
    """A row: by how much the peak of a large run is above that of a small one."""
    growth = peaks[large] - peaks[small]
    names = [f"{size:.0e}".replace("e+0", "e") for size in (large, small)]
    found.judge(
        targets, f"memory at {names[0]} less memory at {names[1]}, {what} [MB]", str(round(growth)),
        f"<= {MOST_MEMORY_GROWTH_MB}", growth <= MOST_MEMORY_GROWTH_MB,
        f"peak {peaks[large]:.0f} and {peaks[small]:.0f} MB",
    )  # fmt: skip


def _baseline(found: Found, targets, short: bool) -> None:
    sizes = (2e4, 5e4) if short else (1e4, 1e5, 1e6)
    table = found.table(
        "trajectories", "threads", *COLUMNS, title="Trajectories, of the full baseline",
        below="Ten million: see the large runs.",
    )  # fmt: skip
    for size in sizes[:2]:
        table.add(f"{size:,.0f}", 1, *cells(elsewhere("baseline", size, 1, 2), size))
    threads, peaks = min(cores(), 2), {}
    for size in sizes[-2:]:
        measured = elsewhere("baseline", size, threads, 1)
        peaks[size] = measured.peak
        table.add(f"{size:,.0f}", threads, *cells(measured, size))
    judge_memory(found, targets, peaks, *sizes[-2:], "full baseline")


def _threads(found: Found, short: bool) -> None:
    """One, two, four and so on, up to the processors there are."""
    size, counts = 2e4 if short else 2e5, [1]
    while 2 * counts[-1] <= cores():
        counts.append(2 * counts[-1])
    table = found.table(
        "threads",
        *COLUMNS,
        "time of one thread / time",
        title=f"Threads, {size:,.0f} trajectories of the full baseline",
    )
    alone = 0.0
    for count in counts:
        measured = elsewhere("baseline", size, count, 2)
        took = min(measured.seconds)
        alone = alone or took
        table.add(count, *cells(measured, size), f"{alone / took:.2f}")
    table.below = "Ratios are those of the faster run of each."


def _quarters(found: Found, short: bool) -> None:
    size = 1e3 if short else 3e4
    table = found.table(
        "quarters", *COLUMNS, title=f"Horizon, {size:,.0f} trajectories of the baseline, one thread",
        below="Draws of the parameters are made once a trajectory: the shorter the run, the more of them a quarter.",
    )  # fmt: skip
    for year in (YEARS[0], YEARS[-1]) if short else YEARS:
        measured = elsewhere(f"baseline:{year}", size, 1, 1 if short else 2)
        table.add(measured.quarters, *cells(measured, size))


def _mechanisms(found: Found, short: bool) -> None:
    size = 1e4 if short else 3e5
    table = found.table(
        "mechanisms", *COLUMNS, title=f"Number of mechanisms, {size:,.0f} trajectories of growth paths, one thread"
    )
    for count in (1, 4) if short else COUNTS:
        table.add(count, *cells(elsewhere(f"growths:{count}", size, 1, 2), size))
