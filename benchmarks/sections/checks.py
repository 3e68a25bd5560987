"""The regression check on code that has not changed: how often it passes, and what comes nearest to a false alarm."""

from __future__ import annotations

import contextlib
import datetime
from collections import Counter

from benchmarks import check
from benchmarks.findings import Found
from benchmarks.machine import kind
from benchmarks.paths import ROOT

LOG = ROOT / ".benchmarks" / "check.log"
TIMES, SHORT_TIMES = 200, 2
MOST_SLOW = 5


def measure(short: bool) -> Found:
    """Check again and again, a line in the log for each."""
    stored = check.load().get(kind())
    if stored is None:
        raise SystemExit(f"no baseline for this processor ({kind()}): make bench-store stores one")
    times = SHORT_TIMES if short else TIMES
    outcomes = _outcomes(times, stored["ratios"], short)
    found = Found()
    passed = sum(not failed for failed, _ in outcomes)
    counted = Counter(len(seen) for _, seen in outcomes)
    rounds = ", ".join(f"{count} after {number}" for number, count in sorted(counted.items()))
    note = f"{len(outcomes)} made; rounds it took: {rounds}; every round a process of its own"
    table = found.targets()
    found.judge(table, "checks of unchanged code that passed", passed, f"{times}", passed == times, note)
    _nearest(found, outcomes, check.SHORT_LIMIT if short else check.LIMIT)
    return found


def _outcomes(times: int, ratios: dict[str, float], short: bool) -> list:
    """What so many checks said; an interrupt ends them, and those that were made count."""
    outcomes: list = []
    with contextlib.suppress(KeyboardInterrupt):
        for number in range(1, times + 1):
            outcomes.append(_logged(number, *_one(ratios, short)))
    return outcomes


def _nearest(found: Found, outcomes: list, limit: float) -> None:
    """Who was over the limit most often."""
    every = [one for _, seen in outcomes for one in seen]
    slow = Counter(name for one in every for name, ratio in one.items() if ratio - 1.0 > limit)
    table = found.table("contestant", f"rounds over {limit:.0%}", title=f"The most often slow of {len(every)} rounds")
    for name, count in slow.most_common(MOST_SLOW):
        table.add(name, count)


def _one(ratios: dict[str, float], short: bool) -> tuple[list[str], list[check.Ratios]]:
    limits = (check.SHORT_FINE, check.SHORT_LIMIT) if short else (check.FINE, check.LIMIT)
    return check.decide((check.changes(ratios, one) for one in check.elsewhere(short=short)), *limits)


def _logged(number: int, failed: list[str], seen: list) -> tuple[list[str], list]:
    LOG.parent.mkdir(exist_ok=True)
    now = datetime.datetime.now().isoformat(timespec="seconds")
    with LOG.open("a") as log:
        log.write(f"{now} {number} {'failed: ' + ', '.join(failed) if failed else 'passed'} after {len(seen)} rounds\n")
    return failed, seen
