"""Do intervals hold the truth as often as they say? ``python -m benchmarks.coverage`` writes docs/coverage.md.

A small program has closed forms: x = exp(a + b + c), a and b normal parameters and c a normal shock, and an indicator
of x above a limit. It is run with the seeds 1, 2, ...; counted is how often value +- multiplier times error holds the
truth, for every scheme of sampling and every figure, and for runs whose size was found by ``until``. Exit code 1 when a
share that should be 95 % is outside 94 to 96 %.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import functools
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest, norm, t

from benchmarks.machine import machine, versions
from benchmarks.paths import ROOT
from stackcast.engine.assembly import assemble
from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile
from stackcast.engine.driver import simulate
from stackcast.engine.program import Program
from stackcast.engine.sampling import INDEPENDENT, RANDOMISATIONS, Sampling
from stackcast.engine.vecmath import exp
from stackcast.forecast.cells import Cells
from stackcast.until import DOUBLING, MOST, STEP, Course, Goal, Look, carry_on, find, judge, look, read

PAGE = ROOT / "docs" / "coverage.md"
FOUND = Path(__file__).parent / "covered"
REPLICATIONS, SIZE = 12_000, 4096
LOWEST, HIGHEST = 0.94, 0.96
LOWEST_STOPPED = 0.93
"""Stopping on an estimated error costs a little, more where it has 15 degrees of freedom; docs/cli.md says how much."""

SPREAD_A, SPREAD_B, SPREAD_C = 0.4, 0.24, 0.18
SPREAD = math.hypot(SPREAD_A, SPREAD_B, SPREAD_C)  # 0.5
LIMIT = 0.4  # of a + b + c: about a fifth lies above
MEAN = math.exp(0.5 * SPREAD**2)
DEVIATION = MEAN * math.sqrt(math.expm1(SPREAD**2))


@dataclass(frozen=True)
class Scheme:
    """A way of sampling, and how many errors a 95 % interval reaches to either side.

    The multiplier, of means and of all else, is the normal quantile where errors are as good as known, Student's t
    where they come from few randomisations. ``step`` is the ladder of ``until``, ``stopping`` how many runs it is tried
    in at most.
    """

    name: str
    sampling: Sampling
    multiplier: float
    multiplier_of_means: float
    step: int = STEP
    stopping: int = 6000

    @property
    def file(self) -> str:
        """Where its rows are kept."""
        return f"{self.name.replace(', ', '_')}.json"

    def draw(self, n: int, seed: int) -> Cells:
        """The outputs of a run."""
        return Cells(simulate(program(self.sampling), n, seed, sample=0).aggregates, 2023.0)

    def error(self, n: int) -> float:
        """Standard error of the mean of n trajectories: known, or found from runs with seeds of their own."""
        if self.sampling.plain:
            return DEVIATION / math.sqrt(n)
        return _spread_of_means(self, n)


@dataclass(frozen=True)
class Stopping:
    """A run by ``until``: its first size, and the size at which its error would meet the target if it were known.

    ``eager`` is how it must not be done: a look after every ``first`` trajectories.
    """

    name: str
    first: int
    needed: float
    eager: bool = False

    def goal(self, scheme: Scheme) -> Goal:
        """The target of the mean: the error of the first size, as it falls with the square root of the size."""
        error = scheme.error(self.first) * math.sqrt(self.first / self.needed)
        target = find(read(f"se({FIGURES['mean'][0]}) <= {error:.12f}"), program())
        return Goal((target,), self.first, MOST, scheme.step, self.first)


@dataclass(frozen=True)
class Coverage:
    """A row: how many intervals of how many held the truth; of runs by ``until`` also sizes and repeated work."""

    scheme: str
    figure: str
    held: int
    replications: int
    size: float
    repeated: float | None = None
    most_repeated: float | None = None
    contrast: bool = False

    @property
    def share(self) -> float:
        return self.held / self.replications

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share (Clopper and Pearson 1934, Biometrika 26: 404-413)."""
        found = binomtest(self.held, self.replications).proportion_ci(0.95)
        return float(found.low), float(found.high)

    @property
    def fine(self) -> bool:
        """Whether the share is what it should be; a contrast is there to be wrong."""
        lowest = LOWEST if self.repeated is None else LOWEST_STOPPED
        return self.contrast or lowest <= self.share <= HIGHEST


NORMAL = float(norm.ppf(0.975))
STUDENT = float(t.ppf(0.975, RANDOMISATIONS - 1))
SCHEMES = (
    Scheme("independent", INDEPENDENT, NORMAL, NORMAL),
    Scheme("sobol", Sampling("sobol"), STUDENT, STUDENT, DOUBLING, 1500),
    Scheme("lattice", Sampling("lattice"), STUDENT, STUDENT, DOUBLING, 1500),
    Scheme("independent, antithetic", Sampling(antithetic=True), STUDENT, NORMAL, STEP, 0),
)

FIGURES = {
    "mean": ("x @ 2023Q1", MEAN),
    "probability": ("above == 1 @ 2023Q1", float(norm.sf(LIMIT / SPREAD))),
    **{f"p{p}": (f"p{p}(x) @ 2023Q1", math.exp(SPREAD * float(norm.ppf(p / 100)))) for p in (5, 50, 95)},
}

STOPPINGS = (
    Stopping("mean, until: first look is a toss-up", 16_384, 16_384.0),
    Stopping("mean, until: second look", 16_384, 40_000.0),
    Stopping("mean, a look after every 4 trajectories", 4, 8.0, eager=True),
)


@functools.cache
def _spread_of_means(scheme: Scheme, n: int, runs: int = 400) -> float:
    mean = find(read(f"se({FIGURES['mean'][0]}) <= 1"), program())
    return statistics.stdev(look(mean, scheme.draw(n, 10**6 + seed)).value for seed in range(runs))


def produce(a, b, noise):
    """x, and whether a + b + c is above LIMIT."""
    score = a + b + SPREAD_C * noise
    return exp(score), 1.0 if score > LIMIT else 0.0


@functools.cache
def program(sampling: Sampling = INDEPENDENT) -> Program:
    """A quarter of x, and the indicator as a category."""
    mechanism = Mechanism(
        name="producing",
        doc="A lognormal figure of two parameters and a shock.",
        priors={"a": "1", "b": "1"},
        shocks={"noise": "normal"},
        writes={
            "x": Row("1", "stock", "exp(a + b + c)", "ratio"),
            "above": Row("1", "category", "whether a + b + c is above the limit", "category"),
        },
        loops=(Loop(produce, ("x", "above")),),
    )
    draws = (("a", SPREAD_A), ("b", SPREAD_B))
    priors = tuple(PriorDraw(name, f"prior:{name}", Quantile("normal", 0.0, spread)) for name, spread in draws)
    return assemble((mechanism,), DrawPlan(priors, sampling=sampling), quarters=1, quarterly=("x", "above"))


def fixed(scheme: Scheme, seeds: Sequence[int], size: int = SIZE) -> list[Coverage]:
    """Coverage of every figure in runs of one size."""
    targets = {name: find(read(f"se({text}) <= 1"), program()) for name, (text, _) in FIGURES.items()}
    held = dict.fromkeys(targets, 0)
    for seed in seeds:
        cells = scheme.draw(size, seed)
        for name, target in targets.items():
            held[name] += _holds(look(target, cells), FIGURES[name][1], scheme, mean=name == "mean")
    return [Coverage(scheme.name, name, count, len(seeds), size) for name, count in held.items()]


def _holds(found: Look, truth: float, scheme: Scheme, mean: bool) -> bool:
    reach = scheme.multiplier_of_means if mean else scheme.multiplier
    return abs(found.value - truth) <= reach * found.error


@dataclass(frozen=True)
class _Drawn:
    cells: Cells


def _draw(scheme: Scheme, seed: int, n: int) -> _Drawn:
    return _Drawn(scheme.draw(n, seed))


def eager(goal: Goal, draw: Callable[[int], _Drawn]) -> Course:
    """The course of a run that is looked at whenever the size of its first round has been added, and believed."""
    rounds = [judge(goal, goal.first, draw(goal.first).cells)]
    while any(found.ratio > 1.0 for found in rounds[-1].looks):
        n = rounds[-1].n + goal.first
        rounds.append(judge(goal, n, draw(n).cells))
    return Course(goal, tuple(rounds))


def stopped(scheme: Scheme, stopping: Stopping, seeds: Sequence[int]) -> Coverage:
    """Coverage of the mean in runs whose size was found by ``until``."""
    goal = stopping.goal(scheme)
    held, sizes, repeated = 0, [], []
    for seed in seeds:
        draw = functools.partial(_draw, scheme, seed)
        course = eager(goal, draw) if stopping.eager else carry_on(goal, draw)[1]
        held += _holds(course.rounds[-1].looks[0], MEAN, scheme, mean=True)
        sizes.append(course.rounds[-1].n)
        repeated.append(course.repeated)
    mean = sum(sizes) / len(sizes)
    return Coverage(
        scheme.name, stopping.name, held, len(seeds), mean, sum(repeated) / len(seeds), max(repeated), stopping.eager
    )


def rows(scheme: Scheme, replications: int) -> Iterator[Coverage]:
    """All rows of a scheme."""
    seeds = range(1, replications + 1)
    yield from fixed(scheme, seeds)
    for stopping in STOPPINGS if scheme.stopping else ():
        if scheme.sampling.plain or not stopping.eager:
            yield stopped(scheme, stopping, seeds[: scheme.stopping])


_INTRODUCTION = """# Do intervals hold what they say?

Generated by `make bench-coverage`. Every figure comes with its Monte Carlo error, and value +- 1.96 errors is
meant to hold the truth in 95 % of all runs; 2.13 errors where they come from 16 randomisations (Student's t with 15
degrees of freedom), which those of the means of antithetic pairs do not. A program with closed forms,
x = exp(a + b + c) with two normal parameters and a normal shock (deviation of the sum 0.5), is run with seeds 1, 2,
...; counted is how often the interval holds the truth.
{replications:,} runs tell 95 % to 0.4 % (two standard deviations), 1,500 to 1.1 %. The probability is that of
a + b + c > {limit}.

A run by `--until` stops on an estimate, and an estimate that happens to be low stops it early. The rule looks rarely,
at sizes fixed by the round before, and never stops below 16,384 trajectories
([what it does](cli.md#until-an-error-is-small-enough)). The worst case is a target that the first look meets half of
the time; the usual one is met by the second, whose size the first predicted. The line with a look after every 4
trajectories is a contrast: what stopping at the first small error of few would do.

{stamp}

| sampling | figure | runs | trajectories | intervals that hold the truth | 95 % interval | repeated: mean (most) |
|---|---|---:|---:|---:|---:|---:|
"""

_END = """
Repeated is what the earlier rounds drew, over the size of the last: every round begins with the first trajectory, so
that the last is the run of its size and can be repeated like any other.
"""


def page(found: Sequence[Coverage], replications: int, stamp: str) -> str:
    """The table as Markdown."""
    return _INTRODUCTION.format(replications=replications, limit=LIMIT, stamp=stamp) + "".join(map(line, found)) + _END


def store(scheme: Scheme, found: Sequence[Coverage], replications: int) -> None:
    """Keep a scheme's rows: each takes minutes, and the page is made of what was found last of every scheme."""
    FOUND.mkdir(parents=True, exist_ok=True)
    rows = [dataclasses.asdict(row) for row in found]
    kept = {"date": str(datetime.date.today()), "of": f"{machine()}; {versions()}", "n": replications, "rows": rows}
    (FOUND / scheme.file).write_text(json.dumps(kept, indent=1) + "\n")


def stored_page() -> str:
    """The page of all that is stored, in the order of the schemes."""
    kept = [json.loads(path.read_text()) for s in SCHEMES if (path := FOUND / s.file).exists()]
    dates: dict[str, dict[str, None]] = {}
    for one in kept:
        dates.setdefault(one["of"], {})[one["date"]] = None
    stamps = (f"{' and '.join(days)}; {of}." for of, days in dates.items())
    found = [Coverage(**row) for one in kept for row in one["rows"]]
    return page(found, max(one["n"] for one in kept), " ".join(stamps))


def line(row: Coverage) -> str:
    """A row of the table."""
    low, high = row.interval
    again = "" if row.repeated is None else f"{100 * row.repeated:.0f} % ({100 * row.most_repeated:.0f} %)"
    return (
        f"| {row.scheme} | {row.figure} | {row.replications:,} | {row.size:,.0f} | {100 * row.share:.2f} % "
        f"| {100 * low:.2f} to {100 * high:.2f} % | {again} |\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the rows, write the page; 1 when a row is not what it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replications", type=int, default=REPLICATIONS, help=f"runs a row ({REPLICATIONS:,})")
    parser.add_argument("--scheme", action="append", choices=[scheme.name for scheme in SCHEMES], help="only this one")
    parser.add_argument("--print-only", action="store_true", help="leave docs/coverage.md as it is")
    given = parser.parse_args(arguments)
    found = []
    for scheme in (s for s in SCHEMES if not given.scheme or s.name in given.scheme):
        own = []
        for row in rows(scheme, given.replications):
            print(line(row), end="", flush=True)
            own.append(row)
        if not given.print_only:
            store(scheme, own, given.replications)
            PAGE.write_text(stored_page(), encoding="utf-8")
        found += own
    wrong = [row for row in found if not row.fine]
    print("\n".join(f"{row.scheme}, {row.figure}: {100 * row.share:.2f} %: not 94 to 96 %" for row in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
