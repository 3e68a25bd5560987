"""Has a mechanism or the hot loop become slower? ``python -m benchmarks.check`` compares with benchmarks/baseline.json.

What is compared is a ratio, time over a control's, the median of 15 measurements interleaved in one process. Every
round is a process of its own: where code and rows lie in memory moves a ratio by up to 30 % and stays as it is for the
life of a process. Five slow rounds fail a contestant; as soon as it has more fine rounds than slow ones it is cleared.
With three slow rounds one check of unchanged code in 55 failed: the smallest mechanisms can have three in a row.

A neighbour on the machine moves all mechanisms alike against the control, by up to 20 % (most mechanisms against the
others: 5 %). So that common change has a line of its own, and every mechanism is judged by what it changed beyond it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, count
from pathlib import Path

from benchmarks.machine import kind, versions
from benchmarks.paths import BASELINE, ROOT

WHOLE = "the hot loop"
STORED = Path(__file__).parent / "baseline.json"
FINE, LIMIT = 0.04, 0.10
"""A round with a change of no more than FINE is fine, one above LIMIT is slow; between them it says nothing."""

SHORT_FINE, SHORT_LIMIT, SHORT_TRIES = 0.20, 0.30, 10
FAILURES, MOST_ROUNDS, STORE_ROUNDS = 5, 11, 21
AT_ONCE, PAUSE = 4, 10.0
"""Rounds made one after the other, and seconds before each later one: a neighbour may be gone by then."""

PLANTED = 1.2

ALL = "all mechanisms"
Ratios = dict[str, float]


def changes(stored: Mapping[str, float], found: Mapping[str, float]) -> Ratios:
    """Ratios over the stored ones; of mechanisms their median first, then each over that median."""
    over = {name: found[name] / stored[name] for name in stored if name in found}
    common = statistics.median(value for name, value in over.items() if name != WHOLE)
    beyond = {name: value if name == WHOLE else value / common for name, value in over.items()}
    return {**beyond, ALL: common}


def decide(rounds: Iterator[Ratios], fine: float = FINE, limit: float = LIMIT) -> tuple[list[str], list[Ratios]]:
    """Names that failed in five rounds of changes, and the rounds it took; more fine rounds than slow ones clear."""
    seen = [next(rounds)]
    slow = dict.fromkeys(seen[0], 0)
    good = dict.fromkeys(seen[0], 0)
    unsettled = set(slow)
    while True:
        for name in sorted(unsettled):
            change = seen[-1][name] - 1.0
            slow[name] += change > limit
            good[name] += change <= fine
            if good[name] > slow[name] or slow[name] == FAILURES:
                unsettled.remove(name)
        if not unsettled or len(seen) == MOST_ROUNDS:
            return [name for name in slow if slow[name] == FAILURES], seen
        seen.append(next(rounds))


def measure(slow: str = "", short: bool = False, by: float = PLANTED) -> Ratios:
    """One round in this process; ``slow`` names a mechanism that is to do ``by`` times its work."""
    from benchmarks.contestants import TRIES, Race
    from stackcast.engine.assembly import build
    from stackcast.scenario import load_scenario

    race = Race(build(load_scenario(BASELINE)))
    return race.round({slow: by}, SHORT_TRIES if short else TRIES)


def elsewhere(slow: str = "", short: bool = False, by: float = PLANTED) -> Iterator[Ratios]:
    """Rounds without end, each in a process of its own; later ones wait, in the short form as well."""
    command = [sys.executable, "-m", "benchmarks.check", "--round", "--slow", slow, "--by", str(by)]
    command += ["--short"] if short else []
    for number in count():
        if number >= AT_ONCE:
            time.sleep(PAUSE)
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        yield json.loads(done.stdout)


def load() -> dict[str, dict]:
    """Stored ratios by kind of processor."""
    return json.loads(STORED.read_text()) if STORED.exists() else {}


def store() -> None:
    """Measure and store the ratios of this kind of processor: medians over processes, on a machine that is quiet."""
    # A generator each: no round waits. So many, because medians of 7 and of 21, on one evening, differ by up to 4 %.
    found = [next(elsewhere()) for _ in range(STORE_ROUNDS)]
    ratios = {name: float(f"{statistics.median(one[name] for one in found):.4g}") for name in found[0]}
    entry = {"stored": datetime.date.today().isoformat(), "versions": versions(), "ratios": ratios}
    STORED.write_text(json.dumps({**load(), kind(): entry}, indent=1) + "\n")
    print(f"stored for {kind()}: {len(ratios)} ratios, medians of {STORE_ROUNDS} processes")


def table(seen: list[Ratios], failed: list[str], limit: float) -> str:
    """A line for each contestant: change in the median of the rounds, rounds over the limit, verdict."""
    lines = [f"{'':<22} change  over {limit:.0%}"]
    for name in seen[0]:
        found = [one[name] - 1.0 for one in seen]
        over = f"{sum(value > limit for value in found)} of {len(found)}"
        lines.append(f"{name:<22} {statistics.median(found):+6.1%}  {over:>8}  {'SLOWER' if name in failed else 'ok'}")
    return "\n".join(lines)


def _refused(slow: str, entry: dict | None) -> str:
    """Why nothing can be checked; empty when it can."""
    if entry is None:
        return f"no baseline for this processor ({kind()}): make bench-store stores one"
    allowed = [name for name in entry["ratios"] if name != WHOLE]
    if slow and slow not in allowed:
        return f"SLOW={slow}: no such mechanism: allowed: {', '.join(allowed)}"
    return ""


def _differences(entry: dict, found: Ratios) -> Iterator[str]:
    """What differs between the baseline and what was measured, apart from time."""
    for name in sorted(set(entry["ratios"]) ^ set(found)):
        yield f"{name}: {'measured, but not stored' if name in found else 'stored, but not measured'}: make bench-store"
    if entry["versions"] != versions():
        yield f"stored with {entry['versions']}, measured with {versions()}"


def check(slow: str, short: bool, measured: Callable[..., Iterator[Ratios]] = elsewhere) -> int:
    """Compare and print; 1 when something is slower."""
    entry = load().get(kind())
    refusal = _refused(slow, entry)
    if entry is None or refusal:
        print(refusal, file=sys.stderr if entry else sys.stdout)
        return 2 if entry else 0
    fine, limit = (SHORT_FINE, SHORT_LIMIT) if short else (FINE, LIMIT)
    rounds = measured(slow, short)
    first = next(rounds)
    failed, seen = decide((changes(entry["ratios"], one) for one in chain([first], rounds)), fine, limit)
    print("\n".join([table(seen, failed, limit), *_differences(entry, first)]))
    told = (
        f"slower by more than {limit:.0%} in {FAILURES} rounds: {', '.join(failed)}. If that is meant: make bench-store"
    )
    print(told if failed else f"passed after {len(seen)} rounds")
    return int(bool(failed))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__.splitlines()[0])
    parser.add_argument("--store", action="store_true", help="store the ratios of this kind of processor")
    parser.add_argument("--slow", default="", metavar="MECHANISM", help="plant a slowdown in it")
    parser.add_argument("--by", type=float, default=PLANTED, metavar="TIMES", help="how slow it is planted (1.2)")
    parser.add_argument("--short", action="store_true", help="fewer calls; sees 1.5 times")
    parser.add_argument("--round", action="store_true", help="measure one round and print it as JSON")
    given = parser.parse_args()
    if given.round:
        print(json.dumps(measure(given.slow, given.short, given.by)))
        return 0
    if given.store:
        store()
        return 0
    return check(given.slow, given.short, partial(elsewhere, by=given.by))


if __name__ == "__main__":
    sys.exit(main())
