"""Time and memory against trajectories, threads, quarters and mechanisms."""

from __future__ import annotations

from benchmarks.child import Measured, elsewhere
from benchmarks.findings import Found
from benchmarks.fitting import exponent
from benchmarks.timing import Spread
from stackcast.limits import cores

LOW, HIGH = 0.97, 1.03
MOST_MEMORY_GROWTH_MB = 50
CHEAP = "growths:1"
SIZES, SHORT_SIZES = (1e4, 1e5, 1e6, 3e6, 1e7, 3e7), (1e4, 3e4, 1e5, 3e5)
FITTED_FROM = 1e6
ONE_YEAR, YEARS = "baseline:2023", (2023, 2026, 2029, 2032, 2035)
COUNTS = (1, 2, 4, 8, 16, 32)
COLUMNS = ("seconds: median (smallest to largest)", "ns a trajectory and quarter", "peak memory [MB]")


def cells(measured: Measured, trajectories: float) -> tuple[str, str, str]:
    """Seconds, nanoseconds and megabytes of a run."""
    spread = Spread.of(measured.seconds)
    over_empty = max(spread.median - Spread.of(measured.empty).median, 0.0)
    each = 1e9 * over_empty / trajectories / measured.quarters
    return str(spread), f"{each:.3g}", f"{measured.peak:.0f}"


def measure(short: bool) -> Found:
    """All tables of the section."""
    found = Found()
    targets = found.targets()
    _trajectories(found, targets, short)
    _memory(found, targets, short)
    _baseline(found, short)
    _quarters(found, short)
    _mechanisms(found, short)
    return found


def _trajectories(found: Found, targets, short: bool) -> None:
    sizes, rounds = (SHORT_SIZES, 2) if short else (SIZES, 3)
    table = found.table(
        "trajectories", "threads", *COLUMNS, title="Trajectories, of one growth path of 40 quarters",
        below="Nanoseconds are those of the time less an empty run (one trajectory) in the same process.",
    )  # fmt: skip
    fitted: list[tuple[float, float]] = []
    for size in sizes:
        measured = elsewhere(CHEAP, size, rounds=rounds)
        table.add(f"{size:,.0f}", 1, *cells(measured, size))
        if size >= (SHORT_SIZES[1] if short else FITTED_FROM):
            empty = Spread.of(measured.empty).median
            fitted += [(size, seconds - empty) for seconds in measured.seconds]
    if cores() > 1:
        table.add(f"{sizes[-2]:,.0f}", 2, *cells(elsewhere(CHEAP, sizes[-2], 2, rounds), sizes[-2]))
    slope = exponent(*zip(*fitted, strict=True))
    found.judge(
        targets, "exponent of (time less an empty run) in trajectories", slope, f"{LOW} to {HIGH}",
        LOW <= slope.value <= HIGH,
        f"least squares in logarithms, {fitted[0][0]:,.0f} to {fitted[-1][0]:,.0f}, {len(fitted)} runs; ± one standard "
        "error",
    )  # fmt: skip


def _memory(found: Found, targets, short: bool) -> None:
    sizes = (1e4, 1e5) if short else (1e6, 1e7)
    threads = min(cores(), 2)
    small, large = (elsewhere(ONE_YEAR, size, threads, 1).peak for size in sizes)
    found.judge(
        targets, f"memory at {sizes[1]:.0e} less memory at {sizes[0]:.0e}, one year of the baseline [MB]",
        f"{large - small:.0f}", f"<= {MOST_MEMORY_GROWTH_MB}", large - small <= MOST_MEMORY_GROWTH_MB,
        f"peak {large:.0f} and {small:.0f} MB; all 13 years: see the large runs",
    )  # fmt: skip


def _baseline(found: Found, short: bool) -> None:
    table = found.table("trajectories", "threads", *COLUMNS, title="Trajectories, of the full baseline")
    for size, rounds in ((1e3, 1), (1e4, 1)) if short else ((1e4, 3), (1e5, 2)):
        table.add(f"{size:,.0f}", 1, *cells(elsewhere("baseline", size, 1, rounds), size))
    for size in (1e4,) if short else (1e5, 1e6):
        if cores() > 1:
            table.add(f"{size:,.0f}", 2, *cells(elsewhere("baseline", size, 2, 1), size))


def _quarters(found: Found, short: bool) -> None:
    size = 1e3 if short else 4 * 31 * 256
    table = found.table(
        "quarters", *COLUMNS, title=f"Horizon, {size:,.0f} trajectories of the baseline, one thread",
        below="Draws of the parameters are made once a trajectory: the shorter the run, the more of them a quarter.",
    )  # fmt: skip
    for year in (YEARS[0], YEARS[-1]) if short else YEARS:
        measured = elsewhere(f"baseline:{year}", size, 1, 1 if short else 3)
        table.add(measured.quarters, *cells(measured, size))


def _mechanisms(found: Found, short: bool) -> None:
    size = 1e4 if short else 1e6
    table = found.table(
        "mechanisms", *COLUMNS, title=f"Number of mechanisms, {size:,.0f} trajectories of growth paths, one thread"
    )
    for count in (1, 4) if short else COUNTS:
        table.add(count, *cells(elsewhere(f"growths:{count}", size, 1, 2), size))
