"""Progress on standard error: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BETWEEN_LINES = 5.0  # seconds: a log of a short run stays empty

Report = Callable[[int, int], None]
Note = Callable[[str, str], None]


@contextmanager
def bar(name: str) -> Iterator[Report]:
    """A function to call with (done, total)."""
    with rounds(name) as (report, _):
        yield report


@contextmanager
def rounds(name: str) -> Iterator[tuple[Report, Note]]:
    """Of a run in rounds: a function to call with (done, total), and one with a line and a few words after a round."""
    if sys.stderr is not None and sys.stderr.isatty():
        with _drawn(name) as both:
            yield both
    else:
        yield _written(name), lambda line, words: _print(f"{name}: {line}")


@contextmanager
def _drawn(name: str) -> Iterator[tuple[Report, Note]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        # Until the first chunk is back the core is being compiled or read from the cache.
        task = progress.add_task(name, total=None, count="preparing")

        def report(done: int, total: int) -> None:
            if done < progress.tasks[0].completed:  # another round
                progress.reset(task, total=total)
            progress.update(task, completed=done, total=total, count=f"{done:,} of {total:,}")

        def note(line: str, words: str) -> None:
            progress.console.print(f"{name}: {line}", markup=False, highlight=False, soft_wrap=True)
            progress.update(task, description=f"{name} ({words})")

        yield report, note


def _written(name: str) -> Report:
    state = {"tenth": 0, "time": time.monotonic()}

    def report(done: int, total: int) -> None:
        tenth, now = 10 * done // total, time.monotonic()
        if tenth < state["tenth"]:  # another round
            state["tenth"] = 0
        if tenth > state["tenth"] and now - state["time"] > _BETWEEN_LINES:
            state.update(tenth=tenth, time=now)
            _print(f"{name}: {done:,} of {total:,} trajectories")

    return report


def _print(line: str) -> None:
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)
